// One person at her node, with a real pod, rules and records, asked by a verified plan.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askingWorld, settings } from "../../../test/support/asking.ts";
import { rules } from "../../../test/support/live-people.ts";
import { askingLimits, type Commission, type GathererPaper } from "../../core/asking/index.ts";
import { type Crypto, type NodeId, type Refusal, toCanonical } from "../../core/base/index.ts";
import { type Words, wordsSchema } from "../../core/model/index.ts";
import { terms } from "../../core/terms/index.ts";
import { freshAgreementKey } from "../../io/curve/index.ts";
import { createHouseRecords, createPodThread, type HouseRecords, readOwnerRecords } from "../../io/pod/index.ts";
import { standardCatalogue } from "../../sdk/catalogue.ts";
import { cardLines, lackingFor, makeGrant, ownerGrants, ownerHistory, wordsOfCard } from "../../sdk/consent.ts";
import { openPod, synthesise } from "../../sdk/pod.ts";
import { sealer } from "./ground.ts";
import { createPerson, type Person } from "./person.ts";

const answerMs = 20_000;
const worldOf = (selected: string, words?: Words) =>
  askingWorld({
    ...{ owners: 0, terms },
    ...(words === undefined ? {} : { words }),
    statement: `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6) ${selected}`,
    settings: { ...settings, answerMs, broadcast: true },
  });
const world = worldOf("COUNT(*) AS heads FROM people");
const self = [...world.nodes.keys()][0]!;
const crypto = world.draws.crypto as unknown as Crypto;
const signer = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) };
const pod = "ab".repeat(16);

let folder = "";
let commission: Commission;
let refusals: Refusal[] = [];
let records: HouseRecords;
const pods = createPodThread(standardCatalogue);
const disk = new Map<string, Uint8Array>();
const people: Person[] = [];
const podFolder = () => join(folder, "pod");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-person-"));
  await synthesise({ folder: join(folder, "people"), people: 1, seed: 3, as: "pods" });
  folder = join(folder, "people", "person-0001");
  vi.useFakeTimers({
    now: world.nowMs,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  commission = commissionIn(world);
  records = createHouseRecords();
  refusals = [];
  disk.clear();
});
afterEach(() => {
  for (const person of people.splice(0)) person.stop();
  records.close();
  vi.useRealTimers();
  rmSync(join(folder, "..", ".."), { recursive: true, force: true });
});

afterAll(() => pods.close());

function commissionIn(asking: typeof world): Commission {
  const plan = asking.planned();
  vi.setSystemTime(asking.nowMs);
  const read = asking.commissions(self).read(toCanonical(plan), asking.nowMs, { young: true });
  if (!read.ok) throw new Error(read.code);
  return read.value;
}

function keep(written: string): void {
  writeFileSync(join(podFolder(), "owner.yaml"), written);
}

function started(): Person {
  const person = createPerson({
    ...{ folder: podFolder(), pod, self, network: commission.plan.network, signer, crypto, sealer },
    random: (bytes) => new Uint8Array(bytes).fill(5),
    known: () => [],
    principalOf: () => "venue",
    send: () => {},
    persist: (key, value) => void (value === null ? disk.delete(key) : disk.set(key, value)),
    stored: () => disk,
    records: records.of(podFolder()),
    pods,
    settled: async () => {},
    refused: (refusal) => void refusals.push(refusal),
  });
  people.push(person);
  return person;
}

function ask(person: Person): Promise<void> {
  const [{ vertex }] = commission.gatherers as [Commission["gatherers"][0]];
  const gatherer: GathererPaper = {
    ...{ cell: vertex.id, node: vertex.node as NodeId, incarnation: 0 },
    ...{ publicKey: freshAgreementKey().publicKey, evidence: new Uint8Array(8) },
  };
  return person.asked(
    commission,
    { pod, tag: new Uint8Array(16).fill(9), gatherer, message: null },
    Date.now() + answerMs,
  );
}

async function charges(): Promise<number> {
  const records = await readOwnerRecords(podFolder());
  if (!records.ok) throw new Error(records.code);
  return records.value.budget.charges.size;
}
const outcomes = async () => (await ownerHistory(folder)).uses.map(({ outcome }) => outcome);

