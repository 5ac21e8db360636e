// What parent and children of the benchmark agree on.
import type { Digest } from "../../src/core/base/index.ts";
import type { Attribute, Column, Plan, RecordShape } from "../../src/core/model/index.ts";
import { operatorLimitsSchema } from "../../src/core/model/index.ts";
import type { WiredInput, WiredOutput } from "../../src/io/cells/index.ts";
import type { BuiltinOperator } from "../../src/operators/index.ts";

export interface Load {
  readonly batches: number;
  /** Records per batch, 64 bytes each. */
  readonly rows: number;
  /** Batches per second; 0: as fast as it goes. */
  readonly perSecond: number;
}

export interface Job {
  readonly vertex: string;
  readonly seed: string;
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly load: Load;
  readonly receipts: boolean;
}

type Text<End> = Omit<End, "publicKey"> & { readonly publicKey: string };
/** Wiring with its keys in hexadecimal. */
export interface TextWiring {
  readonly inputs: readonly Text<WiredInput>[];
  readonly outputs: readonly Text<WiredOutput>[];
}
export type Order =
  | { readonly type: "start"; readonly wiring: TextWiring }
  | { readonly type: "release" }
  | { readonly type: "stop" };

/** Measured at the sink, after the warm-up. */
export interface Figures {
  readonly recordsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** 64 bytes: the value that is incremented, when it was sent, and six more. */
export const recordShape: RecordShape = ["value", "sent", "c", "d", "e", "f", "g", "h"].map(
  (name): Column => ({ name: name as Attribute, type: "int64", nullable: false }),
);

/** Descriptors of the two measuring operators, so that parent and children make the same plan. */
export function markerOperators(): { paced: BuiltinOperator; counting: BuiltinOperator } {
  const common = { summary: "", needs: null, limits: operatorLimitsSchema.parse({}) };
  const start = (): never => {
    throw new Error("only in the children");
  };
  return {
    paced: {
      ...common,
      name: "paced-source",
      kind: "source",
      inputs: { min: 0, max: 0 },
      digest: "aa".repeat(32) as Digest,
      infer: () => ({ ok: true, value: { consumes: [], output: recordShape, stateless: false } }),
      start,
    },
    counting: {
      ...common,
      name: "counting-sink",
      kind: "sink",
      inputs: { min: 1, max: 1 },
      digest: "bb".repeat(32) as Digest,
      infer: () => ({ ok: true, value: { consumes: [], output: null, stateless: true } }),
      start,
    },
  };
}
