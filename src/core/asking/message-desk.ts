// Where `find` gets the message of its question: at the node of the analyst who sends it, which tells it to nobody else.
import { accept, type NodeId, type QueryId, type Result, refuse } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { peopleCells } from "../terms/index.ts";
import { limits } from "./limits.ts";
import type { AskMessageOf, MessageOpening } from "./messages.ts";
import { Quota } from "./quota.ts";

/** A question of this node's that is under way, and what it brings. */
export interface Bringing {
  readonly plan: Plan;
  readonly message: MessageOpening;
}

export class MessageDesk {
  readonly #bringing: (query: QueryId) => Bringing | undefined;
  readonly #asks = new Quota(limits.messageAsksPerWindow);

  constructor(bringing: (query: QueryId) => Bringing | undefined) {
    this.#bringing = bringing;
  }

  tell(from: NodeId, { query, number }: AskMessageOf<"message-ask">, nowMs: number): Result<AskMessageOf<"message">> {
    const heard = this.#asks.check(from, nowMs);
    if (!heard.ok) return heard;
    this.#asks.count(from, nowMs);
    const found = this.#bringing(query);
    if (found === undefined) return refuse("ask-no-message", { blame: from });
    const find = found.plan.vertices.find(({ id }) => id === peopleCells.find);
    if (find?.node !== from) return refuse("ask-not-finder", { blame: from });
    return accept({ type: "message", number, message: found.message });
  }
}
