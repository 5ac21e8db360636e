// What a participant checks before it agrees to anything (PBDS §4, §5.2, §5.3): the sender, the plan, the vertices placed
// here, the policy, the equipment, and the wiring with the evidence of every peer.
import { accept, type Digest, type Result, refuse } from "../base/index.ts";
import { edgesOf, layersOf, type MemberFacts, type Plan, type PlanVertex, vertexOf } from "../model/index.ts";
import { type CellRef, type Command, type PeerEnd, planDigestOf, type Wiring } from "./messages.ts";
import { keyText } from "./participant-draft.ts";
import type { HeldState, ParticipantConfig } from "./participant-state.ts";

/** INVARIANT 3: only a node of the plan's own analyst, with the role analyst, in this network, changes a query. */
export function checkCommander(config: ParticipantConfig, from: MemberFacts, plan: Plan | null): Result<void> {
  const about = { blame: from.node };
  if (from.network !== config.self.network) return refuse("wrong-network", about);
  if (!from.roles.includes("analyst")) return refuse("not-an-analyst", about);
  if (plan === null) return accept(undefined);
  if (plan.network !== config.self.network)
    return refuse("wrong-network", { ...about, detail: `plan: ${plan.network}` });
  if (plan.analyst.principal !== from.principal) return refuse("not-the-plans-analyst", about);
  return accept(undefined);
}

/** INVARIANT 4: terms never go back. Of two processes with one term, the one with the greater node id counts. */
export function checkTerm(held: HeldState, from: MemberFacts, term: number): Result<void> {
  const stale = term < held.term || (term === held.term && from.node < held.commander);
  return stale
    ? refuse("stale-term", { blame: from.node, detail: `term ${term}, obeying ${held.term}` })
    : accept(undefined);
}

export function checkPlan(
  config: ParticipantConfig,
  command: Extract<Command, { type: "instantiate" }>,
  held: HeldState | null,
): Result<Digest> {
  if (command.plan.id !== command.query) return refuse("wrong-plan", { detail: "the plan is of another query" });
  const digest = planDigestOf(command.plan, config.hasher);
  if (digest !== command.digest) return refuse("wrong-plan", { detail: "the digest is not the plan's" });
  if (held !== null && held.digest !== digest) return refuse("wrong-plan", { detail: "another plan was agreed to" });
  if (layersOf(command.plan.vertices) === null) return refuse("plan-cycle");
  return accept(digest);
}

export function checkPlaced(config: ParticipantConfig, plan: Plan, ref: CellRef): Result<PlanVertex> {
  const vertex = vertexOf(plan, ref.vertex);
  if (vertex === undefined) return refuse("unknown-vertex", { detail: ref.vertex });
  return mayRun(vertex, ref.incarnation, config.self.node)
    ? accept(vertex)
    : refuse("not-my-vertex", { detail: ref.vertex });
}

/** The first cell of a vertex runs where the plan says, a replacement there or on one of the spares. */
export function mayRun(vertex: PlanVertex, incarnation: number, node: string): boolean {
  return vertex.node === node || (incarnation > 0 && vertex.spares.some((spare) => spare === node));
}

/** The digest of the policy that allows the vertex here. */
export function checkVertex(
  config: ParticipantConfig,
  plan: Plan,
  vertex: PlanVertex,
  sharing: readonly PlanVertex[],
): Result<Digest> {
  const { self, ports } = config;
  const ownResult = vertex.operator.kind === "sink" && plan.analyst.node === self.node;
  if (self.roles.includes("analyst") && !ownResult) return refuse("analyst-takes-no-part", { detail: vertex.id });
  const offered = ports.checkVertex(plan, vertex);
  if (!offered.ok) return offered;
  if (vertex.equipment !== undefined) {
    const equipment = ports.equipment(vertex.equipment);
    if (equipment === undefined) return refuse("operator-equipment", { detail: vertex.equipment });
    const elsewhere = equipment.user !== undefined && equipment.user !== plan.id;
    const twice = sharing.some((other) => other.id !== vertex.id && other.equipment === vertex.equipment);
    if (equipment.exclusive && (elsewhere || twice)) return refuse("equipment-in-use", { detail: vertex.equipment });
  }
  return ports.checkPolicy(plan, vertex);
}

/** A wiring that fits, with the keys that it binds. */
export function checkWiring(
  config: ParticipantConfig,
  held: HeldState,
  ref: CellRef,
  wiring: Wiring,
): Result<Readonly<Record<string, string>>> {
  const edges = edgesOf(held.plan);
  const cell = held.cells.find((c) => c.vertex === ref.vertex && c.incarnation === ref.incarnation);
  const inputs = edges.filter((edge) => edge.to === ref.vertex);
  const outputs = edges.filter((edge) => edge.from === ref.vertex);
  if (!sameSet(inputs, wiring.inputs) || !sameSet(outputs, wiring.outputs))
    return refuse("wiring-mismatch", { detail: `${ref.vertex}: not the plan's edges` });
  const keys = { ...held.keys };
  for (const end of [...wiring.inputs, ...wiring.outputs]) {
    const edge = edges.find((candidate) => candidate.id === end.edge)!;
    const peer = vertexOf(held.plan, edge.from === ref.vertex ? edge.to : edge.from)!;
    if (!mayRun(peer, end.incarnation, end.node))
      return refuse("wiring-mismatch", { detail: `${peer.id} does not run on that node` });
    const before = cell?.wired.find((wired) => wired.edge === end.edge);
    if (before !== undefined && end.incarnation < before.incarnation)
      return refuse("stale-incarnation", { detail: `${peer.id} ${end.incarnation}` });
    // INVARIANT 5: the first key seen for a cell binds, whoever names another later.
    const name = `${peer.id}/${end.incarnation}`;
    const text = keyText(end.node, end.publicKey);
    if (keys[name] === text) continue;
    if (keys[name] !== undefined) return refuse("keys-changed", { blame: end.node, detail: name });
    const evidence = config.ports.verifyEvidence({
      plan: held.plan,
      planDigest: held.digest,
      vertex: peer,
      incarnation: end.incarnation,
      node: end.node,
      publicKey: end.publicKey,
      evidence: end.evidence,
    });
    if (!evidence.ok) return { ...evidence, blame: end.node };
    keys[name] = text;
  }
  return accept(keys);
}

function sameSet(edges: readonly { readonly id: string }[], ends: readonly PeerEnd[]): boolean {
  const named = new Set(ends.map((end) => end.edge));
  return named.size === ends.length && named.size === edges.length && edges.every((edge) => named.has(edge.id));
}
