// One admitted and connected peer: its facts, its connections (normally one), and our control channel to it.
//
// Two nodes may dial each other at once. INVARIANT 2: only the side that dialled a connection closes it as a duplicate,
// and of two connections dialled by different sides the one dialled by the smaller node id stays; so both sides decide
// alike and never close both.
import type { Connection, Stream } from "@libp2p/interface";
import type { NodeId, Refusal } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { ControlChannel } from "./control-channel.ts";

export const controlProtocol = "/hedgerow/control/1.0.0";

export class Peer {
  facts: MemberFacts;
  readonly channel: ControlChannel;
  readonly #self: NodeId;
  /** Oldest first. */
  readonly #connections: Connection[] = [];

  constructor(self: NodeId, facts: MemberFacts) {
    this.#self = self;
    this.facts = facts;
    this.channel = new ControlChannel(() => this.openStream(controlProtocol));
  }

  get connections(): readonly Connection[] {
    return this.#connections;
  }

  add(connection: Connection): void {
    const before = this.best();
    this.#connections.push(connection);
    // The peer dialled again although we still hold its earlier connection: that one is probably dead.
    if (before?.direction === "inbound" && connection.direction === "inbound") this.channel.renew();
  }

  remove(connection: Connection): void {
    const at = this.#connections.indexOf(connection);
    if (at >= 0) this.#connections.splice(at, 1);
  }

  /** The connection that new streams use. */
  best(without?: ReadonlySet<Connection>): Connection | undefined {
    const open = this.#connections.filter(({ status }) => status === "open").filter((one) => !without?.has(one));
    const kept = this.#self < this.facts.node ? "outbound" : "inbound";
    return open.findLast((connection) => connection.direction === kept) ?? open.at(-1);
  }

  /** The connections that we dialled and that are one too many. */
  duplicates(): Connection[] {
    const best = this.best();
    return this.#connections.filter((connection) => connection.direction === "outbound" && connection !== best);
  }

  /** While connections change, one may end under us: then another that is left is tried, each once. */
  async openStream(protocol: string, options: { maxOutboundStreams?: number } = {}): Promise<Stream> {
    const tried = new Set<Connection>();
    let failure: unknown = new Error("no open connection");
    for (let next = this.best(); next !== undefined; next = this.best(tried)) {
      tried.add(next);
      try {
        return await next.newStream(protocol, options);
      } catch (cause) {
        failure = cause;
      }
    }
    throw failure;
  }

  abort(refusal: Refusal): void {
    this.channel.close(refusal);
    for (const connection of [...this.#connections]) connection.abort(new Error(refusal.code));
  }
}
