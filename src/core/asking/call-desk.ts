// Where calls arrive at a person's node, for all pods on it: the message is checked once, whoever it names. Only what is in order reaches a
// pod; and to whoever calls, only the message is answered for.
import { accept, type Digest, type Hasher, type NodeId, type Result, refuse, toHex } from "../base/index.ts";
import type { Plan, PlanVertex } from "../model/index.ts";
import { type CertifiedAnalyst, type Commission, checkAnalyst } from "./commission.ts";
import { limits } from "./limits.ts";
import { openMessage } from "./message-commitment.ts";
import type { AskMessageOf, GathererPaper } from "./messages.ts";
import { Quota } from "./quota.ts";
import { gathererOf, hashOfTag } from "./tags.ts";

/** As a participant claims it of a cell (core/lifecycle). */
export interface GathererClaim {
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly vertex: PlanVertex;
  readonly incarnation: number;
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly evidence: Uint8Array;
}

export interface CallDeskPorts {
  readonly hasher: Hasher;
  /** The plan, as long as its time lasts. */
  commission(plan: Uint8Array, nowMs: number): Result<Commission>;
  /** What that node's certificate says of it; null where none is known. */
  certified(node: NodeId): CertifiedAnalyst | null;
  /** One asymmetric operation. */
  verifyEvidence(claim: GathererClaim): Result<void>;
}

export interface CalledPerson {
  /** In hexadecimal. */
  readonly pod: string;
  readonly tag: Uint8Array;
  /** The gatherer that her tag falls to. */
  readonly gatherer: GathererPaper;
  /** What the question brings, as its plan has committed to it; null: nothing. */
  readonly message: string | null;
}

export interface TakenCall {
  readonly commission: Commission;
  readonly people: readonly CalledPerson[];
  /** On this node's clock. */
  readonly untilMs: number;
}

export class CallDesk {
  readonly #ports: CallDeskPorts;
  /** Gatherers whose evidence was verified. */
  readonly #verified = new Set<string>();
  readonly #badPlans = new Quota(limits.badPlansPerWindow);

  constructor(ports: CallDeskPorts) {
    this.#ports = ports;
  }

  take(from: NodeId, call: AskMessageOf<"call">, nowMs: number): Result<TakenCall> {
    const heard = this.#badPlans.check(from, nowMs);
    if (!heard.ok) return heard;
    const read = this.#ports.commission(call.plan, nowMs);
    if (!read.ok) {
      this.#badPlans.count(from, nowMs);
      return read;
    }
    const commission = read.value;
    if (from !== commission.find) {
      // A plan that somebody else saw costs as much to verify as one that is not in order.
      this.#badPlans.count(from, nowMs);
      return refuse("ask-not-finder", { blame: from });
    }
    const analyst = checkAnalyst(commission, this.#ports.certified(commission.plan.analyst.node));
    if (!analyst.ok) return analyst;
    const message = openMessage(this.#ports.hasher, commission.plan.asked?.message, call.message);
    if (!message.ok) return { ...message, blame: from };
    const people: CalledPerson[] = [];
    for (const { pod, tag } of call.people) {
      const at = gathererOf(
        this.#ports.hasher,
        hashOfTag(this.#ports.hasher, tag),
        commission.round,
        commission.gatherers.length,
      );
      const { vertex, nodes } = commission.gatherers[at]!;
      const gatherer = call.gatherers.find(({ cell }) => cell === vertex.id);
      if (gatherer === undefined || !nodes.includes(gatherer.node))
        return refuse("ask-other-gatherer", { blame: from, detail: vertex.id });
      const verified = this.#verify(commission, vertex, gatherer);
      if (!verified.ok) return verified;
      people.push({ pod: toHex(pod), tag, gatherer, message: message.value });
    }
    return accept({ commission, people, untilMs: nowMs + call.leftMs });
  }

  #verify({ plan, planDigest, digest }: Commission, vertex: PlanVertex, paper: GathererPaper): Result<void> {
    const { node, incarnation, publicKey, evidence } = paper;
    const name = `${digest} ${vertex.id} ${node} ${incarnation} ${toHex(publicKey)}`;
    if (this.#verified.has(name)) return accept(undefined);
    const claim = { plan, planDigest, vertex, incarnation, node, publicKey, evidence };
    const verified = this.#ports.verifyEvidence(claim);
    if (!verified.ok) return verified;
    this.#verified.add(name);
    for (const oldest of this.#verified)
      if (this.#verified.size > limits.maxVerifiedGatherers) this.#verified.delete(oldest);
      else break;
    return verified;
  }
}
