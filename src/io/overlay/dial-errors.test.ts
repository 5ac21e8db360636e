import { expect, it } from "vitest";
import { refuse } from "../../core/base/index.ts";
import { AdmissionRefused, refusalIn } from "./admission-refused.ts";
import { refusalOfDial } from "./dial-errors.ts";

it("carries a refusal through an error's text, and prefers it to silence", () => {
  const refusal = refuse("certificate-revoked", { blame: "node", detail: 'said "so"' });
  const thrown = new AdmissionRefused(refusal);
  expect(refusalIn(thrown.message)).toEqual(refusal);
  const silence = new Error("connect ECONNREFUSED");
  expect(refusalOfDial(new AggregateError([silence, new Error(thrown.message)]))).toEqual(refusal);
  expect(refusalOfDial(silence)).toMatchObject({ code: "peer-unreachable" });
  expect(refusalIn("hedgerow-refusal:{")).toBeNull();
  expect(refusalIn('hedgerow-refusal:{"code":"toString"}')).toBeNull();
});
