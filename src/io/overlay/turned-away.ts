// Who turned us away because our own certificate is revoked will say the same again: it is asked ever more seldom.
import type { Refusal } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

export class TurnedAway {
  readonly #from = new Map<string, { readonly refusal: Refusal; readonly untilMs: number; readonly times: number }>();

  /** The answer that still holds; null: ask (again). */
  standing(peer: string, nowMs: number): Refusal | null {
    const entry = this.#from.get(peer);
    return entry !== undefined && nowMs < entry.untilMs ? entry.refusal : null;
  }

  note(peer: string, refusal: Refusal, nowMs: number): void {
    const times = (this.#from.get(peer)?.times ?? 0) + 1;
    const pauseMs = Math.min(limits.turnedAwayMaxMs, limits.turnedAwayFirstMs * 2 ** (times - 1));
    this.#from.delete(peer);
    if (this.#from.size >= limits.maxConnections) this.#from.delete(this.#from.keys().next().value!);
    this.#from.set(peer, { refusal, untilMs: nowMs + pauseMs, times });
  }

  forget(peer: string): void {
    this.#from.delete(peer);
  }
}
