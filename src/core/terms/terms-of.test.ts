import { describe, expect, it } from "vitest";
import { askAll, must, partsOf, settingsOf, termsFor, withOptions } from "../../../test/support/asking-people.ts";
import { seededBytes } from "../../../test/support/plain-noise.ts";
import type { Question } from "../model/index.ts";
import { Coins } from "../privacy/index.ts";
import {
  answerOf,
  createTally,
  cutAnswer,
  cutPart,
  epsilonForError,
  expectedErrors,
  foundVariance,
  joinAnswer,
  type LocalRow,
  PartPieces,
  termsLimits,
  termsOf,
} from "./index.ts";

const coins = new Coins(seededBytes(2));
const sum = withOptions(
  "epsilon = 1, delta = 1e-6",
  "SUM(working_hours, contribution_bounds_per_group => (0, 60)) AS hours, COUNT(*) AS n FROM people",
);
const codeOf = (question: Question, more = {}) => {
  const terms = termsOf(question, settingsOf(question, more));
  return terms.ok ? "accepted" : terms.code;
};

describe("terms refuse", () => {
  it("a question that says another sensitivity than follows from its bounds", () => {
    expect(codeOf(sum)).toBe("accepted");
    for (const change of [{ l2Squared: "1" }, { lInf: "59" }, { l1: "61" }, { l0: 2 }, { part: "count" as const }]) {
      const [first, ...others] = sum.aggregates;
      const parts = [{ ...first!.parts[0]!, ...change }];
      const changed = { ...sum, aggregates: [{ ...first!, parts } as typeof first & object, ...others] };
      expect(codeOf(changed), JSON.stringify(change)).toBe("terms-sensitivity");
    }
  });

  it("no δ, shares of one gatherer alone, and what is too large for one message or one part", () => {
    expect(codeOf({ ...sum, privacy: { ...sum.privacy, delta: "0" } })).toBe("terms-delta");
    expect(codeOf(sum, { noise: "split", gatherers: 1 })).toBe("terms-gatherers");
    expect(codeOf(sum, { noise: "split", gatherers: 2 })).toBe("accepted");
    const many = (groups: number) =>
      withOptions(
        `epsilon = 1, delta = 1e-6, max_groups_contributed = ${groups}`,
        "movie, COUNT(*) FROM ratings GROUP BY movie",
      );
    expect(codeOf(many(20))).toBe("accepted");
    expect(codeOf(many(1_000), { maximumPeople: 100 })).toBe("terms-too-large");
    expect(codeOf(many(20), { maximumPeople: 1_000_000 })).toBe("terms-too-large");
    const bins = (count: number) => {
      const keys = Array.from({ length: 200 }, (_, i) => `'g${i}'`).join(", ");
      return withOptions(
        `epsilon = 1, delta = 1e-6, group_keys => [${keys}]`,
        `mode, HISTOGRAM(minutes, bins => ${count}, contribution_bounds_per_row => (0, 100)) FROM trips GROUP BY mode`,
      );
    };
    expect(codeOf(bins(300))).toBe("accepted");
    expect(codeOf(bins(1_000))).toBe("terms-too-large");
  });

  it("columns that are not there, keys that are fractions, and groups that are listed twice", () => {
    const grouped = withOptions(
      "epsilon = 1, delta = 1e-6, group_keys => ['bus', 'walk']",
      "mode, COUNT(*) FROM trips GROUP BY mode",
    );
    expect(codeOf(grouped)).toBe("accepted");
    const { selection } = grouped.groups;
    if (selection.at !== "public") throw new Error("a list");
    const twice = { ...grouped.groups, selection: { ...selection, rows: [selection.rows[0]!, selection.rows[0]!] } };
    expect(codeOf({ ...grouped, groups: twice })).toBe("terms-unfit");
    expect(codeOf({ ...grouped, local: { ...grouped.local, columns: [] } })).toBe("terms-unfit");
    expect(codeOf({ ...sum, aggregates: sum.aggregates.map((one) => ({ ...one, column: 40 })) })).toBe("terms-unfit");
    expect(codeOf({ ...grouped, groups: { ...grouped.groups, selection: { at: "single" } } })).toBe("terms-unfit");
  });
});

