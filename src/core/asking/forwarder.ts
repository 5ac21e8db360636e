// A forwarder (SEP2P §5.3, proxy forwarder): opens its layer and passes on what is in it, after a while of its own choosing, so that
// the order in which messages leave does not tell the order in which they came.
//
// INVARIANT 1: it passes on `forward`, `publish` and `deliver`, which nobody believes because of who sends them. A look-up or a call
//   would be taken for its own.
// INVARIANT 2: what it holds is bounded, and what one sender may have it hold is bounded more.
// INVARIANT 3: what it passes on from one sender to one node is a small part of what that node hears of it.
// INVARIANT 4: nobody is blamed for what is in a layer: who brings it may be the forwarder before, who could not look.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import { limits } from "./limits.ts";
import { type AskMessage, decodeAsk, decodeLayer, fromSeal } from "./messages.ts";
import { PassingQuota, type Peers } from "./passing-quota.ts";
import { Quota } from "./quota.ts";
import { nothing, type Opener, uses } from "./sealing.ts";

export interface Passing {
  readonly to: NodeId;
  readonly message: AskMessage;
  readonly afterMs: number;
}

export class Forwarder {
  readonly #opener: Opener;
  readonly #coins: Coins;
  readonly #quota = new Quota(limits.forwardsPerWindow);
  readonly #passed: PassingQuota;
  /** When what is held will have left, and its size. */
  #held: { readonly dueMs: number; readonly bytes: number }[] = [];
  #heldBytes = 0;

  constructor(opener: Opener, coins: Coins, peers: Peers) {
    this.#opener = opener;
    this.#coins = coins;
    this.#passed = new PassingQuota(peers);
  }

  /** What to pass on, and when; the driver does it. */
  take(from: NodeId, sealed: Uint8Array, nowMs: number): Result<Passing> {
    const heard = this.#quota.check(from, nowMs);
    if (!heard.ok) return heard;
    this.#quota.count(from, nowMs);
    this.#forgetLeft(nowMs);
    if (this.#held.length >= limits.maxHeld || this.#heldBytes + sealed.length > limits.maxHeldBytes)
      return refuse("ask-busy", { detail: `${this.#held.length} messages are held` });
    const opened = this.#opener.open(uses.layer, nothing, sealed);
    if (!opened.ok) return opened;
    const layer = decodeLayer(opened.value);
    if (!layer.ok) return layer;
    const message = fromSeal(decodeAsk(layer.value.body));
    if (!message.ok) return message;
    const { type } = message.value;
    if (type !== "forward" && type !== "publish" && type !== "deliver")
      return refuse("ask-not-forwarded", { detail: type });
    const passed = this.#passed.take(from, layer.value.to, message.value, nowMs);
    if (!passed.ok) return passed;
    const afterMs = this.#coins.below(limits.maxForwardDelayMs);
    this.#held.push({ dueMs: nowMs + afterMs, bytes: sealed.length });
    this.#heldBytes += sealed.length;
    return accept({ to: layer.value.to, message: message.value, afterMs });
  }

  #forgetLeft(nowMs: number): void {
    if (this.#held.length < limits.maxHeld / 2 && this.#heldBytes < limits.maxHeldBytes / 2) return;
    this.#held = this.#held.filter(({ dueMs }) => dueMs > nowMs);
    this.#heldBytes = this.#held.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
