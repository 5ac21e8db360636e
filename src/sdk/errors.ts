// What a client may throw. Each says what happened and what to do next; nothing else comes out of a call.

/** No daemon answers at this place. */
export class NodeNotRunning extends Error {
  override name = "NodeNotRunning";
  /** The socket or address that was tried. */
  readonly place: string;
  /** null: it was named by its address. */
  readonly folder: string | null;
  readonly next: string;

  constructor(place: string, folder: string | null, options?: { cause?: unknown }) {
    const next =
      folder === null
        ? "Start the node, or check the address."
        : `Start it with: hedgerow node start ${folder}   (or try a local network: hedgerow up)`;
    super(`No node is running at ${place}. ${next}`, options);
    this.place = place;
    this.folder = folder;
    this.next = next;
  }
}

/** The node answered, and said no. `code` is one of the table of refusals (core/base/refusals.ts). */
export class ApiRefusal extends Error {
  override name = "ApiRefusal";
  readonly code: string;
  readonly blame: string | undefined;
  readonly detail: string | undefined;
  readonly sentence: string;

  constructor(refusal: { code: string; blame?: string | undefined; detail?: string | undefined; sentence: string }) {
    super(refusal.detail === undefined ? refusal.sentence : `${refusal.sentence} (${refusal.detail})`);
    this.code = refusal.code;
    this.blame = refusal.blame;
    this.detail = refusal.detail;
    this.sentence = refusal.sentence;
  }
}

/** The connection broke in the middle: the node went down, or did not answer in time. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
  constructor(what: string, options?: { cause?: unknown }) {
    super(`${what} Ask again; if that fails, see whether the node still runs: hedgerow node status`, options);
  }
}
