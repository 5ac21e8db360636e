import { expect, it } from "vitest";
import { generateSealingKey, open, seal, sealingKeyOf } from "./index.ts";

const text = (words: string) => new TextEncoder().encode(words);

it("makes of the kept bytes the key that they were", () => {
  const made = generateSealingKey();
  const kept = Buffer.from(made.privateKey.export({ format: "jwk" }).d!, "base64url");
  const again = sealingKeyOf(kept);
  expect(again.publicKey).toEqual(made.publicKey);
  const sealed = seal(made.publicKey, text("use"), text(""), text("hello"));
  const opened = sealed.ok ? open(again, text("use"), text(""), sealed.value) : sealed;
  expect(opened).toEqual({ ok: true, value: text("hello") });
});
