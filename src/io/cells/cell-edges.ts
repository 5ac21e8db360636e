// All edges of one cell: wired as the plan says, accounted for, counted together.
import { accept, type NodeId, type RefusalCode, type Result, refuse } from "../../core/base/index.ts";
import {
  type CellPlan,
  checkWiring,
  type InputFrame,
  keyedLeaves,
  type LinkAccount,
  type Prover,
} from "../../core/cell/index.ts";
import type { Position } from "../../operators/index.ts";
import type { AgreementKey } from "../curve/index.ts";
import { type EdgeListener, IncomingEdge, isLarge, OutgoingEdge } from "../edges/index.ts";
import { blake3 } from "../identity/index.ts";
import type { Acknowledged, CellHostOptions, WiredOutput, Wiring } from "./contract.ts";

export interface EdgesOf {
  readonly plan: CellPlan;
  readonly incarnation: number;
  readonly key: AgreementKey;
  readonly prover: Prover | null;
  readonly listener: EdgeListener;
  readonly openEdgeStream: CellHostOptions["openEdgeStream"];
  /** Of a sink with one input: per path the last batch that is durable already. */
  readonly written: readonly Position[];
}

export interface CellEdgesEvents {
  readable(): void;
  acknowledged(): void;
  refused(edge: string, code: RefusalCode, detail: string): void;
  lost(edge: string, code: RefusalCode, detail: string): void;
}

export class CellEdges {
  readonly inputs: readonly IncomingEdge[];
  readonly outputs: readonly OutgoingEdge[];
  readonly #of: EdgesOf;
  readonly #inputAccounts: (KeyedAccount | null)[];
  readonly #outputAccounts: (KeyedAccount | null)[];
  /** Inputs on which nothing will come because their cell is gone. */
  readonly #gone = new Set<string>();
  /** Which node is at the other end of each edge. */
  readonly #nodes = new Map<string, NodeId>();
  readonly #events: CellEdgesEvents;
  /** What replaced neighbours had acknowledged, until a rewiring succeeded and told it. */
  readonly #replaced: Acknowledged[] = [];

  constructor(of: EdgesOf, events: CellEdgesEvents) {
    this.#of = of;
    this.#events = events;
    const { plan, key, incarnation, prover } = of;
    const own = { query: plan.plan.id, planDigest: plan.planDigest, key, incarnation };
    this.#inputAccounts = plan.inputs.map(() => null);
    this.#outputAccounts = plan.outputs.map(() => null);
    this.inputs = plan.inputs.map(
      ({ edge, paths }, i) =>
        new IncomingEdge({ ...own, edge, paths, taken: of.written }, of.listener, {
          readable: () => events.readable(),
          relinked: (peer, secret) => {
            this.#inputAccounts[i] =
              prover === null ? null : keyed(prover.account("input", edge, peer, secret), secret);
          },
          refused: (code, detail) => events.refused(edge, code, detail),
          reset: (detail) => events.lost(edge, "edge-reset", detail),
        }),
    );
    this.outputs = plan.outputs.map(
      ({ edge }, i) =>
        new OutgoingEdge(
          { ...own, edge },
          {
            acknowledged: () => events.acknowledged(),
            relinked: (peer, secret) => {
              this.#outputAccounts[i] =
                prover === null ? null : keyed(prover.account("output", edge, peer, secret), secret);
            },
            resent: (batch, digest) => this.#outputAccounts[i]?.(digest ?? blake3(batch), rowsOf(batch)),
            refused: (code, detail) => events.refused(edge, code, detail),
            lost: (code, detail) => events.lost(edge, code, detail),
          },
        ),
    );
  }

