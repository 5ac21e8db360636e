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
  expect(faultOf("hedgerow: 1\n")).toContain("`name` is missing. Add it: a text.");
  expect(faultOf(`${minimal}colour: blue\n`)).toMatch(/no key "colour" here\. Remove it\. Allowed here: .*functions/);
  expect(faultOf(`${minimal}seed: []\n`)).toContain('Did you mean "seeds"?');
  expect(faultOf(`${minimal}log: { levle: info }\n`)).toMatch(
    /no key "levle" in `log`.*Allowed here: level, file.*Did you/,
  );
  expect(faultOf(`${minimal}seeds: here\n`)).toContain('`seeds` cannot be "here". Write a list.');
  expect(faultOf(`${minimal}policy: { rules: [{ effect: forbid }] }\n`)).toContain(
    "`policy.rules[0].attribute` is missing",
  );
  expect(faultOf(`${minimal}functions: [camera]\n`)).toContain(
    '`functions[0]` cannot be "camera". Allowed: localizer, producer, transform, exit.',
  );
  expect(faultOf(`${minimal}log: { level: loud }\n`)).toContain('`log.level` cannot be "loud". Allowed: debug, info');
  expect(faultOf(`${minimal}equipment: [{ name: s, kind: sensor }]\n`)).toContain("a sensor needs the file it reads");
  expect(faultOf(`${minimal}edges: { host: h, port: 70000 }\n`)).toContain("edges.port");
  expect(faultOf("hedgerow: 1\nname: [unclosed\n")).toMatch(/node\.yaml:\d+:\d+/);
  expect(faultOf("hedgerow: 1\nname: &n x\nannounce: [*n]\n")).toMatch(/alias/i);
});

test("where one of several forms may stand, each is named", () => {
  expect(faultOf(`${minimal}key: node.key\n`)).toContain(
    '`key` cannot be "node.key". Allowed: { file: a text }, { base64: a text }.',
  );
});
