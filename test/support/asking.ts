// Rounds of asking people for tests: sealed for real, with terms as plain as can be, so that what is looked for in messages would be seen.
import type { Findable } from "../../src/core/asking/index.ts";
import { accept, fromCanonical, type NodeId, refuse, toCanonical } from "../../src/core/base/index.ts";
import { type OwnerRules, ownerRulesSchema } from "../../src/core/consent/index.ts";
import type { AskSettings } from "../../src/core/model/index.ts";
import { ratio } from "../../src/core/privacy/index.ts";
import { type Answer, outcomes, type TermsPort, terms } from "../../src/core/terms/index.ts";
import { freshAgreementKey } from "../../src/io/curve/index.ts";
import { open, seal } from "../../src/io/sealing/index.ts";
import { askableCatalogue, askableFor } from "../../src/sdk/catalogue.ts";
import {
  type AskingOptions,
  AskingWorld,
  type SimulatedOwner,
  type SimulatedSealing,
} from "../../src/sim/asking/index.ts";

export const realSealing = (): SimulatedSealing => ({
  sealer: { seal: (recipient, use, additional, plain) => seal(recipient, use, additional, plain) },
  keyPair() {
    const key = freshAgreementKey();
    return {
      publicKey: key.publicKey,
      opener: { open: (use, additional, sealed) => open(key, use, additional, sealed) },
    };
  },
});

export const contributionBytes = 96;
const markerBytes = 64;

/** One number in [0, 100] and a marker, in the open. A part is the sum, the numbers of outcomes, and noise of 1,000 that stands for itself. */
export const plainTerms: TermsPort = {
  termsOf: (question, settings) =>
    accept({
      question,
      settings,
      cost: { rho: ratio(1n, 100n), delta: ratio(0n) },
      contributionBytes,
      partsNeeded: settings.gatherers,
      layout: {} as never,
    }),
  encodeContribution: (_, rows) => encodePlain(0, Number(rows[0]?.[0] ?? 0), String(rows[0]?.[1] ?? "")),
  encodeOutcome: (_, outcome) => encodePlain(outcomes.indexOf(outcome), 0, ""),
  createTally() {
    const counts = outcomes.map(() => 0);
    let sum = 0;
    return {
      add(contribution) {
        const outcome = contribution[0] ?? 255;
        const value = contribution.length === contributionBytes ? valueIn(contribution) : Number.NaN;
        if (outcome >= outcomes.length || !(value >= 0 && value <= 100)) return refuse("terms-contribution");
        counts[outcome]!++;
        sum += value;
        return accept(undefined);
      },
      part: (silent) =>
        toCanonical({ sum: sum + 1_000, counts: counts.map((count) => count + 1_000), silent: silent + 1_000 }),
    };
  },
  answerOf(terms, parts) {
    const read = parts.flatMap((part) => (part === null ? [] : [(fromCanonical(part) as { value: PlainPart }).value]));
    if (read.length < terms.partsNeeded) return refuse("privacy-shares-missing");
    const of = (pick: (part: PlainPart) => number) => ({
      value: read.reduce((all, part) => all + pick(part) - 1_000, 0),
    });
    const participation = Object.fromEntries(outcomes.map((outcome, i) => [outcome, of(({ counts }) => counts[i]!)]));
    return accept({
      columns: [{ name: "sum", type: "int64", unit: null }],
      rows: [[of(({ sum }) => sum)]],
      participation: {
        ...participation,
        silent: of(({ silent }) => silent),
        asked: { value: null },
      } as Answer["participation"],
      missing: [],
      cost: { rho: 0.01, epsilon: 1, delta: 1e-6 },
      noise: terms.settings.noise,
    });
  },
};

interface PlainPart {
  readonly sum: number;
  readonly counts: readonly number[];
  readonly silent: number;
}

export function encodePlain(outcome: number, value: number, marker: string): Uint8Array {
  const bytes = new Uint8Array(contributionBytes);
  bytes[0] = outcome;
  new DataView(bytes.buffer).setFloat64(8, value);
  bytes.set(new TextEncoder().encode(marker).subarray(0, markerBytes), 16);
  return bytes;
}

function valueIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(8);
}

export const settings: AskSettings = {
  gatherers: 3,
  standby: 0,
  noise: "split",
  minimumPeople: 3,
  maximumPeople: 1_000,
  forwarders: 1,
  answerMs: 30_000,
};

export const pilots = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people
WHERE profile('profession') = 'pilot' AND profile('age') BETWEEN 40 AND 49`;

export function person(profession: string, age: number): Findable {
  return {
    concepts: [
      { name: "profession", value: profession, isWhole: false },
      { name: "age", value: String(age), isWhole: true },
    ],
    everybody: true,
  };
}

/** Of an owner who lets anybody ask anything. */
export const willing = rulesOf({ default: "allow" });
export function rulesOf(written: object): OwnerRules {
  const plenty = { epsilon: 10, delta: 0.001 };
  return ownerRulesSchema.parse({
    ...{ hedgerow: 1, minimumPeople: 1, budget: { altogether: plenty, each: [plenty] } },
    ...written,
  });
}

export const markerOf = (index: number) => `MARKER-of-person-${index}-not-to-be-seen`;

/** The first eight of twelve are pilots in their forties; each has her number and a marker in her pod. */
export function owner(index: number, changed: Partial<SimulatedOwner> = {}): SimulatedOwner {
  return {
    findable: index < 8 ? person("pilot", 40 + index) : person(index % 2 === 0 ? "pilot" : "baker", 50 + index),
    rows: [[BigInt(index + 1), markerOf(index)]],
    rules: willing,
    ...changed,
  };
}

/** Pilots, each with her days of sick leave, whose sum is asked for with terms as people live with them. */
export function worldOfDays(
  people: number,
  daysOf: (index: number) => number,
  most: number,
  changed: Partial<AskingOptions> = {},
): AskingWorld {
  return askingWorld({
    terms,
    owners: people,
    owner: (index) =>
      owner(index, {
        findable: { concepts: person("pilot", 40).concepts.slice(0, 1), everybody: false },
        rows: [[BigInt(daysOf(index))]],
      }),
    statement: `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 2, delta = 1e-6)
SUM(sick_leave_days, contribution_bounds_per_group => (0, ${most})) AS days FROM people WHERE profile('profession') = 'pilot'`,
    ...changed,
  });
}

export function askingWorld(changed: Partial<AskingOptions> = {}): AskingWorld {
  return new AskingWorld({
    seed: 1,
    processors: 40,
    colluding: 2,
    alpha: 1e-3,
    owners: 12,
    owner: (index) => owner(index),
    catalogue: askableCatalogue(),
    askable: askableFor,
    statement: pilots,
    settings,
    terms: plainTerms,
    sealing: realSealing,
    ...changed,
  });
}

/** Who runs what in a round. */
export function rolesOf(world: AskingWorld): Map<NodeId, string> {
  const { find, gatherers } = world.commission!;
  return new Map<NodeId, string>([[find, "find"], ...gatherers.map(({ vertex }) => [vertex.node, vertex.id] as const)]);
}