  async wire(wiring: Wiring): Promise<Result<void>> {
    const { inputs, outputs } = this.#of.plan;
    const before = checkWiring(
      inputs.map(({ edge, from }) => ({ edge, other: from })),
      wiring.inputs,
    );
    if (!before.ok) return before;
    const after = checkWiring(
      outputs.map(({ edge, to }) => ({ edge, other: to })),
      wiring.outputs,
    );
    if (!after.ok) return after;
    for (const end of [...wiring.inputs, ...wiring.outputs]) this.#nodes.set(end.edge, end.node);
    for (const edge of this.inputs) {
      if (this.#gone.has(edge.edge)) continue;
      const wired = edge.wire(wiring.inputs.find((end) => end.edge === edge.edge)!);
      if (!wired.ok) return wired;
    }
    const connected = await Promise.all(
      this.outputs.map((edge) => edge.wire(this.#routeTo(wiring.outputs.find((end) => end.edge === edge.edge)!))),
    );
    return connected.find((result) => !result.ok) ?? accept(undefined);
  }

  async rewire(wiring: Wiring): Promise<Result<{ acknowledged: Acknowledged[] }>> {
    const before = this.outputs.map((edge) => ({
      edge,
      node: this.#nodes.get(edge.edge),
      incarnation: edge.incarnation,
      batches: edge.acknowledgedBatches,
    }));
    const wired = await this.wire(wiring);
    for (const { edge, node, incarnation, batches } of before) {
      if (incarnation === null || node === undefined || edge.incarnation === incarnation) continue;
      this.#replaced.push({ edge: edge.edge, node, incarnation, batches });
    }
    return wired.ok ? accept({ acknowledged: this.#replaced.splice(0) }) : wired;
  }

  #routeTo(end: WiredOutput) {
    const { openEdgeStream } = this.#of;
    const overlay = openEdgeStream === undefined ? undefined : () => openEdgeStream(end.node);
    return { publicKey: end.publicKey, incarnation: end.incarnation, addresses: end.edgeAddresses, overlay };
  }

  /** Its certificate counts no more: nothing is taken from the node or given to it, until others take its cells' places. */
  exclude(node: NodeId): void {
    for (const edge of this.outputs) if (this.#nodes.get(edge.edge) === node) edge.shut("certificate-revoked");
    for (const edge of this.inputs) {
      if (this.#nodes.get(edge.edge) !== node) continue;
      edge.shut();
      this.#events.lost(edge.edge, "certificate-revoked", "");
    }
  }

  /** Nothing will come on these, and nobody takes anything there: the numbers of the inputs. */
  gone(edges: readonly string[]): number[] {
    for (const edge of edges) this.#gone.add(edge);
    for (const output of this.outputs)
      if (edges.includes(output.edge) && !output.stopped) output.shut("edge-unreachable");
    return this.#of.plan.inputs.flatMap(({ edge }, input) => (this.#gone.has(edge) ? [input] : []));
  }

  /** Those before hear that nothing of theirs is taken any more. */
  turnAway(code: RefusalCode): void {
    for (const input of this.inputs) input.reset(code);
  }

  get full(): boolean {
    for (const edge of this.outputs) if (edge.full) return true;
    return false;
  }

  get settled(): boolean {
    return this.outputs.every((edge) => edge.settled);
  }

  /** What is still to be delivered has nobody to go to: the cells after this one stopped for good. */
  get stuck(): boolean {
    return !this.settled && this.outputs.every((edge) => edge.settled || edge.stopped);
  }

  /** No cell after this one takes anything any more. */
  get deaf(): boolean {
    return this.outputs.length > 0 && this.outputs.every(({ stopped }) => stopped);
  }

  /** Every output before this one is acknowledged on every edge. */
  get frontier(): number {
    let frontier = Number.POSITIVE_INFINITY;
    for (const edge of this.outputs) frontier = Math.min(frontier, edge.dischargedOutputs);
    return frontier;
  }

  received(input: number, batch: Uint8Array, digest: Uint8Array | null, rows: number): void {
    this.#inputAccounts[input]?.(digest ?? blake3(batch), rows);
  }

  send(batch: Uint8Array, rows: number, path: number, origin: number, output: number): void {
    const sealedWith = isLarge(batch) ? blake3(batch) : null;
    // First away, then accounted for: in one turn of the loop, so no receipt can come between.
    for (const edge of this.outputs) edge.send(path, origin, output, batch, sealedWith);
    if (this.#of.prover === null) return;
    const digest = sealedWith ?? blake3(batch);
    for (const account of this.#outputAccounts) account?.(digest, rows);
  }

  end(output: number): void {
    for (const edge of this.outputs) edge.end(output);
  }

  discharge(frame: InputFrame): void {
    this.inputs[frame.input]!.discharge(frame.link, frame.sequence);
  }

  acknowledgeSoon(): void {
    for (const edge of this.inputs) edge.acknowledgeSoon();
  }

  acknowledge(): void {
    for (const edge of this.inputs) edge.acknowledge();
  }

  /** This cell stops for good, and its neighbours hear why. */
  reset(code: RefusalCode): void {
    for (const edge of [...this.inputs, ...this.outputs]) edge.reset(code);
  }

  close(): void {
    for (const edge of [...this.inputs, ...this.outputs]) edge.close();
  }

  /** Batches sent and not yet acknowledged, on the fullest edge. */
  get unacknowledged(): number {
    return Math.max(0, ...this.outputs.map((edge) => edge.retainedBatches));
  }

  /** Frames taken and not yet discharged. */
  get outstanding(): number {
    return this.inputs.reduce((sum, edge) => sum + edge.outstanding, 0);
  }

  get bytesIn(): number {
    return this.inputs.reduce((sum, edge) => sum + edge.bytes, 0);
  }
}

/** Accounts for a batch of this digest, under the link's secret. */
type KeyedAccount = (batchDigest: Uint8Array, rows: number) => void;

function keyed(account: LinkAccount, secret: Uint8Array): KeyedAccount {
  const leafOf = keyedLeaves(blake3, secret);
  return (batchDigest, rows) => account.add(leafOf(batchDigest), rows);
}

function rowsOf(batch: Uint8Array): number {
  return new DataView(batch.buffer, batch.byteOffset, batch.length).getUint32(4, true);
}

export function endedIn(wiring: Wiring): string[] {
  return wiring.inputs.filter((end) => end.ended === true).map((end) => end.edge);
}

export function discarded(): Result<never> {
  return refuse("unknown-cell", { detail: "the cell was discarded" });
}