it("sums stay exact for as many people as may be asked, with as many decimals as that leaves", () => {
  const decimalsFor = (maximumPeople: number) => {
    const [part] = termsFor(sum, { maximumPeople }).layout.aggregates;
    return part?.kind === "measure" ? part.plan.bounds.decimals : null;
  };
  expect([decimalsFor(1_000), decimalsFor(1_000_000)]).toEqual([5, 5]);
  const wide = withOptions(
    "epsilon = 1, delta = 1e-6",
    "SUM(working_hours, contribution_bounds_per_group => (0, 99999999)) FROM people",
  );
  expect(codeOf(wide, { maximumPeople: 1_000 })).toBe("accepted");
  expect(codeOf(wide, { maximumPeople: 1_000_000 })).toBe("privacy-scale");
});

it("the silent, and all who were asked, are told with the noise of `find` as well: the others with that of the answer alone", () => {
  const people = Array.from({ length: 30 }, (): LocalRow[] => [[1.5]]);
  for (const [noise, gatherers] of [
    ["split", 3],
    ["one", 2],
    ["one", 1],
  ] as const) {
    const terms = termsFor(sum, { noise, gatherers });
    const answer = must(answerOf(terms, partsOf(terms, people, coins), coins));
    const variance = (of: keyof typeof answer.participation) => answer.participation[of].noise! ** 2;
    expect(variance("silent") - variance("contributed")).toBeCloseTo(foundVariance * gatherers, 6);
    expect(variance("asked") - 6 * variance("contributed")).toBeCloseTo(foundVariance * gatherers, 6);
  }
  // With it, so few may be silent that it is below nothing: cutting each part would add up to people whom nobody asked.
  const [below, none] = [-7, 0].map((silent) => {
    const terms = termsFor(sum, { noise: "one", gatherers: 1 });
    const part = createTally(terms).part(silent, coins);
    return must(answerOf(terms, [part], new Coins(seededBytes(9)))).participation.asked.interval!.high;
  });
  expect(none! - below!).toBe(7);
});

describe("what is missing", () => {
  const people = Array.from({ length: 90 }, (): LocalRow[] => [[1.5]]);

  it("is named, and nothing is released with fewer parts than the noise needs", () => {
    for (const [noise, gatherers, vanished, expected] of [
      ["split", 3, 1, "privacy-shares-missing"],
      ["split", 4, 1, "answer"],
      ["split", 4, 2, "privacy-shares-missing"],
      ["one", 3, 2, "answer"],
      ["one", 3, 3, "privacy-shares-missing"],
    ] as const) {
      const terms = termsFor(sum, { noise, gatherers });
      expect(gatherers - vanished >= terms.partsNeeded).toBe(expected === "answer");
      const parts = partsOf(terms, people, coins).map((part, i) => (i < vanished ? null : part));
      const answer = answerOf(terms, parts, coins);
      if (answer.ok) expect(answer.value.missing).toEqual(Array.from({ length: vanished }, (_, i) => i));
      expect(answer.ok ? "answer" : answer.code, `${noise} ${gatherers} ${vanished}`).toBe(expected);
    }
  });

  it("a part of another question is refused, with the gatherer named", () => {
    const terms = termsFor(sum);
    const parts = partsOf(terms, people, coins);
    expect(answerOf(terms, [parts[0]!, parts[1]!.subarray(8), parts[2]!], coins)).toMatchObject({
      code: "terms-part",
      blame: "gatherer 2",
    });
  });
});

