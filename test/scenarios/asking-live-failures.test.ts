// Nodes die, leave and come back while people are asked: each question ends, in bounded time, with an answer or a reason.
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { AskSettings } from "../../src/core/model/index.ts";
import { readOwnerRecords } from "../../src/io/pod/index.ts";
import { makeGrant, ownerHistory } from "../../src/sdk/consent.ts";
import { type Asked, type Came, LivePeople, patienceMs, rules } from "../support/live-people.ts";

const willing = 24;
let count = 0;
/** Each reads otherwise, so that each is a question of its own. */
const question = () => `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 8, delta = 1e-5)
COUNT(*) AS heads_${count++} FROM people`;
const settings = { minimumPeople: 2, answerMs: 45_000 };

const patience = { timeout: patienceMs };

let live: LivePeople;
/** Cut off, and to be started again. */
const gone: string[] = [];

beforeAll(async () => {
  // One of them wants to be asked: while she says nothing the round stays open.
  const people = [...Array.from({ length: willing }, () => rules.willing()), rules.asks];
  live = await LivePeople.start({ processors: 10, houses: [{ name: "house", people }] });
  await live.published(10 * people.length);
}, patienceMs);
afterAll(() => live?.stop(), patienceMs);
afterEach(async () => {
  for (const name of gone.splice(0)) await live.begin(name);
  const all = live.daemons.size;
  await live.until("everybody knows everybody again", () =>
    [...live.daemons.values()].every(
      (daemon) => daemon.overlay.peers().length > 0 && daemon.members.records().length === all,
    ),
  );
}, patienceMs);

/** Asked, and everybody who wants to has decided: what she sends leaves within seconds. */
async function asked(changed: Partial<AskSettings> = {}): Promise<Asked> {
  const before = await contributions();
  const one = await live.ask(question(), { ...settings, ...changed });
  await live.until("everybody has decided", async () => (await contributions()) === before + willing);
  return one;
}

async function contributions(): Promise<number> {
  let sum = 0;
  for (let index = 0; index < willing; index++)
    sum += (await ownerHistory(live.folderOf("house", index))).uses.filter(
      (use) => use.outcome === "contributed",
    ).length;
  return sum;
}

const nodeOf = ({ plan }: Asked, vertex: string) => live.nameOf(plan.vertices.find(({ id }) => id === vertex)!.node);

async function die(name: string): Promise<void> {
  gone.push(name);
  await live.cutOff(name);
}

/** The last of them answers, and the round ends when nobody is missing. All are in it: a gatherer's share would be missed by far. */
async function expectWhole({ id, plan }: Asked): Promise<void> {
  await makeGrant(live.folderOf("house", willing), { effect: "allow", query: plan.query });
  const { view, answer } = await live.came(id);
  expect(view.outcome, JSON.stringify(view.outcome?.reasons)).toMatchObject({ outcome: "completed", undelivered: 0 });
  expect(answer?.missing).toEqual([]);
  const [[heads]] = answer!.rows as [[{ value: number; noise: number }]];
  expect(Math.abs(heads.value - willing - 1)).toBeLessThan(5 * heads.noise);
}
const reasonsOf = ({ view }: Came) => view.outcome!.reasons.map(({ code, vertex }) => `${code} ${vertex ?? ""}`);

it(
  "a gatherer's node dies, then the total's: others stand in, people send again, the answer is whole",
  patience,
  async () => {
    const one = await asked();
    await die(nodeOf(one, "gather-1"));
    await die(nodeOf(one, "total"));
    await expectWhole(one);
  },
);

it("a gatherer's node leaves: another stands in, and the answer is whole", patience, async () => {
  const one = await asked();
  const name = nodeOf(one, "gather-2");
  gone.push(name);
  const leaving = live.node(name);
  live.daemons.delete(name);
  await leaving.stop();
  await expectWhole(one);
});

it(
  "nobody stands by for a gatherer: nothing is released where each adds its share of the noise",
  patience,
  async () => {
    const one = await asked({ standby: 0, answerMs: 12_000 });
    await die(nodeOf(one, "gather-1"));
    const came = await live.came(one.id);
    expect(came.view.outcome).toMatchObject({ outcome: "failed" });
    expect(reasonsOf(came)).toEqual(expect.arrayContaining(["no-spare gather-1", "privacy-shares-missing total"]));
    expect(came.answer).toBeNull();
  },
);

it("and where one cell adds it, an answer of the others that says whose part is missing", patience, async () => {
  const one = await asked({ standby: 0, noise: "one", answerMs: 12_000 });
  await die(nodeOf(one, "gather-1"));
  const came = await live.came(one.id);
  expect(came.view.outcome).toMatchObject({ outcome: "failed" });
  expect(reasonsOf(came)).toContain("no-spare gather-1");
  expect(came.answer).toMatchObject({ missing: [0] });
});

it("the finder's node dies: the question ends at once, with the reason", patience, async () => {
  const one = await asked();
  await die(nodeOf(one, "find"));
  const came = await live.came(one.id);
  expect(came.view.outcome).toMatchObject({ outcome: "failed" });
  expect(reasonsOf(came)).toContain("no-spare find");
});

it("the total's node dies and nobody stands by: there is no answer, and the reason is told", patience, async () => {
  const one = await asked({ standby: 0, answerMs: 12_000 });
  await die(nodeOf(one, "total"));
  const came = await live.came(one.id);
  expect(came.view.outcome).toMatchObject({ outcome: "failed" });
  expect(reasonsOf(came)).toContain("no-spare total");
  expect(came.answer).toBeNull();
});

it("the analyst's node restarts while people are asked: the answer arrives", patience, async () => {
  const one = await asked();
  const leaving = live.node("analyst");
  live.daemons.delete("analyst");
  await leaving.stop();
  await live.begin("analyst");
  await expectWhole(one);
});

it("the analyst's node is killed while people are asked: the answer arrives", patience, async () => {
  const one = await asked();
  await live.killAndRestart("analyst");
  await expectWhole(one);
});

it(
  "people's node is killed behind the charge: nobody pays twice, and those who are called again send",
  patience,
  async () => {
    const before = await charges();
    const one = await asked();
    await live.killAndRestart("house");
    await expectWhole(one);
    expect((await charges()).map((now, index) => now - before[index]!)).toEqual(Array(willing).fill(1));
  },
);

async function charges(): Promise<number[]> {
  const numbers: number[] = [];
  for (let index = 0; index < willing; index++) {
    const records = await readOwnerRecords(live.podOf("house", index));
    numbers.push(records.ok ? records.value.budget.charges.size : Number.NaN);
  }
  return numbers;
}
