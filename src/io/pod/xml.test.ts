// What stands between the elements of an export is nobody's text, and is not kept until the whole file has been read.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { podLimits } from "../../core/pods/index.ts";
import { planImport, runImport } from "./index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-xml-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("an export whose line ends and indents add up to more than a record may hold is read", async () => {
  const indent = `\n${" ".repeat(8_000)}`;
  const records = Math.ceil((podLimits.maxRecordChars * 1.1) / indent.length);
  const file = join(folder, "export.xml");
  const record = (n: number) =>
    `${indent}<Record type="HKQuantityTypeIdentifierStepCount" sourceName="Watch" unit="count" startDate="2024-01-01 08:00:00 +0100" endDate="2024-01-01 08:01:00 +0100" value="${n}"/>`;
  writeFileSync(
    file,
    `<HealthData locale="de_DE">${Array.from({ length: records }, (_, n) => record(n)).join("")}</HealthData>`,
  );
  const pod = join(folder, "pod");
  const plan = await planImport(pod, { file }, (tables) => tables);
  if (!plan.ok) throw new Error(plan.code);
  expect(await runImport(pod, plan.value, { nowMs: () => 0 })).toMatchObject({
    ok: true,
    value: { added: records, rejected: 0 },
  });
});
