import { expect, it } from "vitest";
import { refusals } from "./refusals.ts";

it("sentences for people speak neither of the fields of a refusal nor of vertices", () => {
  for (const [code, { sentence }] of Object.entries(refusals))
    expect(sentence, code).not.toMatch(/\b(blames?|details?|vertex|vertices)\b/i);
});
