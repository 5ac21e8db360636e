import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { agreedSecret, agreementKeyBytes, agreementKeyOf, freshAgreementKey, open, seal } from "./index.ts";

const text = (words: string) => new TextEncoder().encode(words);

it("makes of the kept bytes the key that they were", () => {
  const kept = randomBytes(agreementKeyBytes);
  const made = agreementKeyOf(kept);
  const again = agreementKeyOf(kept);
  expect(again.publicKey).toEqual(made.publicKey);
  const sealed = seal(made.publicKey, text("use"), text(""), text("hello"));
  const opened = sealed.ok ? open(again, text("use"), text(""), sealed.value) : sealed;
  expect(opened).toEqual({ ok: true, value: text("hello") });
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
  const contents = `import { freshAgreementKey } from "${resolve("src/io/sealing/agreement-key.ts")}";
let text = "";
for (let i = 0; i < 150_000; i++) {
  text = "x".repeat(i % 61) + i;
  freshAgreementKey();
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
