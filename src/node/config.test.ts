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

test("each fault has its line", () => {
  const said = faultOf("hedgerow: 1\nname: north\nlog:\n  level: loud\nequipment:\n  - name: s\n    kind: sensr\n");
  expect(said).toMatch(/^node\.yaml:4:10 `log\.level` cannot be "loud"/);
  expect(said).toContain("Line 7: `equipment[0].kind` cannot be");
});

test("an address that is none is named with its key, its line, what is allowed and an example", () => {
  const said = faultOf(`${minimal}listen:\n  - /ip4/127.0.0.1/tcp/0\n  - 127.0.0.1:4101\n`);
  expect(said).toMatch(
    /^node\.yaml:5:5 `listen\[1\]`: "127\.0\.0\.1:4101" is not an address: .*Allowed: \/ip4\/.*example: `\/ip4\/0\.0\.0\.0\/tcp\/4101`\.$/,
  );
});

const id = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
test.each([
  ["listen", "/ip4/127.0.0.1/tcp/4101/wss", "/wss cannot follow the port"],
  ["listen", "/ip4/127.0.0.1", "no TCP port follows the host"],
  ["listen", "/memory/1", "it does not begin with a host"],
  ["announce", "/ip4/0.0.0.0/tcp/4101", "nobody can be reached at 0.0.0.0"],
  ["announce", "/dns4/a b/tcp/4101", "the host is not a name"],
  ["announce", "/dns4/gate.example/tcp/443/quic", "/quic cannot follow the port"],
  ["seeds", "", "it does not begin with a host"],
  ["seeds", "/ip4/192.0.2.7/tcp/99999", "65535"],
  ["seeds", "/ip4/192.0.2/tcp/4101", "invalid IPv4 address"],
  ["seeds", "/ip4/192.0.2.7/tcp/0", "nobody can be reached at port 0"],
  ["seeds", "/ip4/192.0.2.7/tcp/4101/p2p/somebody", "what follows /p2p/ is not a node id"],
])("%s cannot hold %j: %s", (key, address, why) => {
  const said = faultOf(`${minimal}${key}: [${JSON.stringify(address)}]\n`);
  expect(said).toContain(`\`${key}[0]\`: ${JSON.stringify(address)} is not an address: `);
  expect(said).toContain(why);
});

test.each([
  ["listen", "/ip6/::/tcp/4101"],
  ["listen", "/ip4/0.0.0.0/tcp/0/ws"],
  ["announce", "/dns4/gate.example/tcp/443/wss"],
  ["announce", "/dns4/gate.example/tcp/443/tls/ws"],
  ["seeds", "/ip4/192.0.2.7/tcp/4101"],
  ["seeds", `/dns/node.example/tcp/4101/ws/p2p/${id}`],
])("%s can hold %s", (key, address) => {
  expect(parseConfig(`${minimal}${key}: ["${address}"]\n`, "node.yaml")).toMatchObject({ ok: true });
});

test("no more seeds than membership asks", () => {
  const seeds = Array.from({ length: 17 }, (_, at) => `/ip4/192.0.2.${at}/tcp/4101`);
  expect(faultOf(`${minimal}seeds: ${JSON.stringify(seeds)}\n`)).toContain("Write at most 16 entries.");
});
