// A person's pod at a node, asked: over an invented person's real pod, with her rules and her records on a real disk.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { askingWorld } from "../../../test/support/asking.ts";
import { type AskMessage, askingLimits, type Commission, type GathererPaper } from "../../core/asking/index.ts";
import type { NodeId, Refusal } from "../../core/base/index.ts";
import { historyOf, openContribution } from "../../core/consent/index.ts";
import { parseCatalogue, withAttributes } from "../../core/pods/index.ts";
import { spentAt } from "../../core/privacy/index.ts";
import { terms } from "../../core/terms/index.ts";
import { freshAgreementKey } from "../../io/curve/index.ts";
import { nodeCrypto, nodeKeyFromSeed } from "../../io/identity/index.ts";
import {
  createHouseRecords,
  createPodThread,
  type HouseRecords,
  readOwnerRecords,
  synthesise,
} from "../../io/pod/index.ts";
import { openJournal } from "../../io/storage/index.ts";
import { sealer, systemRandom } from "./ground.ts";
import { createPerson, type Person } from "./person.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const catalogue = parsed.value;
const statement = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people`;
const crypto = nodeCrypto;
const key = nodeKeyFromSeed(new Uint8Array(32).fill(3));
const forwarder = {
  node: nodeKeyFromSeed(new Uint8Array(32).fill(4)).node,
  sealingKey: freshAgreementKey().publicKey,
};
const world = askingWorld({ statement, terms, owners: 0, owner: () => ({}) as never });
const planned = world.planned();

let folder = "";
let pod = "";
let house: HouseRecords;
let person: Person;
const pods = createPodThread(() => catalogue);
const sent: { to: NodeId; message: AskMessage }[] = [];
const refused: Refusal[] = [];
/** Of the node's own journal: resolves when the test says so. */
let disk: { readonly settled: Promise<void>; done(): void; broken(): void };
let waits = 0;

function slowDisk(): typeof disk {
  let [done, broken] = [() => {}, () => {}];
  const settled = new Promise<void>((resolve, reject) => {
    done = resolve;
    broken = () => reject(new Error("no space"));
  });
  settled.catch(() => {});
  return { settled, done, broken };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-person-"));
  pod = join(folder, "person-0001/pod");
  const order = { folder, people: 1, seed: 2, as: "pods" } as const;
  const made = await synthesise(order, (tables) => withAttributes(catalogue, tables), { nowMs: () => 0 });
  if (!made.ok) throw new Error(made.code);
  sent.length = refused.length = 0;
  waits = 0;
  disk = slowDisk();
  house = createHouseRecords();
  const journal = openJournal(join(folder, "asking.journal"));
  if (!journal.ok) throw new Error(journal.code);
  person = createPerson({
    ...{ folder: pod, pod: "ab".repeat(16), self: key.node, network: "sim.draw", signer: key, crypto, sealer },
    random(bytes) {
      const into = new Uint8Array(bytes);
      systemRandom.fill(into);
      return into;
    },
    known: () => [forwarder],
    principalOf: () => null,
    send: (to, message) => void sent.push({ to, message }),
    records: house.of(pod),
    pods,
    persist: (name, value) => journal.value.note(name, value),
    settled() {
      waits++;
      return disk.settled;
    },
    stored: () => journal.value.entries(),
    refused: (refusal) => void refused.push(refusal),
  });
});
afterEach(() => {
  person.stop();
  house.close();
  rmSync(folder, { recursive: true, force: true });
});

afterAll(() => pods.close());

const rules = (text: string) =>
  writeFileSync(join(pod, "owner.yaml"), `hedgerow: 1\neverybody: true\nminimumPeople: 1\n${text}\n`);

/** As `find` calls her, with so little time left that chance delays nothing for long. */
async function ask(): Promise<void> {
  await person.findable();
  const commission: Commission = world.commission ?? world.start(planned);
  const [place] = commission.gatherers;
  const gatherer: GathererPaper = {
    cell: place!.vertex.id,
    node: place!.nodes[0]!,
    incarnation: 0,
    publicKey: freshAgreementKey().publicKey,
    evidence: new Uint8Array(1),
  };
  const untilMs = Date.now() + askingLimits.answerMarginMs + 5_000;
  const onItsClock = { ...commission, drawnAtMs: Date.now() };
  person.asked(onItsClock, { pod: "ab".repeat(16), tag: new Uint8Array(16), gatherer, message: null }, untilMs);
}
async function records() {
  const read = await readOwnerRecords(pod);
  if (!read.ok) throw new Error(read.code);
  const uses = historyOf(read.value);
  return { uses: uses.ok ? uses.value : [], rounds: spentAt(read.value.budget, Date.now() as never).altogether.rounds };
}
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("it does not come to that");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("what is allowed is charged, worked out, signed and written down; and leaves when the disk has all of it", async () => {
  rules("default: allow");
  await ask();
  await until(async () => (await records()).uses.length > 0);
  const { uses, rounds } = await records();
  expect(rounds).toBe(1);
  expect(uses).toMatchObject([{ attributes: ["work.sick_leave"], outcome: "contributed", trouble: null }]);
  expect(openContribution(uses[0]!.receipt!, key.publicKey, crypto).ok).toBe(true);
  // Once when it was written down, and once when it is about to leave.
  await until(() => waits === 2);
  expect(sent).toEqual([]);
  disk.done();
  await until(() => sent.length > 0);
  expect(sent).toMatchObject([{ to: forwarder.node, message: { type: "forward" } }]);
}, 30_000);

it("nothing leaves when the disk refuses", async () => {
  rules("default: allow");
  disk.broken();
  await ask();
  await until(() => refused.some(({ code }) => code === "owner-records-disk"));
  expect(sent).toEqual([]);
}, 30_000);

it("declined, nothing is charged, and something of the same size leaves all the same", async () => {
  rules("default: deny");
  disk.done();
  await ask();
  await until(() => sent.length > 0);
  const { uses, rounds } = await records();
  expect([uses[0]?.outcome, uses[0]?.code, rounds]).toEqual(["policy", "consent-not-allowed", 0]);
}, 30_000);

it("rules that cannot be read allow nothing, until they can", async () => {
  await person.findable();
  rules("default: perhaps");
  disk.done();
  await ask();
  await until(() => refused.length > 0);
  expect(refused[0]?.code).toBe("owner-rules-invalid");
  expect((await records()).rounds).toBe(0);
}, 30_000);

it("a pod that cannot be opened gives no rows, and its owner alone is told", async () => {
  rules("default: allow");
  disk.done();
  await person.findable();
  rmSync(join(pod, "pod.key"));
  await ask();
  await until(() => sent.length > 0);
  const { uses, rounds } = await records();
  expect(uses).toMatchObject([{ outcome: "failed", trouble: expect.stringContaining("pod-key-missing") }]);
  expect(rounds).toBe(1);
}, 30_000);
