// What a question says that one person can change, held against what follows from its bounds. Noise is planned from the latter
// alone; a question that says otherwise was made by somebody who computes differently, and is refused.
import { accept, type Result, refuse } from "../base/index.ts";
import type { Aggregate, Sensitivity as Said } from "../model/index.ts";
import { type Contribution, type Sensitivity, sensitivityOf } from "../privacy/index.ts";
import { isQuotient } from "./steps.ts";

interface Followed {
  readonly part: Said["part"];
  readonly cellsTouched: number;
  readonly sensitivity: Sensitivity;
  /** Steps of the sensitivity in one unit of what the question says. */
  readonly perUnit: bigint;
}

/** Of counts that one person's rows move: `rows` in each group, in at most `bins` bins. */
export function rowsBounds(groupsPerOwner: number, recordsPerGroup: number): Contribution {
  return { lower: 0, upper: 1, decimals: 0, groupsPerOwner, recordsPerGroup };
}

function followed(aggregate: Aggregate, groups: number, rows: number, bounds: Contribution | null): Followed[] {
  const once = sensitivityOf("owners", rowsBounds(groups, 1));
  if (bounds !== null) {
    const perUnit = 10n ** BigInt(bounds.decimals);
    if (aggregate.function !== "avg") {
      const part = aggregate.function === "count" ? "count" : "sum";
      return [{ part, cellsTouched: groups, sensitivity: sensitivityOf("sum", bounds), perUnit }];
    }
    // `centred` counts in half steps: an owner moves it by upper − lower, the question's centred sum by half of that.
    const centred = sensitivityOf("centred", bounds);
    return [
      { part: "centred-sum", cellsTouched: groups, sensitivity: centred, perUnit: 2n * perUnit },
      { part: "count", cellsTouched: groups, sensitivity: once, perUnit: 1n },
    ];
  }
  const touched = groups * touchedCells(aggregate, rows);
  if (aggregate.function === "top_k") {
    const sensitivity = sensitivityOf("owners", rowsBounds(touched, 1));
    return [{ part: "counts", cellsTouched: touched, sensitivity, perUnit: 1n }];
  }
  const sensitivity = sensitivityOf("records", rowsBounds(groups, rows));
  return [{ part: "counts", cellsTouched: touched, sensitivity, perUnit: 1n }];
}

/** Cells of one group that one person's rows can reach. */
export function touchedCells(aggregate: Aggregate, rows: number): number {
  if (aggregate.function === "histogram") return Math.min(rows, aggregate.bins);
  if (aggregate.function === "top_k") return Math.min(rows, aggregate.candidates?.length ?? rows);
  return rows;
}

export function checkParts(
  aggregate: Aggregate,
  groups: number,
  rows: number,
  bounds: Contribution | null,
): Result<void> {
  const expected = followed(aggregate, groups, rows, bounds);
  const same =
    aggregate.parts.length === expected.length &&
    expected.every(({ part, cellsTouched, sensitivity, perUnit }, index) => {
      const said = aggregate.parts[index]!;
      return (
        said.part === part &&
        said.l0 === cellsTouched &&
        isQuotient(said.lInf, sensitivity.each, perUnit) &&
        isQuotient(said.l1, sensitivity.l1, perUnit) &&
        isQuotient(said.l2Squared, sensitivity.l2Squared, perUnit * perUnit)
      );
    });
  return same ? accept(undefined) : refuse("terms-sensitivity", { detail: aggregate.function });
}
