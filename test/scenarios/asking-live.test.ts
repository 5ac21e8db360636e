// Questions to people over whole daemons in one process: they are found by the index, asked, answer or refuse, and pay.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openContribution } from "../../src/core/consent/index.ts";
import { nodeCrypto } from "../../src/io/identity/index.ts";
import { serviceOf } from "../../src/node/service.ts";
import { makeGrant, ownerGrants, ownerHistory, revokeGrant } from "../../src/sdk/consent.ts";
import type { PeopleAnswer } from "../../src/sdk/index.ts";
import { LivePeople, patienceMs, rules } from "../support/live-people.ts";

const willing = 30;
/** Pays for one question of ε = 8, and not for two. */
const sparing = willing;
const denies = willing + 1;
const asks = willing + 2;
const everybody = willing + 3;
const question = (mark: string) => `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 8, delta = 1e-5)
SUM(sick_leave_days, contribution_bounds_per_group => (0, 30)) AS days_${mark}, COUNT(*) AS heads FROM people`;
const settings = { minimumPeople: 2, maximumPeople: 500, answerMs: 15_000 };
const crypto = nodeCrypto;

let live: LivePeople;
const days: number[] = [];

beforeAll(async () => {
  const people = [
    ...Array.from({ length: willing }, () => rules.willing()),
    rules.willing(10),
    rules.denies,
    rules.asks,
  ];
  live = await LivePeople.start({
    processors: 10,
    analysts: ["analyst", "other"],
    houses: [{ name: "house", people }],
  });
  for (let index = 0; index < everybody; index++)
    days.push(Math.min(30, await live.numberIn("house", index, "select sick_leave_days from profile")));
  await live.published(everybody);
}, patienceMs);
afterAll(() => live?.stop(), patienceMs);

/** Seven standard deviations of the noise, so that not one run in a hundred thousand million is out. */
function expectNear(found: { readonly value: unknown; readonly noise?: number | undefined }, truth: number): void {
  expect(found.noise).toBeGreaterThan(0);
  expect(Math.abs(Number(found.value) - truth)).toBeLessThan(7 * found.noise!);
}

function expectAnswer(answer: PeopleAnswer | null, contributed: readonly number[], refused: object): void {
  const [[sum, heads]] = answer!.rows as [[PeopleAnswer["rows"][0][0], PeopleAnswer["rows"][0][0]]];
  expectNear(
    sum!,
    contributed.map((index) => days[index]!).reduce((a, b) => a + b, 0),
  );
  expectNear(heads!, contributed.length);
  const truth = { policy: 0, grant: 0, budget: 0, failed: 0, silent: 0, contributed: contributed.length, ...refused };
  for (const [name, count] of Object.entries(truth))
    expectNear(answer!.participation[name as keyof PeopleAnswer["participation"]], count);
  expect(answer!.missing).toEqual([]);
}

/** Of everybody: the latest use in her history. */
async function lastUses(): Promise<(string | undefined)[]> {
  return Promise.all(
    Array.from({ length: everybody }, async (_, index) => {
      const { uses } = await ownerHistory(live.folderOf("house", index));
      return uses[0]?.outcome;
    }),
  );
}
const contribute = (...also: number[]) => [...Array.from({ length: willing }, (_, index) => index), ...also];
let grant = "";

it("asks whom the index names, asks an owner who wants to be asked, and shows an answer near the truth", {
  timeout: patienceMs,
}, async () => {
  const { id } = await live.ask(question("one"), settings);
  const owner = live.folderOf("house", asks);
  await live.until("her ask waits", async () => (await ownerGrants(owner)).waiting.length === 1);
  const [waiting] = (await ownerGrants(owner)).waiting;
  expect(waiting).toMatchObject({ times: 1, card: { analyst: { principal: "analyst" } } });
  grant = (await makeGrant(owner, { effect: "allow", query: waiting!.name })).id;
  const { view, answer } = await live.came(id);
  expect(view.outcome).toMatchObject({ outcome: "completed", reasons: [], undelivered: 0 });
  expectAnswer(answer, contribute(sparing, asks), { policy: 1 });
  const uses = await lastUses();
  expect(uses.map((use, index) => (use === "contributed" ? index : -1)).filter((index) => index >= 0)).toEqual(
    contribute(sparing, asks),
  );
  expect(uses[denies]).toBe("policy");

  const audit = await serviceOf(live.node("analyst"), () => {}).queryAudit(
    { id },
    { signal: AbortSignal.timeout(patienceMs) },
  );
  if (!audit.ok) throw new Error(audit.code);
  expect(audit.value).toMatchObject({ verdict: "holds", holds: true, complete: true, open: [], strays: [] });
  expect(audit.value.cells.map(({ verdict }) => verdict)).toEqual(Array(6).fill("holds"));
  expect(audit.value.edges.map(({ verdict }) => verdict)).toEqual(Array(7).fill("holds"));
  // How many were asked, neither receipts nor statistics tell: each who may be asked is a record, and one says that these were all.
  for (const edges of [audit.value.edges, view.edges])
    expect(edges.filter(({ from }) => from === "find").map(({ records }) => records)).toEqual(
      Array(3).fill(settings.maximumPeople + 1),
    );
});

