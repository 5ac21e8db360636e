import { expect, it } from "vitest";
import { dataflowOf } from "./query.ts";

it.each(["people-find", "people-gather", "people-total"])("%s is no operator of a dataflow, nor suggested", (name) => {
  const text = `hedgerow: 1\nname: people\npurpose: demonstration\ncells:\n  find: { run: ${name}, at: transform }\n  print: { run: sink-print, from: find, at: exit }\n`;
  const read = dataflowOf({ fileName: "people.yaml", text });
  if (read.ok) throw new Error("it was taken");
  expect(read.faults).toMatchObject([{ code: "unknown-operator", line: 5, message: `there is no operator "${name}"` }]);
  expect(read.faults[0]!.remedy).toContain("sink-print");
  expect(read.faults[0]!.remedy).not.toContain("people-");
});
