// Messages that questions bring, as the simulated analyst's node keeps them until the finder asks.
import { commitmentTo, type Going, type MessageOpening, saltBytes } from "../../core/asking/index.ts";
import type { Hasher, QueryId } from "../../core/base/index.ts";
import type { Asked, Plan } from "../../core/model/index.ts";
import type { Random } from "../kernel/index.ts";

export class KeptMessages {
  readonly #messages = new Map<string, MessageOpening>();

  /** Each time under another salt. */
  commit(text: string, hasher: Hasher, random: Random): Pick<Asked, "message"> {
    const message = { salt: random.bytes(saltBytes), text };
    const commitment = commitmentTo(hasher, message);
    this.#messages.set(commitment, message);
    return { message: commitment };
  }

  /** `plan`: the one that is carried out. */
  of(query: QueryId, plan: Plan | undefined): Going | undefined {
    const message = this.#messages.get(plan?.asked?.message ?? "") ?? null;
    return plan?.id !== query ? undefined : { plan, message };
  }
}
