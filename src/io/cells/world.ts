// For tests: a query over several cell hosts in one process, with collected sinks and a wire that can be tampered with.
import { connect, createServer, type Server, type Socket } from "node:net";
import { assert, type NodeId, publicKeyOfNodeId, type VertexId } from "../../core/base/index.ts";
import { auditQuery, frameHeaderBytes, type LeafLookup, type QueryAudit } from "../../core/cell/index.ts";
import { type BuiltinOperator, catalogue, type OperatorPorts } from "../../operators/index.ts";
import { generateNodeKey, type NodeKey, nodeCrypto } from "../identity/index.ts";
import type { CellEvent, CellHost, CellHostOptions } from "./contract.ts";
import { type Placed, place, planOf, type VertexWords, wiringOf } from "./harness.ts";
import { createCellHost } from "./host.ts";

export interface WorldOptions {
  readonly operators?: readonly BuiltinOperator[];
  readonly host?: Partial<CellHostOptions>;
}

export class CellWorld {
  readonly keys: NodeKey[];
  readonly hosts: CellHost[] = [];
  readonly events: CellEvent[] = [];
  readonly lines: string[] = [];
  readonly placed = new Map<string, Placed>();
  readonly hostOf = new Map<string, CellHost>();
  readonly operators: ReadonlyMap<string, BuiltinOperator>;
  readonly #crypto = nodeCrypto;
  readonly #options: WorldOptions;
  readonly #watchers = new Set<() => void>();
  readonly #closing: (() => Promise<void>)[] = [];
  planned!: ReturnType<typeof planOf>;

  constructor(nodes: number, options: WorldOptions = {}) {
    this.keys = Array.from({ length: nodes }, generateNodeKey);
    this.operators = new Map([...catalogue(), ...(options.operators ?? []).map((one) => [one.name, one] as const)]);
    this.#options = options;
  }

