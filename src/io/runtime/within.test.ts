import { expect, it } from "vitest";
import { within } from "./index.ts";

it("aborts after the time, also when nothing else holds the signal", async () => {
  const signal = within(20, new AbortController().signal);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  expect(signal.reason).toMatchObject({ name: "TimeoutError" });
});

it("aborts with the signal it was given, at once if that has aborted already", () => {
  const given = new AbortController();
  const signal = within(60_000, given.signal);
  expect(signal.aborted).toBe(false);
  given.abort("enough");
  expect(signal.reason).toBe("enough");
  expect(within(60_000, given.signal).aborted).toBe(true);
});
