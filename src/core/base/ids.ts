// Branded identifiers and units. A brand costs nothing at run time and keeps a node id out of a query id's place.
declare const brand: unique symbol;
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** libp2p peer id of an Ed25519 key, in base58btc ("12D3Koo…"). The node's only identity. */
export type NodeId = Branded<string, "NodeId">;
/** SHA-256 in lower-case hexadecimal: 64 characters. */
export type Digest = Branded<string, "Digest">;
/** 16 random bytes in lower-case hexadecimal: one instantiation of a query. */
export type QueryId = Branded<string, "QueryId">;
/** Name of a vertex inside one query: [a-z][a-z0-9-]*, at most 40 characters. */
export type VertexId = Branded<string, "VertexId">;
/** `from>to:input`: one edge of one query. */
export type EdgeId = Branded<string, "EdgeId">;
/** Milliseconds since the Unix epoch on the clock of whoever drives the machine. */
export type InstantMs = Branded<number, "InstantMs">;

export const nodeIdPattern = /^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/;
export const digestPattern = /^[0-9a-f]{64}$/;
export const queryIdPattern = /^[0-9a-f]{32}$/;
export const vertexIdPattern = /^[a-z][a-z0-9-]{0,39}$/;

export function edgeId(from: VertexId, to: VertexId, input: number): EdgeId {
  return `${from}>${to}:${input}` as EdgeId;
}