  async open(
    words: readonly (Omit<VertexWords, "node" | "spares"> & { on: number; spares?: number[] })[],
  ): Promise<void> {
    const ports: OperatorPorts = {
      feed: async (name) => ({ ok: false, code: "operator-equipment", blame: name }),
      outlet: async (name) => ({ ok: false, code: "operator-equipment", blame: name }),
      print: (line) => {
        this.lines.push(line);
        this.#changed();
      },
      keep: async () => {},
      kept: () => [],
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const early = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", early);
            resolve();
          };
          const timer = setTimeout(early, ms);
          signal.addEventListener("abort", early, { once: true });
        }),
      keyOf: ({ path, origin }) => `${path}.${origin}`,
      nowMicros: () => 0n,
    };
    for (const key of this.keys) {
      const host = await createCellHost({
        node: key.node,
        signer: key,
        assurance: "software",
        listener: { host: "127.0.0.1", port: 0 },
        operators: this.operators,
        ports: () => ports,
        ...this.#options.host,
      });
      host.onEvent((event) => {
        this.events.push(event);
        this.#changed();
      });
      this.hosts.push(host);
    }
    const vertices = words.map(({ on, spares, ...word }) => ({
      ...word,
      node: this.nodeOf(on),
      spares: (spares ?? []).map((i) => this.nodeOf(i)),
    }));
    this.planned = planOf(vertices, this.operators);
    for (const { id, on } of words) await this.place(id, on);
  }

  nodeOf(index: number): NodeId {
    return this.keys[index]!.node;
  }

  async place(id: string, on: number, incarnation = 0): Promise<void> {
    const host = this.hosts[on]!;
    this.hostOf.set(id, host);
    this.placed.set(id, await place(host, this.planned, id, this.nodeOf(on), incarnation));
  }

  wiring(id: string) {
    return wiringOf(this.planned.plan, id, this.placed);
  }

  /** Starts from the sinks, then releases the sources. */
  async run(): Promise<void> {
    const { plan } = this.planned;
    for (const { id } of [...plan.vertices].reverse()) {
      const started = await this.hostOf.get(id)!.start(plan.id, id, this.wiring(id));
      assert(started.ok, `${id}: ${JSON.stringify(started)}`);
    }
    for (const { id } of plan.vertices) this.hostOf.get(id)!.release(plan.id, id);
  }

  /** A node disappears with its cells; the vertex goes to another. */
  async replace(id: string, on: number): Promise<void> {
    const { plan } = this.planned;
    const before = this.placed.get(id)!;
    await this.hostOf.get(id)!.discard(plan.id, id as VertexId, before.incarnation);
    await this.place(id, on, before.incarnation + 1);
    const own = plan.vertices.find((one) => one.id === id)!;
    const rewire = async (vertex: VertexId) => {
      const rewired = await this.hostOf.get(vertex)!.rewire(plan.id, vertex, this.wiring(vertex));
      assert(rewired.ok || rewired.code === "unknown-cell", JSON.stringify(rewired)); // a neighbour may be dead too
    };
    for (const vertex of plan.vertices) if (vertex.inputs.includes(own.id)) await rewire(vertex.id);
    const started = await this.hostOf.get(id)!.start(plan.id, own.id, this.wiring(id));
    assert(started.ok, JSON.stringify(started));
    for (const from of own.inputs) await rewire(from);
  }

  /** Resolves as soon as it holds; never by the clock. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watch = () => {
        if (!condition()) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  ended(id: string): Promise<void> {
    return this.until(() => this.events.some((event) => event.vertex === id && event.type === "drained"));
  }

  values(): number[] {
    return this.lines.map(Number);
  }

  codes(type: CellEvent["type"]): string[] {
    return this.events.flatMap((event) => (event.type === type && "code" in event ? [event.code] : []));
  }

  audit(): QueryAudit {
    const { plan, planDigest } = this.planned;
    const envelopes = this.hosts.flatMap((host) => [...host.receipts(plan.id)]);
    const leaves: LeafLookup = ({ vertex, incarnation, edge, peer, chunk }) => {
      for (const host of this.hosts) {
        const found = host.leaves(plan.id, vertex, incarnation, edge, peer, chunk);
        if (found.length > 0) return found;
      }
      return null;
    };
    const publicKeyOf = (node: NodeId) => publicKeyOfNodeId(node);
    return auditQuery(plan, planDigest, envelopes, { crypto: this.#crypto, publicKeyOf }, leaves);
  }

  /** Puts a wire in front of a vertex: whoever is wired to it from now on goes through it. */
  async intercept(id: string, wire: Wire): Promise<void> {
    const real = this.placed.get(id)!;
    this.placed.set(id, { ...real, edgeAddresses: [await wire.open(real.edgeAddresses[0]!)] });
    this.#closing.push(() => wire.close());
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
    for (const close of this.#closing) await close();
  }

  #changed(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}

/** Between two nodes: passes the handshake, then each frame of the dialler through `mangle`. */
export class Wire {
  /** Gets the frame's number among all that passed this wire; returns what goes on instead. */
  mangle: (frame: Buffer, number: number) => Buffer[] = (frame) => [frame];
  readonly recorded: Buffer[] = [];
  connections = 0;
  #frames = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  async open(target: string): Promise<string> {
    const [host, port] = target.split(":");
    const server = createServer((near) => {
      this.connections++;
      const far = connect(Number(port), host!);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      far.pipe(near);
      this.#forward(near, far);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert(address !== null && typeof address === "object", "listening");
    return `127.0.0.1:${address.port}`;
  }

  #forward(near: Socket, far: Socket): void {
    let held = Buffer.alloc(0);
    let stage: "hello" | "confirm" | "frames" = "hello";
    near.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (;;) {
        const need =
          stage === "confirm"
            ? 32
            : stage === "hello"
              ? held.length < 2
                ? 2
                : 2 + held.readUInt16LE(0) + 32
              : held.length < frameHeaderBytes
                ? frameHeaderBytes
                : frameHeaderBytes + held.readUInt32LE(0);
        if (held.length < need || need === 2) return;
        const piece = Buffer.from(held.subarray(0, need));
        held = held.subarray(need);
        this.recorded.push(piece);
        if (stage === "frames") for (const frame of this.mangle(piece, this.#frames++)) far.write(frame);
        else far.write(piece);
        stage = stage === "hello" ? "confirm" : "frames";
      }
    });
  }

  /** Cuts every connection that stands. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => (this.#server === null ? resolve() : this.#server.close(() => resolve())));
  }
}
