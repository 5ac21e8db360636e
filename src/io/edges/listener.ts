// One listener per node for all of its cells' inputs: TCP, and streams that the overlay hands over. A connection is
// nobody's until its handshake named a link that a cell here waits for; garbage is dropped, bounded and timed.
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { LinkName } from "../../core/cell/index.ts";
import { type ExpectedLink, listenHandshake } from "./handshake.ts";
import { limits } from "./limits.ts";

export interface EdgeListenerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What others dial, when it is not where the listener is bound (behind a port mapping). */
  readonly advertise?: readonly string[] | undefined;
  /** Hosts under which the bound port is dialled, when it is bound to all of them. */
  readonly advertiseHosts?: readonly string[] | undefined;
}

function nameOf(link: LinkName): string {
  return `${link.query} ${link.edge} ${link.from} ${link.to}`;
}

export class EdgeListener {
  readonly #server: Server;
  readonly #advertise: readonly string[] | undefined;
  readonly #advertiseHosts: readonly string[] | undefined;
  readonly #links = new Map<string, ExpectedLink>();
  readonly #sockets = new Set<Duplex>();
  /** Each way in has its own: a stranger who dials TCP must not shut out the members that come over the overlay. */
  readonly #unproven = { dialled: 0, relayed: 0 };
  /** Connections that were dropped before they proved anything. */
  dropped = 0;

  static async open(options: EdgeListenerOptions): Promise<EdgeListener> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, options.host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return new EdgeListener(server, options);
  }

  private constructor(server: Server, options: EdgeListenerOptions) {
    this.#server = server;
    this.#advertise = options.advertise;
    this.#advertiseHosts = options.advertiseHosts;
    server.on("connection", (socket: Socket) => this.#take(socket, "dialled"));
    server.on("error", () => {}); // accepting failed (too many files): the dialler tries again
  }

  /** What the cells before are told to dial: `host:port`. */
  get addresses(): string[] {
    if (this.#advertise !== undefined) return [...this.#advertise];
    const address = this.#server.address();
    if (address === null || typeof address === "string") return [];
    if (this.#advertiseHosts !== undefined) return this.#advertiseHosts.map((name) => `${name}:${address.port}`);
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return [`${host}:${address.port}`];
  }

  /** A cell waits for this link. Call the result to wait no more. */
  expect(link: LinkName, expected: ExpectedLink): () => void {
    const name = nameOf(link);
    this.#links.set(name, expected);
    return () => {
      if (this.#links.get(name) === expected) this.#links.delete(name);
    };
  }

  /** A stream that the overlay hands over: a member of the network opened it. */
  accept(stream: Duplex): void {
    this.#take(stream, "relayed");
  }

  #take(stream: Duplex, way: "dialled" | "relayed"): void {
    this.#sockets.add(stream);
    stream.once("close", () => this.#sockets.delete(stream));
    stream.on("error", () => {});
    if (this.#unproven[way] >= limits.maxUnprovenConnections) {
      this.dropped++;
      stream.destroy();
      return;
    }
    this.#unproven[way]++;
    listenHandshake(stream, (link) => this.#links.get(nameOf(link))).then((result) => {
      this.#unproven[way]--;
      if (!result.ok) this.dropped++;
    });
  }

  async close(): Promise<void> {
    this.#links.clear();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
