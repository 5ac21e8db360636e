import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  agreedSecret,
  agreementKeyBytes,
  agreementKeyOf,
  freshAgreementKey,
  loadSodium,
  nodeX25519,
  sodiumX25519,
} from "./index.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const library = loadSodium();
const all = [nodeX25519, ...(library === null ? [] : [sodiumX25519(library)])];

it("agrees as published (RFC 7748 §5.2), whichever library does", () => {
  const secret = hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
  const peer = hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
  const agreed = hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  for (const { agree } of all) expect(agree(secret, peer)).toEqual(agreed);
});

it("both libraries make one key, agree on one secret, and on none with a point of small order", () => {
  const bytes = fc.uint8Array({ minLength: agreementKeyBytes, maxLength: agreementKeyBytes });
  const same = (said: readonly unknown[]) => expect(said).toEqual(said.map(() => said[0]));
  fc.assert(
    fc.property(bytes, bytes, (secret, peer) => {
      same(all.map(({ publicKeyOf }) => publicKeyOf(secret)));
      same(all.map(({ agree }) => agree(secret, peer)));
    }),
  );
  const small = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  for (const point of small) {
    for (const { agree } of all) expect([point, agree(new Uint8Array(32).fill(9), hex(point))]).toEqual([point, null]);
  }
});

it("makes of the kept bytes the key that they were", () => {
  const kept = new Uint8Array(randomBytes(agreementKeyBytes));
  expect(agreementKeyOf(kept)).toEqual(agreementKeyOf(Uint8Array.from(kept)));
});

it("two agree on one secret, and nobody on any with a point of small order, or what is no key", () => {
  const [one, other] = [freshAgreementKey(), freshAgreementKey()];
  expect(agreedSecret(one, other.publicKey)).toEqual(agreedSecret(other, one.publicKey));
  expect(agreedSecret(one, new Uint8Array(agreementKeyBytes))).toBeNull();
  expect(agreedSecret(one, new Uint8Array(7))).toBeNull();
});

it("making pairs never stands still, however often memory is collected meanwhile", () => {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-pairs-"));
  const outfile = join(folder, "pairs.mjs");
  const contents = `import { freshAgreementKey, nodeX25519 } from "${resolve("src/io/curve/x25519.ts")}";
let text = "";
for (let i = 0; i < 75_000; i++) {
  text = "x".repeat(i % 61) + i;
  nodeX25519.publicKeyOf(freshAgreementKey().secret);
}
console.log(text.length);`;
  buildSync({ stdin: { contents, resolveDir: folder }, bundle: true, platform: "node", format: "esm", outfile });
  // A small nursery and texts of all lengths: collections fall into every part of the work.
  const ended = spawnSync(process.execPath, ["--max-semi-space-size=1", outfile], {
    timeout: 45_000,
    killSignal: "SIGKILL",
  });
  rmSync(folder, { recursive: true, force: true });
  expect(ended.status).toBe(0);
});