describe("pieces", () => {
  it("of a part are put together, and the first part that is whole counts", () => {
    const part = Uint8Array.from({ length: 2.5 * termsLimits.pieceBytes }, (_, i) => i % 251);
    const pieces = cutPart(part);
    expect(pieces.length).toBe(3);
    const other = cutPart(part.map((byte) => byte ^ 1));
    const from = (all: readonly Uint8Array[]) => {
      const joined = new PartPieces();
      const codes = all.map((piece) => joined.add(piece)).filter(({ ok }) => !ok);
      return { part: joined.part(), faults: codes.length };
    };
    expect(from(pieces)).toEqual({ part, faults: 0 });
    expect(from([other[0]!, ...pieces, ...other])).toEqual({ part, faults: 0 });
    expect(from(pieces.slice(0, 2))).toEqual({ part: null, faults: 0 });
    expect(from([pieces[0]!, pieces[2]!, pieces[1]!])).toMatchObject({ faults: 1 });
    expect(from([new Uint8Array(3)])).toEqual({ part: null, faults: 1 });
  });

  it("of an answer are put together, whatever characters it has", () => {
    const terms = termsFor(sum);
    const answer = askAll(terms, [[[1]]], 1);
    const long = {
      ...answer,
      rows: Array.from({ length: 3_000 }, () => [{ value: "🌿".repeat(100) }, { value: null }]),
    };
    const pieces = cutAnswer(long);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => Buffer.byteLength(piece) <= termsLimits.pieceBytes + 20)).toBe(true);
    expect(must(joinAnswer(pieces))).toEqual(long);
    expect(must(joinAnswer([...cutAnswer(answer), ...pieces]))).toEqual(answer);
    for (const bad of [[], pieces.slice(1), [pieces[0]!, pieces[2]!], ["1/1 {}"], ["1/1 {"], ["x"]]) {
      expect(joinAnswer(bad)).toMatchObject({ code: "terms-answer" });
    }
  });
});

describe("the price", () => {
  it("is no more than the question allows, whatever it asks for", () => {
    for (const [options, rest] of [
      ["epsilon = 0.1, delta = 1e-9", "COUNT(*) FROM people"],
      [
        "epsilon = 2, delta = 1e-6, max_groups_contributed = 20",
        "movie, AVG(stars, contribution_bounds_per_group => (1, 5)), TOP_K(movie, 3) FROM ratings GROUP BY movie",
      ],
      [
        "epsilon = 0.5, delta = 1e-6",
        "APPROX_QUANTILES(working_hours, 4, contribution_bounds_per_row => (0, 60)), COUNT(*) FROM people",
      ],
    ] as const) {
      const terms = termsFor(withOptions(options, rest), {});
      const answer = must(answerOf(terms, partsOf(terms, [], coins), coins));
      const allowed = Number(terms.question.privacy.epsilon);
      expect(answer.cost.epsilon).toBeLessThanOrEqual(allowed);
      expect(answer.cost.epsilon).toBeGreaterThan(allowed * 0.9);
    }
  });

  it("for an error is the least ε in thousandths with which it is expected", () => {
    for (const [output, error] of [
      [0, 500],
      [1, 20],
    ] as const) {
      const solved = must(epsilonForError(sum, settingsOf(sum), output, error, 1_000));
      const errorAt = (epsilon: string) =>
        expectedErrors(termsFor({ ...sum, privacy: { ...sum.privacy, epsilon } }), 1_000)[output]!.error!;
      expect(errorAt(solved.epsilon)).toBe(solved.error);
      expect(solved.error).toBeLessThanOrEqual(error);
      expect(errorAt((Number(solved.epsilon) - 0.001).toFixed(3).replace(/0+$/, ""))).toBeGreaterThan(error);
    }
    expect(epsilonForError(sum, settingsOf(sum), 0, 1e-9, 1_000)).toMatchObject({ code: "privacy-error" });
    expect(epsilonForError(sum, settingsOf(sum), 7, 1, 1_000)).toMatchObject({ code: "privacy-number" });
  });

  it("buys the error that is expected: half the width of the interval", () => {
    const terms = termsFor(sum);
    const people = Array.from({ length: 1_000 }, (): LocalRow[] => [[30]]);
    const [hours, n] = askAll(terms, people, 4).rows[0]!;
    const [expectedHours, expectedN] = expectedErrors(terms, 1_000);
    for (const [value, expected] of [
      [hours!, expectedHours!],
      [n!, expectedN!],
    ] as const) {
      expect((value.interval!.high - value.interval!.low) / 2).toBeCloseTo(expected.error!, 3);
    }
  });
});
