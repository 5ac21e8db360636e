// What each step of a draw costs: the one place that knows. An operation is a signature made or verified (a certificate is one
// to verify); hashing is free, as in the paper (definition 3). A message is one, whatever its length. "Path" is the longest
// chain of what must wait for each other, all that can go on at once done at once; "total" is everything everybody does.
// A look-up in the overlay is counted apart, because its price (two messages for each hop: iterative routing, where the
// asker speaks to each node on the way) is measured in the overlays.
//
// SEP2P is counted as the live machines of core/draw speak it; accounting.test.ts runs them and compares every count. They
// differ from the paper's text in three places: witnesses sign what they disclose too, so that a lie convicts; the
// trigger's certificate is not needed, as its place follows from its id; the trigger verifies the roster, the setter does not. And
// they end with a step that the paper has not: the trigger's witnesses seal what was drawn.
//
// Verifying a roster costs 2k (§3.5), k of the beacon's witnesses. For the others we keep the paper's §4.2: ES.NAV 2k, ES.AV 2k + A + 1, M.Hash 2k + A.
// Counted strictly by §3.4, check i, all three need one more, the trigger's certificate.
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

/**
 * Asking nodes whether they are up, all at once: a question and an answer for each. The paper counts it (§4.3); live nodes
 * know it from the upkeep of their caches. So it is kept apart, and added in reports.
 */
export function countAvailability(outcome: Outcome, asking: number, asked: number): void {
  outcome.pathAvailability += 2;
  outcome.totalAvailability += 2 * asking * asked;
}

/**
 * The roster, §3.5, k witnesses, a beacon of `beacon` witnesses:
 *   3 to 8 ask, commit, list, disclose, union, sign     6 messages              6k messages
 *   8a each witness verifies the beacon                 2·beacon                k·2·beacon
 *      … and, of each earlier attempt, what attests that R3 was too sparse there, as the setter does before it asks
 *                                                       2·2·attesting           (k + 1)·2·attesting
 *   6  … signs what it discloses                        1                       k
 *   8f … verifies certificates of drawn nodes that it does not know
 *                                                       lackingMost             lacking
 *   8g … and signs the roster                           1                       k
 *   9  the setter sends it to the trigger               1 message               1 message
 *      … which verifies it                              2k                      2k
 */
export function countRoster(outcome: Outcome, k: number, attesting: number, actors: number): void {
  outcome.rosterWitnesses = k;
  countWitnesses(outcome, k, attesting);
  outcome.pathCrypto += outcome.lackingMost + 2 * k;
  outcome.totalCrypto += outcome.lacking + 2 * k;
  outcome.pathMessages++;
  outcome.totalMessages++;
  countAvailability(outcome, k, actors);
}

/**
 * The seal: the trigger's k witnesses, who know the value that the lot fell by, verify what was drawn and what attests that earlier
 * attempts were too sparse; their signatures are what everybody verifies.
 *   ask, seal                                           2 messages              2k messages
 *   verify the list, and sparse attestations; sign      2·roster + 2·attesting + 1   k times as much
 *   the trigger verifies the seals                      k                       k      (it knows their certificates)
 */
export function countSeal(outcome: Outcome, attesting: number): void {
  const { beaconWitnesses: k, rosterWitnesses } = outcome;
  const each = 2 * rosterWitnesses + 2 * attesting + 1;
  outcome.pathMessages += 2;
  outcome.totalMessages += 2 * k;
  outcome.pathCrypto += each + k;
  outcome.totalCrypto += k * each + k;
}

/**
 * An attempt that ends with the witnesses' word that too few candidates were found: as many steps, but no roster. The trigger
 * hears their word and verifies it: 1 message, 2k.
 */
export function countSparse(outcome: Outcome, k: number, attesting: number, found: number): void {
  outcome.relocations++;
  outcome.relocated = 1;
  countWitnesses(outcome, k, attesting);
  outcome.pathMessages++;
  outcome.totalMessages++;
  outcome.pathCrypto += 2 * k;
  outcome.totalCrypto += 2 * k;
  countAvailability(outcome, k, found);
}

function countWitnesses(outcome: Outcome, k: number, attesting: number): void {
  const each = 2 * outcome.beaconWitnesses + 2 * attesting + 2;
  outcome.pathCrypto += 2 * attesting + each;
  outcome.totalCrypto += 2 * attesting + k * each;
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
  countAvailability(outcome, 1, actors);
}
