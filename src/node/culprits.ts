// Whom a draw names goes to the log; who decides about exclusion reads it there.
import { toCanonical, toHex } from "../core/base/index.ts";
import type { Culprit } from "../core/draw/index.ts";
import type { Log } from "./log.ts";

export function culpritsTo(log: Log): (culprit: Culprit) => void {
  return ({ draw, refusal: { blame = "", code, detail = "" }, evidence, conflict }) => {
    const shown = conflict ?? evidence;
    const proof = conflict === undefined ? (evidence?.what ?? "none") : "conflict";
    log.warn("draw-culprit", { draw, node: blame, code, proof });
    // Whole, so that the authority can verify it anew.
    const whole = shown === undefined ? "" : toHex(toCanonical(shown));
    log.debug("draw-evidence", { draw, node: blame, detail, evidence: whole });
  };
}
