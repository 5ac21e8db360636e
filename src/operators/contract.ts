// What a running operator is. Planning knows descriptors (core/model/operator.ts); a cell starts one of these.
//
// INVARIANT 1: transforms know no clock, no randomness and no I/O: the same batches in the same order give the same
//   batches out, so a receipt can be checked by running the operator again. Two keep the form and not this rule: `people-gather`
//   and `people-total` open what was sealed for their cell and draw noise, so running them again gives another answer.
// INVARIANT 2: sources and sinks reach the world through ports only, and name the node's equipment, never a path or URL.
import type { Refusal, Result } from "../core/base/index.ts";
import type { OperatorDescriptor, Params, RecordShape, Signature } from "../core/model/index.ts";

/** One input batch gives at most one output batch; null when nothing is to be sent. Throws OperatorFault. */
export interface RunningTransform {
  process(input: number, batch: Uint8Array): Uint8Array | null;
  /** All inputs ended: what is still held, as batches. */
  end(): Uint8Array[];
  /** It is over, however it ended: what it holds beyond itself is let go. */
  close?(): void;
}

/** A transform in a sandbox: the same, from outside. Calls are answered in order; after a refusal it is dead. */
export interface AsyncTransform {
  process(input: number, batch: Uint8Array): Promise<Result<Uint8Array | null>>;
  end(): Promise<Result<Uint8Array[]>>;
  close(): Promise<void>;
}

export interface RunningSource {
  /** null = exhausted. Rejects with OperatorFault. */
  next(): Promise<Uint8Array | null>;
  /** Ends a `next` that waits. */
  close(): Promise<void>;
}

/** Which batch it is: on each path origins grow, and a repeated batch has the position it had (core/cell/origin.ts). */
export interface Position {
  readonly path: number;
  readonly origin: number;
}

export interface RunningSink {
  /** Per path the last batch that is durable already, by an earlier cell of the vertex here: up to it all are dropped. */
  readonly written?: readonly Position[];
  /** Done = durable: only then is the batch acknowledged upstream. Rejects with OperatorFault. */
  write(batch: Uint8Array, position: Position): void | Promise<void>;
  end(): Promise<void>;
  close(): Promise<void>;
}

export type Running =
  | { readonly kind: "transform"; readonly transform: RunningTransform }
  | { readonly kind: "source"; readonly source: RunningSource }
  | { readonly kind: "sink"; readonly sink: RunningSink };

/** What the data made impossible: a refusal thrown out of a running operator. It stops the cell, with this code. */
export class OperatorFault extends Error {
  override name = "OperatorFault";
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.detail ?? refusal.code, options);
    this.refusal = refusal;
  }
}

export const fileFormats = ["csv", "ndjson"] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A sensor of the node that is read as a file: its owner configured where it is and how it is written. */
export interface Feed {
  readonly format: FileFormat;
  /** Somebody writes to it now and then: what there is shall not wait for what may come. */
  readonly isLive?: boolean;
  /** Bytes in order, from the beginning. Ends when the feed does; rejects when it is closed before. */
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface PostHeaders {
  readonly "content-type": string;
  readonly "idempotency-key": string;
}

/** An outlet of the node: a file to append to, or an HTTP endpoint to post to. */
export type Outlet =
  | {
      readonly kind: "file";
      readonly format: FileFormat;
      /** True when nothing has been written to it yet. */
      readonly empty: boolean;
      /** Resolves when the bytes are on the disk. */
      append(bytes: Uint8Array): Promise<void>;
      close(): Promise<void>;
    }
  | {
      readonly kind: "http";
      /** Rejects when there was no answer. */
      post(body: Uint8Array, headers: PostHeaders, signal: AbortSignal): Promise<{ status: number }>;
      close(): Promise<void>;
    };

/** The work of the cells that ask people (docs/protocols/asking.md), bound to the cell that runs. */
export interface PeoplePorts {
  /** Batches of tags; exhausted when the time to answer is over or everybody has answered. */
  finder(): RunningSource;
  /** Takes batches of tags; its `end` gives the part, in pieces (core/terms). */
  gatherer(): RunningTransform;
  /** Takes pieces of parts, input i being gatherer i; its `end` gives the answer, in pieces. */
  totaller(): RunningTransform;
}

/** What the node lends to sources and sinks. Refuses `operator-equipment` for what it does not have. */
export interface OperatorPorts {
  feed(name: string): Promise<Result<Feed>>;
  outlet(name: string): Promise<Result<Outlet>>;
  /** One line for the person who watches this node. */
  print(line: string): void;
  /** Keeps a batch as the query's result, for the asker to read. Resolves when it is on the disk. */
  keep(batch: Uint8Array, position: Position): Promise<void>;
  /** Per path the last batch kept for this vertex. */
  kept(): readonly Position[];
  /** The same for the same batch of this vertex of this query, whichever cell has it; of any other, another. */
  keyOf(position: Position): string;
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Microseconds since 1970 on the node's clock. */
  nowMicros(): bigint;
  /** Absent where this node does not ask people for this query. */
  readonly people?: PeoplePorts;
}

export interface StartContext {
  readonly params: Params;
  readonly inputs: readonly RecordShape[];
  /** What `infer` gave for these params and inputs. */
  readonly signature: Signature;
  readonly ports: OperatorPorts;
  /** Name of the node's sensor or outlet, for an operator that needs one. */
  readonly equipment?: string | undefined;
}

export interface BuiltinOperator extends OperatorDescriptor {
  start(context: StartContext): Result<Running>;
}
