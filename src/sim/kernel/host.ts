// One simulated node inside the kernel: its machine's state, its clock, its wakes and its disk.
import type { NodeId } from "../../core/base/index.ts";
import type { Behaviour, NodeContext } from "./behaviour.ts";
import { SimulatedDisk } from "./disk.ts";
import type { CrashOptions } from "./options.ts";
import type { Random } from "./random.ts";

// One simulation holds machines of several types; what a host keeps is of the type its own behaviour made.
export type Any = unknown;
export type AnyEffect = { readonly type: string };

export class Host<Message> implements NodeContext {
  state: Any = undefined;
  up = false;
  boots = 0;
  skewMs = 0;
  crashAfterEffects = -1;
  crashOptions: CrashOptions = {};
  wakes = new Map<string, number>();
  readonly disk = new SimulatedDisk();
  readonly node: NodeId;
  readonly index: number;
  readonly random: Random;
  readonly behaviour: Behaviour<Any, Any, AnyEffect, Message>;
  private readonly clock: () => number;

  constructor(
    node: NodeId,
    index: number,
    random: Random,
    behaviour: Behaviour<Any, Any, AnyEffect, Message>,
    clock: () => number,
  ) {
    this.node = node;
    this.index = index;
    this.random = random;
    this.behaviour = behaviour;
    this.clock = clock;
  }

  get nowMs(): number {
    return Math.floor(this.clock()) + this.skewMs;
  }
}
