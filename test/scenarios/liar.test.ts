// A liar in a live network: whole daemons over loopback. Its lie comes to light at one node, reaches all, is written to a
// file, convicts it before the authority, and the revocation that follows excludes it everywhere.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { NodeId } from "../../src/core/base/index.ts";
import { type Evidence, encodeEvidence, listBody } from "../../src/core/cache/index.ts";
import { type Daemon, startDaemon } from "../../src/node/index.ts";
import { openLog } from "../../src/node/log.ts";
import { serviceOf } from "../../src/node/service.ts";
import { type Authority, createAuthority, enrolNode, openAuthority } from "../../src/sdk/authority.ts";
import { capture } from "../cli/capture.ts";
import { value } from "./overlay-network.ts";

const patienceMs = 60_000;
const names = ["keeper", "witness", "setter", "liar", "late"] as const;
let folder: string;
let authority: Authority;
const daemons = new Map<string, Daemon>();
const daemon = (name: (typeof names)[number]) => daemons.get(name)!;
const honest = () => ["keeper", "witness", "setter"].map((name) => daemons.get(name)!);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-liar-"));
  authority = await createAuthority({ network: "liars.test", folder: join(folder, "authority") });
  for (const name of names.slice(0, 4)) await start(name);
}, patienceMs);

afterAll(async () => {
  await Promise.all([...daemons.values()].map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
}, patienceMs);

async function start(name: string): Promise<void> {
  const own = join(folder, name);
  await enrolNode(authority, own, { principal: name, roles: ["transform"] });
  const seeds = [...daemons.values()].slice(0, 1).flatMap(({ overlay }) => overlay.addresses());
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const configuration = { hedgerow: 1, name, functions: ["transform"], listen, seeds };
  writeFileSync(join(own, "node.yaml"), stringify(configuration));
  daemons.set(name, value(await startDaemon(own, { log: openLog({ level: "error", name }) })));
}

/** Two caches under one version, with the liar's own key. */
function lie({ identity }: Daemon, keys: readonly [Uint8Array, Uint8Array]): Evidence {
  const of = { network: authority.network, owner: identity.facts.node, version: 7, atMs: 1, depth: 0 };
  const [first, second] = keys.map((key) => {
    const body = listBody({ ...of, keys: key });
    return { body, signature: identity.key.sign(body) };
  });
  return { kind: "conflict", node: identity.facts.node, first: first!, second: second! };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const state = async (one: Daemon) =>
  value(await serviceOf(one, () => {}).drawState({}, { signal: AbortSignal.timeout(patienceMs) }));
const provenLies = async (one: Daemon) =>
  (await state(one)).reports.flatMap(({ node, proven }) => (proven === null ? [] : [{ node, kind: proven.kind }]));

it("joins through attested caches, counts its nodes, and says so", { timeout: patienceMs }, async () => {
  await until("everybody has attested caches", () => honest().every(({ caches }) => caches.joined() !== null));
  const { estimate, cache, rows, networkRisk, reports } = await state(daemon("keeper"));
  expect(estimate).toMatchObject({ nodes: 4, error: 0, cached: 4, share: 1 });
  expect(cache).toMatchObject({ size: 512, vouched: 0 });
  expect(cache.from.length).toBeGreaterThan(0);
  expect(rows.at(-1)).toMatchObject({ k: 2, rs: 1, expected: 4 });
  expect(networkRisk).toBeLessThan(1e-5);
  expect(reports).toEqual([]);
});

it("a lie that one node can prove reaches all others, and one that starts later", { timeout: patienceMs }, async () => {
  const liar = daemon("liar");
  const keys = [daemon("keeper"), daemon("setter")].map(({ identity }) => identity.key.publicKey);
  daemon("witness").caches.report(lie(liar, [keys[0]!, keys[1]!]));
  await start("late");
  const known = { node: liar.identity.facts.node, kind: "conflict" };
  for (const one of [...honest(), daemon("late")])
    await until(
      "it is known everywhere",
      async () => JSON.stringify(await provenLies(one)) === JSON.stringify([known]),
    );
  const { liars } = value(
    await serviceOf(daemon("keeper"), () => {}).doctor({}, { signal: AbortSignal.timeout(9_000) }),
  );
  expect(liars).toEqual([{ node: known.node, name: "liar", says: "signed two statements that contradict each other" }]);
  const { peers } = value(await serviceOf(daemon("late"), () => {}).peers({}, { signal: AbortSignal.timeout(9_000) }));
  const marked = peers.flatMap(({ name, provenLie }) => (provenLie === undefined ? [] : [`${name} ${provenLie}`]));
  expect(marked).toEqual(["liar signed two statements that contradict each other"]);
  expect(honest().some(({ members }) => members.isBanned(known.node))).toBe(false); // the authority excludes
});

it("the file convicts it, and nobody else: revoked, it is out everywhere", { timeout: patienceMs }, async () => {
  const liar = daemon("liar").identity.facts.node;
  const report = (await state(daemon("late"))).reports.find(({ node }) => node === liar)!;
  const file = join(folder, "lie.cbor");
  const revoke = () => capture(["authority", "revoke", "--evidence", file, "--authority", authority.folder, "--json"]);

  const framed = { ...lie(daemon("liar"), twoKeys()), node: daemon("keeper").identity.facts.node };
  for (const wrong of [encodeEvidence(framed), new Uint8Array(9)]) {
    writeFileSync(file, wrong);
    const { exitCode, out } = await revoke();
    expect(exitCode).toBe(1);
    expect(JSON.parse(out).code).toMatch(/^lie-un/);
  }
  expect(value(await (await openAuthority(authority.folder)).revocations())).toEqual([]);

  writeFileSync(file, Buffer.from(report.proven!.evidence, "base64"));
  const { exitCode, out } = await revoke();
  expect(exitCode).toBe(0);
  const revoked = JSON.parse(out) as { node: NodeId; file: string; says: string };
  expect(revoked).toMatchObject({ node: liar, kind: "conflict" });
  const [first] = value(await (await openAuthority(authority.folder)).revocations());
  daemon("keeper").members.revoke({ kind: "revocation", ...first! });
  await until("all others shut it out", () =>
    [...honest(), daemon("late")].every(({ members }) => members.isBanned(liar) && members.record(liar) === undefined),
  );
  const { draws, caches } = daemon("witness");
  const near = value(draws.near());
  expect(near.members.has(liar)).toBe(false);
  expect(near.nodes).toBe(4);
  const { certificate } = daemon("liar").caches.self;
  for (const { certify } of [draws.ports, draws.freshPorts, caches.ports])
    expect(certify(certificate)).toMatchObject({ ok: false, code: "certificate-revoked" });
});

it("who leaves in order is out of every cache at once", { timeout: patienceMs }, async () => {
  const late = daemon("late").identity.facts.node;
  const startedAt = performance.now();
  await daemon("late").stop();
  daemons.delete("late");
  await until("nobody reckons with it", () => honest().every(({ draws }) => !value(draws.near()).members.has(late)));
  expect(performance.now() - startedAt).toBeLessThan(8_000); // nobody had to miss it first
  for (const { caches } of honest()) expect(caches.estimate().nodes).toBe(3);
});

function twoKeys(): [Uint8Array, Uint8Array] {
  const [a, b] = [daemon("keeper"), daemon("setter")].map(({ identity }) => identity.key.publicKey);
  return [a!, b!];
}
