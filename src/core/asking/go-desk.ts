// Where `find` gets leave to call people, and the message of its question if there is one: at the node of the analyst who asks, which gives it
// to nobody else.
//
// INVARIANT 1: that people are called is on the analyst's disk before anybody is. Where it is not, nobody was, and nobody has paid.
import { accept, type NodeId, type QueryId, type Result, refuse } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { peopleCells } from "../terms/index.ts";
import { limits } from "./limits.ts";
import type { AskMessageOf, MessageOpening } from "./messages.ts";
import { Quota } from "./quota.ts";

/** A question of this node's that is under way, and what it brings. */
export interface Going {
  readonly plan: Plan;
  readonly message: MessageOpening | null;
}

export interface GoDeskPorts {
  /** undefined: nobody is to be called for it, or not any more. */
  going(query: QueryId): Going | undefined;
  /** Writes down, before it returns, that people are called from now on. */
  called(query: QueryId): void;
}

export class GoDesk {
  readonly #ports: GoDeskPorts;
  readonly #asks = new Quota(limits.goAsksPerWindow);

  constructor(ports: GoDeskPorts) {
    this.#ports = ports;
  }

  tell(from: NodeId, { query, number }: AskMessageOf<"go-ask">, nowMs: number): Result<AskMessageOf<"go">> {
    const heard = this.#asks.check(from, nowMs);
    if (!heard.ok) return heard;
    this.#asks.count(from, nowMs);
    const found = this.#ports.going(query);
    if (found === undefined) return refuse("ask-no-go", { blame: from });
    const find = found.plan.vertices.find(({ id }) => id === peopleCells.find);
    if (find?.node !== from) return refuse("ask-not-finder", { blame: from });
    this.#ports.called(query);
    return accept({ type: "go", number, ...(found.message === null ? {} : { message: found.message }) });
  }
}
