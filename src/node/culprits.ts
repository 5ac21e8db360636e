// Whom a draw names goes to the log; who decides about exclusion reads it there.
import { type Digest, type Refusal, toCanonical, toHex } from "../core/base/index.ts";
import type { Evidence } from "../core/draw/index.ts";
import type { Log } from "./log.ts";

export function culpritsTo(log: Log): (draw: Digest, refusal: Refusal, evidence: Evidence | undefined) => void {
  return (draw, { blame = "", code, detail = "" }, evidence) => {
    log.warn("draw-culprit", { draw, node: blame, code, proof: evidence?.what ?? "none" });
    // Whole, so that the authority can verify it anew.
    const shown = evidence === undefined ? "" : toHex(toCanonical(evidence));
    log.debug("draw-evidence", { draw, node: blame, detail, evidence: shown });
  };
}
