// The deterministic discrete-event simulator: one virtual clock, one seed, any number of nodes that each run a machine.
// Same seed and same calls → same trace, event for event.
//
// INVARIANT 1: every random choice comes from the seed. Nothing here reads a clock, a global or an unordered collection.
// INVARIANT 2: a crashed node does nothing; what was set before the crash (wakes, injected events) never happens after it.
// INVARIANT 3: effects are performed in order; a crash planned inside a step performs a prefix of them and nothing more.
import { assert, type NodeId } from "../../core/base/index.ts";
import type { AreaEffect, Behaviour, CommonEffect, Invariant, NodeContext, Outcome } from "./behaviour.ts";
import type { LostWrite } from "./disk.ts";
import { EventQueue } from "./event-queue.ts";
import { type Any, type AnyEffect, Host } from "./host.ts";
import { calmLink, SimulatedNetwork } from "./network.ts";
import type { CrashOptions, RunLimits, SimulationCounts, SimulationOptions } from "./options.ts";
import { Random } from "./random.ts";
import { Trace } from "./trace.ts";

const defaultMaxEvents = 10_000_000;

type Pending<Message> =
  | { readonly kind: 0; readonly host: Host<Message>; readonly from: Host<Message>; readonly message: Any }
  | { readonly kind: 1; readonly host: Host<Message>; readonly tag: string; readonly setting: number }
  | { readonly kind: 2; readonly host: Host<Message>; readonly event: Any; readonly boots: number }
  | { readonly kind: 3; readonly action: () => void };

export class Simulation<Message> {
  readonly network: SimulatedNetwork;
  /** For the scenario's own choices (who crashes, when): a stream apart from links and nodes. */
  readonly random: Random;
  readonly trace: Trace;
  readonly counts: SimulationCounts = {
    events: 0,
    sent: 0,
    delivered: 0,
    dropped: 0,
    duplicated: 0,
    bytes: 0,
    refusals: new Map(),
  };
  /** Sees every message as it is sent, before loss. */
  onSend: ((from: NodeId, target: NodeId, message: Message) => void) | undefined;
  /** Hears of every write that a crash took back. */
  onLostWrite: ((node: NodeId, write: LostWrite) => void) | undefined;
  /** An adversary on the wire: returns what is really sent; null swallows it. */
  intercept: ((from: NodeId, target: NodeId, message: Message) => Message | null) | undefined;

  private readonly options: SimulationOptions<Message>;
  private readonly queue = new EventQueue<Pending<Message>>();
  private readonly hosts = new Map<NodeId, Host<Message>>();
  private readonly order: Host<Message>[] = [];
  private readonly invariants: { readonly name: string; readonly holds: Invariant }[] = [];
  private readonly seeds: Random;
  private readonly clock: () => number;
  private settings = 0;
  private violation: Outcome | null = null;
  private virtualMs = 0;

  constructor(options: SimulationOptions<Message>) {
    this.options = options;
    const root = new Random(options.seed);
    this.network = new SimulatedNetwork(options.link ?? calmLink, root.fork());
    this.random = root.fork();
    this.seeds = root.fork();
    this.trace = new Trace({ lines: options.traceLines ?? 0 });
    const epochMs = options.epochMs ?? 1_750_000_000_000;
    this.clock = () => epochMs + this.virtualMs;
  }

  /** Virtual milliseconds since the start of the simulation. */
  get nowMs(): number {
    return this.virtualMs;
  }

  /** Of all nodes, in the order in which they were added. */
  nodes(): NodeId[] {
    return this.order.map((host) => host.node);
  }

  /** Adds a node that starts after `startAfterMs`; `null`: only when `restart` is called. */
  addNode<State, Event, Effect extends { readonly type: string }>(
    node: NodeId,
    behaviour: Behaviour<State, Event, Effect, Message>,
    startAfterMs: number | null = 0,
  ): void {
    assert(!this.hosts.has(node), `node ${node} twice`);
    // The host only ever gives a behaviour what that behaviour itself produced: its state, its events, its effects.
    const erased = behaviour as unknown as Behaviour<Any, Any, AnyEffect, Message>;
    const host = new Host<Message>(node, this.order.length, this.seeds.fork(), erased, this.clock);
    this.hosts.set(node, host);
    this.order.push(host);
    if (startAfterMs !== null) this.after(startAfterMs, () => this.restart(node));
  }

  context(node: NodeId): NodeContext {
    return this.host(node);
  }

  /** The machine's state; undefined while the node is down. The caller knows its type. */
  state<State>(node: NodeId): State | undefined {
    const host = this.host(node);
    return host.up ? (host.state as State) : undefined;
  }

