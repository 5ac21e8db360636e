import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

const minimal = "hedgerow: 1\nname: north\n";
function faultOf(text: string): string {
  const parsed = parseConfig(text, "node.yaml");
  if (parsed.ok) throw new Error("accepted");
  expect(parsed.code).toBe("configuration-invalid");
  return `${parsed.blame} ${parsed.detail}`;
}

test("a minimal configuration has defaults for the rest", () => {
  const parsed = parseConfig(minimal, "node.yaml");
  expect(parsed).toMatchObject({
    ok: true,
    value: { name: "north", key: { file: "node.key" }, policy: { rules: [] }, log: { level: "info" } },
  });
});

test("faults name the key and what is allowed there", () => {
  expect(faultOf("hedgerow: 1\n")).toContain("name:");
  expect(faultOf(`${minimal}colour: blue\n`)).toMatch(/unknown key colour; allowed here: .*functions/);
  expect(faultOf(`${minimal}functions: [camera]\n`)).toContain(
    "functions.0: must be one of localizer, producer, transform, exit",
  );
  expect(faultOf(`${minimal}log: { level: loud }\n`)).toContain("log.level: must be one of debug, info, warn, error");
  expect(faultOf(`${minimal}equipment: [{ name: s, kind: sensor }]\n`)).toContain("a sensor needs the file it reads");
  expect(faultOf(`${minimal}edges: { host: h, port: 70000 }\n`)).toContain("edges.port");
  expect(faultOf("hedgerow: 1\nname: [unclosed\n")).toMatch(/node\.yaml:\d+:\d+/);
  expect(faultOf("hedgerow: 1\nname: &n x\nannounce: [*n]\n")).toMatch(/alias/i);
});
