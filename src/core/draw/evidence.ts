// What shows a third node that somebody lied in a draw, or that a refusal holds. Whatever is signed convicts its signer;
// anything else is somebody's word, and is passed on with the name of who said it.
//
//   part        a witness of a beacon signed a value over a list that does not hold the commitment to that value
//   disclosure  a witness of a roster signed a value and candidates that do not fit the list, are in no order, or do not
//               live in the region that it says they live in
//   nearer      a genuine node that lives nearer than one of the witnesses asked, and was not asked
import {
  type Digest,
  type Hasher,
  type NodeId,
  publicKeyBytes,
  type Refusal,
  refuse,
  sameBytes,
} from "../base/index.ts";
import { orderFault } from "./actors.ts";
import { type Location, locationOf } from "./location.ts";
import type { Disclosure, Evidence } from "./messages.ts";
import { distance, type Geometry, isInside, regionOf } from "./region.ts";
import {
  beaconCommitment,
  beaconStatement,
  type CandidatesRegion,
  candidatesDigest,
  commitmentTo,
  disclosureStatement,
} from "./statement.ts";
import type { DrawPorts, DrawRules } from "./verify.ts";

/** The refusal that names the liar, if this convicts anybody. */
export function lieIn(
  evidence: Evidence | undefined,
  draw: Digest,
  { geometry }: Pick<DrawRules, "geometry">,
  ports: DrawPorts,
): Refusal | null {
  if (evidence === undefined || evidence.what === "nearer") return null;
  const { crypto } = ports;
  const certified = ports.certify(evidence.what === "part" ? evidence.part.certificate : evidence.certificate);
  if (!certified.ok) return null;
  const { node, publicKey } = certified.value;
  const { commitments } = evidence;
  const holds = (commitment: Uint8Array) => commitments.some((one) => sameBytes(one, commitment));
  if (evidence.what === "part") {
    const { random, atMs, signature } = evidence.part;
    if (holds(beaconCommitment(crypto, draw, node, random))) return null;
    const signed = crypto.verify(publicKey, beaconStatement(draw, commitments, random, atMs), signature);
    return signed ? refuse("draw-value-changed", { blame: node }) : null;
  }
  const { attempt, disclosure } = evidence;
  const named = candidatesDigest(crypto, disclosure.candidates);
  const own = { ...disclosure, witness: node, named };
  const statement = disclosureStatement(draw, attempt, evidence, commitments, own);
  if (!crypto.verify(publicKey, statement, disclosure.signature)) return null;
  const fits = holds(commitmentTo(crypto, draw, attempt, own));
  return fits ? candidatesFault(crypto, geometry, evidence, own) : refuse("draw-value-changed", { blame: node });
}

/** Whole keys, in order, none twice, and all of them live in the region: an honest witness names no others. */
export function candidatesFault(
  hasher: Hasher,
  geometry: Geometry,
  { lot, spread }: CandidatesRegion,
  named: Pick<Disclosure, "witness" | "candidates">,
): Refusal | null {
  const disordered = orderFault([named]);
  if (disordered !== null) return disordered;
  const region = regionOf(geometry, lot, 2 ** -spread);
  const { candidates, witness } = named;
  for (let at = 0; at < candidates.length; at += publicKeyBytes) {
    if (isInside(region, locationOf(hasher, candidates.subarray(at, at + publicKeyBytes)))) continue;
    return refuse("draw-candidate-false", { blame: witness, detail: "of another region" });
  }
  return null;
}

/** What the liar signed: with its name it convicts it, also before those who know nothing of the draw. */
export function signedLie(
  hasher: Hasher,
  evidence: Evidence | undefined,
  draw: Digest,
): { readonly body: Uint8Array; readonly signature: Uint8Array } | null {
  if (evidence === undefined || evidence.what === "nearer") return null;
  const { commitments } = evidence;
  if (evidence.what === "part") {
    const { random, atMs, signature } = evidence.part;
    return { body: beaconStatement(draw, commitments, random, atMs), signature };
  }
  const { attempt, disclosure } = evidence;
  const { random, candidates } = disclosure;
  const disclosed = { random, named: candidatesDigest(hasher, candidates) };
  const body = disclosureStatement(draw, attempt, evidence, commitments, disclosed);
  return { body, signature: disclosure.signature };
}

/** Whether another node should have been asked instead of one of these: then a refusal to witness with them holds. */
export function isNearerShown(
  evidence: Evidence | undefined,
  centre: Location,
  asked: readonly { readonly node: NodeId; readonly location: Location }[],
  but: NodeId | null,
  { geometry }: DrawRules,
  ports: DrawPorts,
): boolean {
  if (evidence?.what !== "nearer") return false;
  const shown = ports.certify(evidence.certificate);
  if (!shown.ok || shown.value.node === but || asked.some(({ node }) => node === shown.value.node)) return false;
  const away = distance(geometry, centre, shown.value.location);
  return asked.some(({ location }) => distance(geometry, centre, location) > away);
}
