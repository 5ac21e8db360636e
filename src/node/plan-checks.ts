// What this node must know before it takes part in a plan: the ports through which a participant (core/lifecycle) asks
// for the checks of core/query and core/policy, over this node's catalogue, equipment and policy.
import {
  accept,
  type Crypto,
  type Digest,
  type NodeId,
  type QueryId,
  type Result,
  refuse,
} from "../core/base/index.ts";
import { decodeRoster, drawLimits, verifyRoster } from "../core/draw/index.ts";
import { isOver, type ParticipantPorts } from "../core/lifecycle/index.ts";
import type { Plan, PlanVertex, Policy } from "../core/model/index.ts";
import { checkNeighbours, checkVertices, policyDigest } from "../core/policy/index.ts";
import { checkPlan } from "../core/query/index.ts";
import { catalogue } from "../operators/index.ts";
import type { CellEvidence } from "./cell-evidence.ts";
import type { NodeConfig } from "./config.ts";
import type { Draws } from "./draws.ts";
import type { Members } from "./members.ts";
import type { Participants } from "./participants.ts";

export interface PlanCheckOptions {
  readonly config: NodeConfig;
  readonly self: NodeId;
  readonly network: string;
  readonly draws: () => Pick<Draws, "rules" | "ports">;
  readonly crypto: Crypto;
  readonly members: Members;
  readonly evidence: CellEvidence;
  readonly participants: () => Participants;
  readonly bodyOf: (digest: Digest) => Uint8Array | undefined;
}

/** Queries that a node takes part in at once: each holds cells, keys and receipts. */
export const maxQueries = 256;

export function createPlanChecks(options: PlanCheckOptions): ParticipantPorts {
  const { config, crypto, members, participants } = options;
  const policy: Policy = config.policy;
  /** A plan is checked as a whole, once for all the vertices of it that run here. */
  const checked = new WeakMap<Plan, Result<Plan>>();
  const agreed = new WeakMap<Plan, Result<void>>();

  function wholePlan(plan: Plan): Result<Plan> {
    const known = checked.get(plan);
    if (known !== undefined) return known;
    const result = checkPlan(plan, catalogue(), crypto, {
      network: options.network,
      facts: (node) => members.facts(node) ?? members.former(node)?.facts,
      record: (node) => members.record(node) ?? members.former(node)?.record,
      roster: (of) => verifiedActors(of),
    });
    checked.set(plan, result);
    return result;
  }

  /** 2k asymmetric operations, fewer for witnesses that are known. */
  function verifiedActors(plan: Plan): Result<readonly NodeId[]> {
    const roster = decodeRoster(plan.roster ?? new Uint8Array());
    if (!roster.ok) return roster;
    const { header } = roster.value;
    if (header.trigger !== plan.analyst.node) return refuse("plan-roster", { detail: "somebody else drew it" });
    // Who stands by may be called long after the draw. Who is to run a cell now sees to it that the roster is fresh.
    const standsBy = !plan.vertices.some((vertex) => vertex.drawn !== undefined && vertex.node === options.self);
    const nowMs = standsBy
      ? Math.min(Date.now(), header.atMs + drawLimits.maxAgeMs - drawLimits.maxSkewMs)
      : Date.now();
    const { rules, ports } = options.draws();
    const verified = verifyRoster(roster.value, rules, ports, { nowMs, purpose: plan.query });
    return verified.ok ? accept(verified.value.actors) : verified;
  }

  /** Against what they announced. A cell that this node takes over has its neighbours here before the plan says so. */
  function neighboursOf(plan: Plan, vertex: PlanVertex): Result<void> {
    const known = agreed.get(plan);
    if (known !== undefined && vertex.node === options.self) return known;
    const moved = plan.vertices.map((one) => (one.id === vertex.id ? { ...one, node: options.self } : one));
    const result = checkNeighbours({ ...plan, vertices: moved }, options.self, (node) =>
      node === options.self ? policy : (members.record(node) ?? members.former(node)?.record)?.policy,
    );
    if (vertex.node === options.self) agreed.set(plan, result);
    return result;
  }

  function userOf(equipment: string): QueryId | undefined {
    for (const query of participants().queries()) {
      const state = participants().state(query);
      if (state === undefined || (state.at !== "holding" && state.at !== "flowing")) continue;
      const holds = state.cells.some(
        (cell) =>
          !isOver(cell.at) && state.plan.vertices.find((vertex) => vertex.id === cell.vertex)?.equipment === equipment,
      );
      if (holds) return query;
    }
    return undefined;
  }

  return {
    checkVertex(plan: Plan, vertex: PlanVertex): Result<void> {
      const whole = wholePlan(plan);
      if (!whole.ok) return whole;
      if (vertex.equipment === undefined) return accept(undefined);
      const own = config.equipment.find((equipment) => equipment.name === vertex.equipment);
      return own === undefined ? refuse("operator-equipment", { blame: vertex.equipment }) : accept(undefined);
    },
    checkPolicy(plan, vertex) {
      const allowed = checkVertices(plan, [vertex.id], policy);
      if (!allowed.ok) return allowed;
      const agreed = neighboursOf(plan, vertex);
      return agreed.ok ? accept(policyDigest(policy, crypto)) : agreed;
    },
    equipment(name) {
      const found = config.equipment.find((equipment) => equipment.name === name);
      if (found === undefined) return undefined;
      const user = userOf(name);
      return { exclusive: found.exclusive, ...(user === undefined ? {} : { user }) };
    },
    hasRoom: () => participants().queries().length < maxQueries,
    bodyOf: options.bodyOf,
    verifyEvidence: (claim) =>
      members.isBanned(claim.node)
        ? refuse("certificate-revoked", { blame: claim.node })
        : options.evidence.verify(claim),
  };
}