  isUp(node: NodeId): boolean {
    return this.host(node).up;
  }

  setClockSkew(node: NodeId, skewMs: number): void {
    this.host(node).skewMs = skewMs;
  }

  /** Adds to what must hold after every step. A failure ends the run as "violated". */
  invariant(name: string, holds: Invariant): void {
    this.invariants.push({ name, holds });
  }

  /** Runs scenario code at that virtual time. */
  after(delayMs: number, action: () => void): void {
    this.queue.push(this.virtualMs + delayMs, { kind: 3, action });
  }

  /** Gives a node an event from outside (a person, a connection). Lost when the node is down or restarts before. */
  inject<Event>(node: NodeId, event: Event, delayMs = 0): void {
    const host = this.host(node);
    if (host.up) this.queue.push(this.virtualMs + delayMs, { kind: 2, host, event, boots: host.boots });
  }

  /** Sends in a node's name past its machine: what a liar does. */
  send(from: NodeId, target: NodeId, message: Message): void {
    this.transmit(this.host(from), target, message);
  }

  crash(node: NodeId, options: CrashOptions = {}): void {
    this.crashHost(this.host(node), options);
  }

  /** The node's next step that has effects performs only that many of them, and then the node is down. */
  crashDuringNextStep(node: NodeId, afterEffects: number, options: CrashOptions = {}): void {
    const host = this.host(node);
    host.crashAfterEffects = afterEffects;
    host.crashOptions = options;
  }

  /** Starts a node that is down: its behaviour boots from the disk. Nothing happens to one that is up. */
  restart(node: NodeId): void {
    const host = this.host(node);
    if (host.up) return;
    host.up = true;
    host.boots++;
    this.note(4, host, 0, "boot");
    this.guarded(host, () => {
      const booted = host.behaviour.boot(host);
      host.state = booted.state;
      this.performAll(host, booted.effects);
    });
  }

  partition(sets: readonly (readonly NodeId[])[]): void {
    this.network.partition(sets.map((set) => set.map((node) => this.host(node).index)));
  }

  heal(): void {
    this.network.heal();
  }

  /** Runs until something ends it. May be called again to go on. */
  run(limits: RunLimits = {}): Outcome {
    const untilMs = limits.forMs === undefined ? Number.POSITIVE_INFINITY : this.virtualMs + limits.forMs;
    const maxEvents = limits.maxEvents ?? defaultMaxEvents;
    for (let events = 0; ; events++) {
      if (this.violation !== null) return this.violation;
      if (limits.until?.() === true) return { at: "reached" };
      const nextMs = this.queue.nextMs;
      if (nextMs > untilMs) {
        this.virtualMs = untilMs;
        return { at: "time-limit" };
      }
      if (events >= maxEvents && this.queue.size > 0) return { at: "event-limit" };
      const pending = this.queue.pop();
      if (pending === undefined) return { at: "quiet" };
      this.virtualMs = nextMs;
      this.counts.events++;
      this.happen(pending);
    }
  }

  private host(node: NodeId): Host<Message> {
    const host = this.hosts.get(node);
    assert(host !== undefined, `no such node in the simulation: ${node}`);
    return host;
  }

  private happen(pending: Pending<Message>): void {
    switch (pending.kind) {
      case 0:
        this.deliver(pending.host, pending.from, pending.message);
        return;
      case 1: {
        const { host, tag, setting } = pending;
        if (!host.up || host.wakes.get(tag) !== setting) return; // replaced, cancelled, or of an earlier life
        host.wakes.delete(tag);
        this.note(1, host, setting, tag);
        this.guarded(host, () => this.take(host, host.behaviour.woken(tag, host)));
        return;
      }
      case 2:
        if (!pending.host.up || pending.host.boots !== pending.boots) return;
        this.note(2, pending.host, 0, "event");
        this.guarded(pending.host, () => this.take(pending.host, pending.event));
        return;
      case 3:
        this.guarded(null, pending.action);
    }
  }

  private deliver(host: Host<Message>, from: Host<Message>, wired: Any): void {
    if (!host.up || !this.network.reachable(from.index, host.index)) {
      this.counts.dropped++;
      return;
    }
    this.counts.delivered++;
    this.note(0, host, from.index, "message");
    this.guarded(host, () => {
      let message = wired as Message;
      if (this.options.wire !== undefined) {
        const decoded = this.options.wire.decode(wired as Uint8Array);
        assert(decoded.ok, `a node sent what its own decoder refuses: ${decoded.ok ? "" : decoded.detail}`);
        message = decoded.value;
      }
      this.take(host, host.behaviour.received(from.node, message, host));
    });
  }

