// What a node finds on its own disk after whatever happened to it: journals, results, and the machines' own records.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { toCanonical } from "../../../src/core/base/index.ts";
import {
  initialParticipant,
  searchingCoordinator,
  stepCoordinator,
  stepParticipant,
} from "../../../src/core/lifecycle/index.ts";
import { createMembership, type MembershipState, step } from "../../../src/core/membership/index.ts";
import { openJournal, openResultLog } from "../../../src/io/storage/index.ts";
import { simulatedCrypto } from "../../../src/sim/kernel/index.ts";
import { MemberBench, startMs } from "../../../src/sim/membership/bench.ts";
import { damage } from "../damage.ts";
import { decodedAll, hostileMessage } from "../mutate.ts";
import { recordLifecycle } from "../recordings.ts";
import { check, type Target } from "../target.ts";

const folder = mkdtempSync(join(tmpdir(), "hedgerow-fuzz-disk-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "file");

function recordOf(payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, payload.length, true);
  head.setUint32(4, crc32(payload), true);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...payload]);
}
const entries = [
  ["a", new Uint8Array([1, 2, 3])],
  ["membership/sequence", toCanonical(7)],
  ["a", null],
];
const payloads = entries.map((entry) => toCanonical(entry));
const journal = Uint8Array.from(payloads.flatMap((payload) => [...recordOf(payload)]));

// What the machines persisted in real runs.
const recording = recordLifecycle([11, 12, 13, 14]);
const persisted = { participant: [] as Uint8Array[], coordinator: [] as Uint8Array[] };
for (const { config, state, event } of recording.participant)
  for (const effect of stepParticipant(config, state, event).effects)
    if (effect.type === "persist" && effect.value !== null) persisted.participant.push(effect.value);
for (const { config, state, event } of recording.coordinator)
  for (const effect of stepCoordinator(config, state, event).effects)
    if (effect.type === "persist" && effect.value !== null) persisted.coordinator.push(effect.value);
const participantValues = decodedAll(persisted.participant);
const coordinatorValues = decodedAll(persisted.coordinator);

const bench = new MemberBench(4);
const shelves: [string, Uint8Array][] = [];
const keepAll = (effects: readonly { readonly type: string }[]) => {
  for (const effect of effects as readonly { type: string; key: string; value: Uint8Array | null }[])
    if (effect.type === "persist" && effect.value !== null) shelves.push([effect.key, effect.value]);
};
keepAll(bench.take({ type: "start" }).effects);
for (const member of bench.others)
  keepAll(bench.hear(member.node, { type: "tell", items: [bench.record(member, 1)] }).effects);
const [anna, ben] = bench.others;
keepAll(
  bench.hear(anna!.node, { type: "tell", items: [bench.goodbye(ben!, 1), bench.authority.revoke(anna!.node)] }).effects,
);
keepAll(bench.pass(2_000));
const shelfBytes = shelves.map(([, value]) => value);
const shelfValues = decodedAll(shelfBytes);
const crypto = simulatedCrypto(10_000);

const whole = createMembership(bench.state.config, crypto, shelves, startMs);
step(whole, { type: "start", nowMs: startMs });

function heldBy({ members, banned, departed }: MembershipState): number {
  return members.size + banned.size + departed.size;
}

export const diskTargets: readonly Target[] = [
  {
    name: "disk: journal",
    inputs: 1_500,
    reaches: ["journal-damaged"],
    attempt(random) {
      // Half of them with checksums that hold: another version, or another program, wrote the record.
      const whole = random.chance(0.5)
        ? damage(random, [journal])
        : Buffer.concat([0, 1, 2].map(() => recordOf(hostileMessage(random, payloads, entries))));
      writeFileSync(path, whole);
      const opened = openJournal(path);
      if (!opened.ok) return opened.code;
      for (const [key, value] of opened.value.entries())
        check(typeof key === "string" && value instanceof Uint8Array, "an entry of another type");
      opened.value.close();
      return "accepted";
    },
  },
  {
    name: "disk: result log",
    inputs: 1_000,
    reaches: ["malformed"],
    attempt(random) {
      writeFileSync(path, damage(random, [journal]));
      const log = openResultLog(path);
      for (let item = 0; item < log.items; item++) check(log.read(item) !== undefined, "an item that is not there");
      const { items } = log;
      void log.close();
      // It has no refusal: a damaged end is cut off, and what is left is what was whole.
      return items === 3 || readFileSync(path).length > 0 ? "accepted" : "malformed";
    },
  },
  {
    name: "disk: a participant's record",
    inputs: 3_000,
    reaches: ["malformed"],
    attempt(random) {
      const value = hostileMessage(random, persisted.participant, participantValues);
      const { config, state, event } = random.pick(recording.participant);
      const query = state.at === "absent" ? state.query : state.plan.id;
      const taken = stepParticipant(config, initialParticipant(query), { type: "recover", nowMs: event.nowMs, value });
      return taken.refusal?.code ?? "accepted";
    },
  },
  {
    name: "disk: a coordinator's record",
    inputs: 3_000,
    reaches: ["malformed", "wrong-plan"],
    attempt(random) {
      const value = hostileMessage(random, persisted.coordinator, coordinatorValues);
      const { config, state, event } = random.pick(recording.coordinator);
      const taken = stepCoordinator(config, searchingCoordinator(state.query, []), {
        type: "recover",
        nowMs: event.nowMs,
        value,
      });
      return taken.refusal?.code ?? "accepted";
    },
  },
  {
    name: "disk: what a member stored",
    inputs: 2_000,
    reaches: ["malformed"],
    attempt(random) {
      const stored = shelves.map(([key, value]): [string, Uint8Array] => [
        random.chance(0.9) ? key : random.pick(shelves)[0],
        random.chance(0.8) ? value : hostileMessage(random, shelfBytes, shelfValues),
      ]);
      const state: MembershipState = createMembership(bench.state.config, crypto, stored, startMs);
      step(state, { type: "start", nowMs: startMs });
      // What does not verify is left behind: gossip brings it again.
      return heldBy(state) < heldBy(whole) ? "malformed" : "accepted";
    },
  },
];
