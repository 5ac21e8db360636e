// What shows a third node that somebody lied in a draw, or that a refusal holds. Whatever is signed convicts its signer;
// anything else is somebody's word, and is passed on with the name of who said it.
//
//   part        a witness of a beacon signed a value over a list that does not hold the commitment to that value
//   disclosure  a witness of a roster signed a value and candidates that do not fit the list, or are in no order
//   nearer      a genuine node that lives nearer than one of the witnesses asked, and was not asked
import { type Digest, type NodeId, type Refusal, refuse, sameBytes } from "../base/index.ts";
import { orderFault } from "./actors.ts";
import type { Location } from "./location.ts";
import type { Evidence } from "./messages.ts";
import { distance } from "./region.ts";
import { beaconCommitment, beaconStatement, disclosureStatement, rosterCommitment } from "./statement.ts";
import type { DrawPorts, DrawRules } from "./verify.ts";

/** The refusal that names the liar, if this convicts anybody. */
export function lieIn(evidence: Evidence | undefined, draw: Digest, ports: DrawPorts): Refusal | null {
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
  const own = { ...disclosure, witness: node };
  const fits = holds(rosterCommitment(crypto, draw, attempt, own));
  const disordered = orderFault([own]);
  if (fits && disordered === null) return null;
  const statement = disclosureStatement(draw, attempt, commitments, own);
  if (!crypto.verify(publicKey, statement, disclosure.signature)) return null;
  return fits ? disordered : refuse("draw-value-changed", { blame: node });
}

/** What the liar signed: with its name it convicts it, also before those who know nothing of the draw. */
export function signedLie(
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
  return { body: disclosureStatement(draw, attempt, commitments, disclosure), signature: disclosure.signature };
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