  /** One step of one machine, with its effects. */
  private take(host: Host<Message>, event: Any): void {
    const step = host.behaviour.step(host.state, event, host);
    host.state = step.state;
    if (step.refusal !== undefined) {
      const code = step.refusal.code;
      this.counts.refusals.set(code, (this.counts.refusals.get(code) ?? 0) + 1);
      this.trace.string(code);
      if (this.trace.text) this.trace.line(`  refused ${code} ${step.refusal.detail ?? ""}`);
      host.behaviour.refused?.(step.refusal, event, host);
    }
    this.performAll(host, step.effects);
  }

  private performAll(host: Host<Message>, effects: readonly AnyEffect[]): void {
    for (let i = 0; i < effects.length; i++) {
      if (host.crashAfterEffects === i) {
        this.crashHost(host, host.crashOptions);
        return;
      }
      this.perform(host, effects[i]!);
      if (!host.up) return;
    }
    if (effects.length > 0 && host.crashAfterEffects >= 0) this.crashHost(host, host.crashOptions);
  }

  private perform(host: Host<Message>, effect: AnyEffect): void {
    const common = effect as CommonEffect<Message>;
    switch (common.type) {
      case "send":
        host.disk.relyOn();
        this.transmit(host, common.to, common.message);
        return;
      case "wake": {
        const setting = ++this.settings;
        host.wakes.set(common.tag, setting);
        this.queue.push(this.virtualMs + common.afterMs, { kind: 1, host, tag: common.tag, setting });
        return;
      }
      case "cancel-wake":
        host.wakes.delete(common.tag);
        return;
      case "persist":
        host.disk.write(common.key, common.value);
        if (this.trace.text) this.trace.line(`  persist ${common.key} ${common.value?.length ?? "removed"}`);
        return;
      default:
        host.disk.relyOn();
        this.trace.string((effect as AnyEffect).type);
        if (this.trace.text) this.trace.line(`  ${(effect as AnyEffect).type}`);
        host.behaviour.perform?.(effect as AreaEffect<AnyEffect, Message>, host);
    }
  }

  private transmit(from: Host<Message>, to: NodeId, original: Message): void {
    const message = this.intercept === undefined ? original : this.intercept(from.node, to, original);
    if (message === null) return;
    this.counts.sent++;
    this.onSend?.(from.node, to, message);
    const wired = this.options.wire === undefined ? message : this.options.wire.encode(message);
    this.counts.bytes += wired instanceof Uint8Array ? wired.length : (this.options.sizeOf?.(message) ?? 0);
    const target = this.hosts.get(to);
    if (this.options.describe !== undefined) {
      const text = this.options.describe(message);
      this.trace.string(text);
      if (this.trace.text) this.trace.line(`  send to ${target?.index ?? to}: ${text}`);
    } else this.trace.number(target?.index ?? -1);
    const cut = target === undefined || !this.network.reachable(from.index, target.index);
    const copies = cut ? 0 : this.network.copies(from.index, target.index);
    if (copies === 0 || target === undefined) this.counts.dropped++;
    else {
      this.counts.duplicated += copies - 1;
      for (let copy = 0; copy < copies; copy++) {
        const arrivalMs = this.network.arrivalMs(from.index, target.index, this.virtualMs);
        this.queue.push(arrivalMs, { kind: 0, host: target, from, message: wired });
      }
    }
  }

  private crashHost(host: Host<Message>, { loseLastWrites = 0, losePending = false }: CrashOptions): void {
    host.crashAfterEffects = -1;
    host.crashOptions = {};
    if (!host.up) return;
    host.up = false;
    host.state = undefined;
    host.wakes = new Map();
    const lost = host.disk.loseLastWrites(Math.max(loseLastWrites, losePending ? host.disk.pending : 0));
    this.note(5, host, lost.length, "crash");
    for (const write of lost) this.onLostWrite?.(host.node, write);
  }

  private note(kind: number, host: Host<Message>, detail: number, text: string): void {
    this.trace.number(Math.floor(this.virtualMs * 1000));
    this.trace.number(kind * 65_536 + host.index);
    this.trace.number(detail);
    if (this.trace.text) this.trace.line(`${this.virtualMs.toFixed(3)} node ${host.index} ${text} ${detail}`);
  }

  /** Runs our own code, turns what it throws into an outcome, and checks what must hold. */
  private guarded(host: Host<Message> | null, action: () => void): void {
    try {
      action();
      for (const { name, holds } of this.invariants) {
        const detail = holds(this.virtualMs);
        if (detail !== undefined) this.violation ??= { at: "violated", invariant: name, detail };
      }
    } catch (error) {
      this.violation ??= { at: "threw", node: host?.node ?? null, error };
    }
  }
}
