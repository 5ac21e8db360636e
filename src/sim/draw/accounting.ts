// What each step of a draw costs: the one place that knows. An operation is a signature made or verified (a certificate
// is one to verify); hashing is free, as in the paper (definition 3). A message is one, whatever its length. "Path" is the longest
// chain of what must wait for each other, all that can go on at once done at once; "total" is everything everybody does.
// A look-up in the overlay is counted apart, because its price (two messages for each hop: iterative routing, where the
// asker speaks to each node on the way) is measured in the overlays.
//
// Verifying a roster costs 2k (§3.5). For the others we keep the paper's §4.2: ES.NAV 2k, ES.AV 2k + A + 1, M.Hash 2k + A.
// Counted strictly, all three need one more, the trigger's certificate (§3.4, check i), which only SEP2P's witnesses can spare
// the verifier.
import type { Outcome } from "./outcome.ts";

/**
 * The beacon, §3.4, k witnesses:           path          total
 *   1 ask, 2 commit, 3 list, 4 reveal      4 messages    4k messages
 *   4 each witness signs the list          1             k
 *   5 the trigger verifies the signatures  k             k      (certificates are in its valid cache)
 */
export function countBeacon(outcome: Outcome, k: number): void {
  outcome.beaconWitnesses = k;
  outcome.pathMessages += 4;
  outcome.totalMessages += 4 * k;
  outcome.pathCrypto += 1 + k;
  outcome.totalCrypto += 2 * k;
}

/** Finding who manages a point, and telling it: a look-up and one message. */
export function countVisit(outcome: Outcome): void {
  outcome.pathLookups++;
  outcome.totalLookups++;
  outcome.pathMessages++;
  outcome.totalMessages++;
}

/** Asking nodes whether they are up, all at once: a question and an answer for each. */
export function countAvailability(outcome: Outcome, asking: number, asked: number): void {
  outcome.pathMessages += 2;
  outcome.totalMessages += 2 * asking * asked;
}

/**
 * The roster, §3.5, k witnesses, a beacon of `beacon` witnesses:
 *   3 to 8 ask, commit, list, reveal, union, sign    6 messages              6k messages
 *   8a each witness verifies the beacon              2·beacon + 1            k(2·beacon + 1)
 *   8f … and what attests that R3 was too sparse     2·attesting             k·2·attesting
 *   8f … and actors that not all vouched for         unvouched               k·unvouched
 *   8g … and signs                                   1                       k
 *   9 the setter verifies the signatures             k                       k
 * and it tells the trigger. Witnesses asked A candidates each whether they are up, before they committed (§4.3).
 */
export function countRoster(outcome: Outcome, k: number, attesting: number, actors: number): void {
  const each = 2 * outcome.beaconWitnesses + 1 + 2 * attesting + outcome.unvouched + 1;
  outcome.rosterWitnesses = k;
  outcome.pathCrypto += each + k;
  outcome.totalCrypto += k * each + k;
  countAvailability(outcome, k, actors);
  outcome.pathMessages += 6 + 1;
  outcome.totalMessages += 6 * k + 1;
}

/** A roster that ends at step 8c, because too few candidates were found: all as above but step 8f and the trigger's message. */
export function countSparse(outcome: Outcome, k: number, attesting: number, found: number): void {
  const each = 2 * outcome.beaconWitnesses + 1 + 2 * attesting + 1;
  outcome.relocations++;
  outcome.relocated = 1;
  outcome.pathCrypto += each + k;
  outcome.totalCrypto += k * each + k;
  countAvailability(outcome, k, found);
  outcome.pathMessages += 6;
  outcome.totalMessages += 6 * k;
}

/** A setter that chooses by itself (ES.NAV, ES.AV): asks its actors whether they are up, signs the list, tells the trigger. */
export function countLoneSetter(outcome: Outcome, actors: number): void {
  outcome.pathCrypto++;
  outcome.totalCrypto++;
  countAvailability(outcome, 1, actors);
  outcome.pathMessages++;
  outcome.totalMessages++;
}

/** A look-up for each actor, all at once; each found answers for itself. */
export function countLookups(outcome: Outcome, actors: number): void {
  outcome.pathLookups++;
  outcome.totalLookups += actors;
  outcome.pathMessages += 2;
  outcome.totalMessages += 2 * actors;
}
