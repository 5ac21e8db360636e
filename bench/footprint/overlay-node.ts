// Our overlay alone in a process: the counterpart of reference/bare-libp2p.mjs. Certificate and key come from a folder,
// as they do on a real node. Prints `ready` once it listens; ends when its input ends.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSoftwareEvidence } from "../../src/io/enclave/index.ts";
import { openAuthorityCertificate, readNodeKey } from "../../src/io/identity/index.ts";
import { createOverlay } from "../../src/io/overlay/index.ts";

const folder = process.argv[2] ?? ".";
const key = await readNodeKey(join(folder, "node.key"));
const authority = openAuthorityCertificate(readFileSync(join(folder, "authority.crt"), "latin1"));
if (!key?.ok || !authority.ok) throw new Error(`${folder} holds no key and authority certificate`);
const overlay = await createOverlay({
  network: authority.value.network,
  key: key.value,
  certificate: readFileSync(join(folder, "node.crt"), "latin1"),
  authority: authority.value,
  evidence: createSoftwareEvidence(key.value, "bench"),
  listen: ["/ip4/127.0.0.1/tcp/0"],
});
console.log("ready", overlay.addresses()[0]);
process.stdin.on("end", () => process.exit(0)).resume();