it("too few are found: nobody is asked, and no cell makes an answer of nobody", { timeout: patienceMs }, async () => {
  const { id } = await live.ask(question("few"), { ...settings, minimumPeople: 1_000 });
  const { view, answer } = await live.came(id);
  expect(view.outcome).toMatchObject({ outcome: "failed" });
  const reasons = view.outcome!.reasons.map(({ code, vertex }) => `${code} ${vertex}`);
  expect(reasons).toEqual(["ask-too-few find"]);
  expect(answer).toBeNull();
  expect(live.node("analyst").results.read(id, 0, 10).items).toEqual([]);
  // Neither is a number of anything told.
  expect(view.edges.map(({ records }) => records)).toEqual(Array(7).fill(0));
});

it("leaves in the owner's history a receipt that her node signed, with the grant it stood on", async () => {
  const { uses, unsent } = await ownerHistory(live.folderOf("house", asks));
  expect(unsent).toEqual([]);
  expect(uses).toHaveLength(1);
  const [use] = uses;
  expect(use).toMatchObject({ outcome: "contributed", grants: [grant], trouble: null });
  expect(use!.reason).toContain(grant);
  expect(use!.proof).toMatchObject({ at: "verified", node: live.node("house").identity.facts.node });
  const { facts, key } = live.node("house").identity;
  const receipt = {
    statement: new Uint8Array(Buffer.from(use!.receipt!.statement, "base64")),
    signature: new Uint8Array(Buffer.from(use!.receipt!.signature, "base64")),
  };
  expect(openContribution(receipt, key.publicKey, crypto)).toMatchObject({
    ok: true,
    value: { node: facts.node, round: use!.round },
  });
});

it("a second question: who has spent her budget refuses it by budget; who took her grant back is asked anew", {
  timeout: patienceMs,
}, async () => {
  await revokeGrant(live.folderOf("house", asks), grant);
  const { id } = await live.ask(question("one"), settings);
  const { view, answer } = await live.came(id);
  expect(view.outcome).toMatchObject({ outcome: "completed", reasons: [] });
  expectAnswer(answer, contribute(), { policy: 1, budget: 1, grant: 1 });
  const uses = await lastUses();
  expect([uses[0], uses[sparing], uses[denies], uses[asks]]).toEqual(["contributed", "budget", "policy", "grant"]);
  expect((await ownerHistory(live.folderOf("house", sparing))).uses[0]).toMatchObject({ code: "budget-exhausted" });
  const { waiting } = await ownerGrants(live.folderOf("house", asks));
  // She was asked once, and looked after without a line on her disk.
  expect(waiting).toMatchObject([{ times: 1 }]);
});

it("two questions of one analyst and one of another at once, on processors that they share", {
  timeout: patienceMs,
}, async () => {
  const asked = await Promise.all([
    live.ask(question("a"), { ...settings, answerMs: 8_000 }),
    live.ask(question("b"), { ...settings, answerMs: 8_000 }),
    live.ask(question("c"), { ...settings, answerMs: 8_000 }, "other"),
  ]);
  const places = asked.flatMap(({ plan }) => new Set(plan.vertices.map(({ node }) => node)).size);
  expect(places.reduce((a, b) => a + b)).toBeGreaterThan(10); // so some node has cells of two
  const came = await Promise.all(asked.map(({ id }, index) => live.came(id, index === 2 ? "other" : "analyst")));
  for (const { view, answer } of came) {
    expect(view.outcome).toMatchObject({ outcome: "completed", reasons: [] });
    // Whoever has one account for each analyst pays the other's question from another.
    expect(answer!.missing).toEqual([]);
    expectNear(answer!.rows[0]![1]!, willing);
  }
});

it("a node says how many people it keeps and how many shares it holds, and no more of them", async () => {
  const service = serviceOf(live.node("house"), () => {});
  const context = { signal: AbortSignal.timeout(patienceMs) };
  expect(await service.status({}, context)).toMatchObject({ value: { people: { kept: everybody, indexed: 0 } } });
  expect(await service.metrics({}, context)).toMatchObject({
    value: expect.stringContaining(`hedgerow_people ${everybody}\n`),
  });
  const held = serviceOf(live.node("processor-3"), () => {});
  const entries = live.node("processor-3").asking.counts().indexed;
  expect(entries).toBeGreaterThan(0);
  expect(await held.metrics({}, context)).toMatchObject({
    value: expect.stringContaining(`hedgerow_index_entries ${entries}\n`),
  });
});

it("nothing was refused by anybody that an honest node does", () => {
  // Whoever is called again while her first message is on its way sends a second, which may even come when all is over.
  // So does what a draw waited for in vain on a busy machine, and has done without.
  const late = ["ask-tag-used", "ask-over", "draw-not-asked"];
  const few = ["ask-too-few", "ask-no-part"];
  expect(live.faults.filter((fault) => ![...late, ...few].some((code) => fault.includes(code)))).toEqual([]);
});