describe("a person at her node", () => {
  it("takes part when she is asked at once after a restart, before anybody looked into her profile", async () => {
    keep(rules.willing());
    await ask(started());
    await vi.waitFor(async () => expect(await outcomes()).toEqual(["contributed"]));
    expect(await charges()).toBe(1);
  });

  it("her history and the card say of what she has no column, where she would give no rows", async () => {
    commission = commissionIn(worldOf("SUM(stars, contribution_bounds_per_group => (0, 9)) AS stars FROM ratings"));
    keep(rules.willing());
    await ask(started());
    await vi.waitFor(async () => expect(await outcomes()).toEqual(["contributed"]));
    expect((await ownerHistory(folder)).uses[0]!.lacks).toEqual([]);
    const opened = await openPod(folder);
    opened.map([{ table: "ratings", column: "stars", attribute: null }]);
    opened.close();
    const reads = [{ table: "ratings", attributes: ["movie.stars", "movie.title"] }];
    expect(await lackingFor(folder, { reads } as never)).toEqual(["movie.stars"]);
    rmSync(join(podFolder(), "owner"), { recursive: true });
    disk.clear();
    await ask(started());
    await vi.waitFor(async () => expect((await ownerHistory(folder)).uses).toMatchObject([{ lacks: ["movie.stars"] }]));
    expect(await outcomes()).toEqual(["contributed"]);
  });

  it("her history and the card say what she lacks of an analyst's own words, and what she says of hers", async () => {
    const stars = { name: "taste.stars", type: "float64", unit: null };
    const ladder = [{ attribute: "taste.stars.rough", redaction: { by: "round", to: 2 } }];
    const column = { name: "rough", attribute: "taste.stars.rough", required: true, range: { min: 0, max: 5 } };
    const table = { name: "tastes", attribute: "taste", rows: "many", columns: [column] };
    const words = wordsSchema.parse({ attributes: [{ ...stars, ladder }], tables: [table] });
    commission = commissionIn(worldOf("AVG(rough) AS rough FROM tastes", words));
    const opened = await openPod(folder);
    opened.map([{ table: "ratings", column: "stars", attribute: "taste.stars" }]);
    opened.close();
    const describe = (to: number) => {
      const own = {
        ...stars,
        description: "How I liked it",
        ladder: [{ ...ladder[0], redaction: { by: "round", to } }],
      };
      writeFileSync(join(podFolder(), "catalogue.yaml"), JSON.stringify({ hedgerow: 1, attributes: [own] }));
    };
    const asked = async () => {
      rmSync(join(podFolder(), "owner"), { recursive: true, force: true });
      disk.clear();
      await ask(started());
    };
    const lacks = ["taste.stars.rough"];
    describe(2);
    keep(rules.asks);
    await asked();
    const [waiting] = (await ownerGrants(folder)).waiting;
    expect(waiting!.card.words).toEqual(words);
    expect(await lackingFor(folder, waiting!.card)).toEqual([]);
    const { hers } = await wordsOfCard(folder, waiting!.card);
    const lines = new Map(cardLines(waiting!.card, String, 0, [], hers));
    expect(lines.get("in words")).toContain("(tastes)");
    expect(lines.get("in words")).toContain("taste.stars: How I liked it");
    describe(1);
    expect(await lackingFor(folder, waiting!.card)).toEqual(lacks);
    expect(await wordsOfCard(folder, waiting!.card)).toMatchObject({ hers: [], others: [{ name: "taste.stars" }] });
    // A rule may name an attribute of her own, and its rungs.
    keep(`${rules.willing()}rules:\n  - { effect: deny, attributes: [taste.stars.rough] }\n`);
    await asked();
    expect(await outcomes()).toEqual(["policy"]);
    keep(`${rules.willing()}rules:\n  - { effect: allow, attributes: [taste] }\n`);
    await asked();
    await vi.waitFor(async () => expect((await ownerHistory(folder)).uses).toMatchObject([{ lacks }]));
    describe(2);
    await asked();
    await vi.waitFor(async () =>
      expect((await ownerHistory(folder)).uses).toMatchObject([{ outcome: "contributed", lacks: [] }]),
    );
    writeFileSync(join(podFolder(), "catalogue.yaml"), "hedgerow: 1\nattributes: nonsense\n");
    await asked();
    await vi.waitFor(async () => expect(await outcomes()).toEqual(["failed"]));
  });

  it("who wants to be asked is looked after without a write, and pays nothing for an answer that comes too late", async () => {
    keep(rules.asks);
    await ask(started());
    const [waiting] = (await ownerGrants(folder)).waiting;
    // As long as she may think it over, and no longer.
    const { answerMarginMs, maxAnswerDelayMs } = askingLimits;
    expect(waiting!.card.untilMs).toBe(Date.now() + answerMs - answerMarginMs - maxAnswerDelayMs);
    const bytes = statSync(join(podFolder(), "owner", "journal")).size;
    vi.advanceTimersByTime(10_000);
    expect(statSync(join(podFolder(), "owner", "journal")).size).toBe(bytes);
    vi.advanceTimersByTime(7_000); // what leaves must leave in time: it was no
    await makeGrant(folder, { effect: "allow", query: waiting!.name });
    vi.advanceTimersByTime(2_000);
    expect(await charges()).toBe(0);
    expect(await outcomes()).toEqual(["grant"]);
  });

  it("who answers in time takes part", async () => {
    keep(rules.asks);
    await ask(started());
    const [waiting] = (await ownerGrants(folder)).waiting;
    vi.advanceTimersByTime(3_000);
    const { id } = await makeGrant(folder, { effect: "allow", query: waiting!.name });
    vi.advanceTimersByTime(2_000);
    await vi.waitFor(async () => expect(await outcomes()).toEqual(["contributed"]));
    expect((await ownerHistory(folder)).uses[0]!.grants).toEqual([id]);
    expect(await charges()).toBe(1);
  });

  it("killed after she paid, she pays no more and her history is told once", async () => {
    keep(rules.willing());
    await ask(started());
    expect(await charges()).toBe(1); // charged; her rows are still being read
    people.splice(0)[0]!.stop();
    await ask(started());
    await vi.waitFor(async () => expect(await outcomes()).toEqual(["contributed"]));
    expect(await charges()).toBe(1);
  });

  it("whose disk takes no answer that is told to all refuses it, and ends nobody's node", async () => {
    const one = askingWorld({ settings: { ...settings, broadcast: true } });
    one.publishAll();
    const answer = one.ask();
    if (!answer.ok) throw new Error(answer.code);
    keep(rules.willing());
    const person = started();
    await ask(person);
    const total = commission.plan.vertices.find(({ id }) => id === "total")!.node;
    const message = { type: "answer", round: commission.round, answer: JSON.stringify(answer.value) } as const;
    writeFileSync(join(podFolder(), "results"), "a file where the folder should be");
    expect(person.told(total, message)).toMatchObject({ ok: false, code: "owner-folder" });
    rmSync(join(podFolder(), "results"));
    expect(person.told(total, message)).toEqual({ ok: true, value: undefined });
  });

  it("is found by questions to everybody only when she says so", async () => {
    keep("hedgerow: 1\npublish: [city]\ndefault: allow\n");
    expect(await started().findable()).toMatchObject({ everybody: false, concepts: [{ name: "city" }] });
    rmSync(join(podFolder(), "owner.yaml"));
    expect(await started().findable()).toEqual({ everybody: false, concepts: [] });
    keep("hedgerow: 1\neverybody: true\n");
    expect(await started().findable()).toEqual({ everybody: true, concepts: [] });
  });

  it("whose folder cannot be read takes part in nothing, and ends nobody's node", async () => {
    rmSync(join(podFolder(), "owner.yaml"));
    mkdirSync(join(podFolder(), "owner.yaml"));
    const person = started();
    expect(await person.findable()).toBeNull();
    await ask(person);
    expect(refusals.map(({ code }) => code)).toEqual(["ask-not-about"]);
  });
});
