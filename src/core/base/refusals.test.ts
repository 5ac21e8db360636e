import { expect, it } from "vitest";
import { refusalSections, refusals } from "./refusals.ts";

it("sentences for people speak neither of the fields of a refusal nor of vertices", () => {
  for (const [code, { sentence }] of Object.entries(refusals))
    expect(sentence, code).not.toMatch(/\b(blames?|details?|vertex|vertices)\b/i);
});

it("a code stands in one section only: a second meaning would hide the first", () => {
  const codes = Object.values(refusalSections).flatMap((section) => Object.keys(section));
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  expect(codes.length).toBe(Object.keys(refusals).length);
});
