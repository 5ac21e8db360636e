// What runs inside the thread: one operator's body, behind one small interface for both formats.
import type { Params, RecordShape } from "../../core/model/index.ts";
import type { GuestFaultCode } from "./ring.ts";

/** Sent once to an idle thread; it answers `ready` or a refusal, and serves the ring from then on. */
export interface GuestOrder {
  readonly format: "wasm" | "javascript";
  readonly body: Uint8Array;
  readonly params: Params;
  readonly memoryBytes: number;
  readonly batchMs: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly consumes: RecordShape;
  readonly produces: RecordShape;
  readonly ring: SharedArrayBuffer;
  /** Give the body's own error messages. They may hold data: for its author only, never in a cell. */
  readonly explain: boolean;
}

export type GuestReply =
  | { readonly type: "ready" }
  | { readonly type: "refused"; readonly code: GuestFaultCode; readonly detail: string };

export interface Guest {
  /** Writes the output batch and gives its length; 0 = nothing. Throws GuestFault. */
  process(input: number, batch: Uint8Array, output: Uint8Array): number;
  /** Called until it gives 0. */
  end(output: Uint8Array): number;
}

export class GuestFault extends Error {
  override name = "GuestFault";
  readonly code: GuestFaultCode;
  constructor(code: GuestFaultCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
