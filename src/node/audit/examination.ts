// One audit's look at what nodes hand over: each envelope is verified before it is held, has to be its giver's own, and
// takes room of its own cell only. What is left out is counted, and named by who gave it.
//
// INVARIANT 1: nothing is held, and so nothing is kept of a settled query, that the audit would not count.
// INVARIANT 2: no text of a peer's goes into what is shown: details are ours, ids are checked first.
import { type Crypto, type NodeId, publicKeyOfNodeId, type RefusalCode, toHex } from "../../core/base/index.ts";
import {
  type Admission,
  type AdmittedReceipt,
  type AuditedQuery,
  auditHistories,
  type CellHistory,
  type CellName,
  collectHistories,
  createAdmission,
  decodeEnvelope,
  type LeafQuestion,
  type QueryAudit,
} from "../../core/cell/index.ts";
import { inquiryLimits } from "../../core/inquiry/index.ts";
import { limits } from "./limits.ts";
import { Room, type RoomBounds } from "./room.ts";

/** What one node handed over and was not counted, by the reason. */
export interface LeftOut {
  readonly giver: NodeId;
  readonly code: RefusalCode;
  times: number;
  /** Of the first. */
  readonly detail: string;
}

/** Cells of which there was more than there is room for. */
export interface CutCell extends CellName {
  readonly node: NodeId;
}

export interface Judgement {
  readonly audit: QueryAudit;
  readonly receipts: number;
  readonly leftOut: readonly LeftOut[];
  readonly cut: readonly CutCell[];
}

/** The leaves that were answered to a question. */
export type AnsweredLeaves = readonly (readonly [LeafQuestion, readonly Uint8Array[]])[];

interface Held extends AdmittedReceipt {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Codes of what an honest node never hands over, whatever its coordinator has heard. */
const falseCodes: readonly RefusalCode[] = ["receipt-malformed", "receipt-foreign", "receipt-forged"];

const auditBounds: RoomBounds = {
  bytes: limits.maxBytes,
  bytesPerCell: limits.maxBytesPerCell,
  itemsPerCell: limits.maxReceiptsPerCell,
};

export class Examination {
  readonly #query: AuditedQuery;
  readonly #crypto: Crypto;
  readonly #admit: Admission;
  readonly #room: Room<Held>;
  readonly #held = new Map<string, Held>();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #cut = new Map<string, CutCell>();
  readonly #given = new Map<NodeId, { bytes: number; false: number }>();
  #histories: readonly CellHistory[] | undefined;

  constructor(query: AuditedQuery, crypto: Crypto, bounds: RoomBounds = auditBounds) {
    this.#query = query;
    this.#crypto = crypto;
    this.#admit = createAdmission(query, { crypto, publicKeyOf: publicKeyOfNodeId });
    this.#room = new Room(bounds);
  }

  /** Whether it is worth to read on from this giver. `null`: what was kept here. */
  take(giver: NodeId | null, bytes: Uint8Array): boolean {
    const given = giver === null ? undefined : this.#givenBy(giver);
    if (giver !== null && given !== undefined) {
      if (given.false >= limits.maxFalsePerNode) return false;
      given.bytes += bytes.length;
      if (given.bytes > inquiryLimits.maxReceiptBytesPerNode) {
        this.#leaveOut(giver, "receipts-too-many", "more than is read of one node");
        return false;
      }
    }
    const code = this.#hold(giver, bytes);
    if (given === undefined || code === null || !falseCodes.includes(code)) return true;
    given.false++;
    return given.false < limits.maxFalsePerNode;
  }

  get receipts(): number {
    return this.#held.size;
  }

  /** As they were handed over. */
  envelopes(): Uint8Array[] {
    return [...this.#held.values()].map(({ bytes }) => bytes);
  }

  judge(answered: AnsweredLeaves): Judgement {
    this.#histories ??= collectHistories([...this.#held.values()], this.#crypto);
    const leaves = new Map(answered.map(([question, list]) => [nameOf(question), list]));
    const lookup = (question: LeafQuestion) => leaves.get(nameOf(question)) ?? null;
    return {
      audit: auditHistories(this.#query, this.#histories, this.#crypto, lookup),
      receipts: this.#held.size,
      leftOut: [...this.#leftOut.values()],
      cut: [...this.#cut.values()],
    };
  }

  /** null: held. What was kept here is left out without a word: nobody gave it. */
  #hold(giver: NodeId | null, bytes: Uint8Array): RefusalCode | null {
    const name = toHex(this.#crypto.sha256(bytes));
    if (this.#held.has(name)) return null;
    const envelope = decodeEnvelope(bytes);
    if (!envelope.ok) return this.#leaveOut(giver, envelope.code, "");
    const signer = envelope.value.signatures[0]!.keyid as NodeId;
    // Nodes keep what their own cells signed. Somebody else's receipt is not theirs to tell, and may be made up.
    if (giver !== null && signer !== giver) {
      const detail = publicKeyOfNodeId(signer) === null ? "it names no node" : `it names ${signer}`;
      return this.#leaveOut(giver, "receipt-foreign", detail);
    }
    const admitted = this.#admit(envelope.value);
    if (!admitted.ok)
      return this.#leaveOut(
        giver,
        admitted.code,
        admitted.code === "receipt-not-of-plan" ? (admitted.detail ?? "") : "",
      );
    const held: Held = { ...admitted.value, name, bytes: Uint8Array.from(bytes) }; // not the page that it came in
    this.#held.set(name, held);
    this.#histories = undefined;
    const { node, vertex, incarnation } = held.receipt;
    // Without the coordinator's word a node may claim any incarnation: all of a vertex are one share then.
    const cell = this.#query.known.length > 0 ? `${node} ${vertex}#${incarnation}` : `${node} ${vertex}`;
    for (const gone of this.#room.take(cell, held, bytes.length)) this.#dropForRoom(gone);
    return null;
  }

  #dropForRoom({ name, receipt: { vertex, incarnation, node } }: Held): void {
    this.#held.delete(name);
    this.#cut.set(`${node} ${vertex}#${incarnation}`, { vertex, incarnation, node });
    this.#leaveOut(node, "receipts-too-many", `of ${vertex} #${incarnation}`);
  }

  #leaveOut(giver: NodeId | null, code: RefusalCode, detail: string): RefusalCode {
    if (giver === null) return code;
    const key = `${giver} ${code}`;
    const before = this.#leftOut.get(key);
    if (before === undefined) this.#leftOut.set(key, { giver, code, times: 1, detail });
    else before.times++;
    return code;
  }

  #givenBy(giver: NodeId): { bytes: number; false: number } {
    const given = this.#given.get(giver) ?? { bytes: 0, false: 0 };
    this.#given.set(giver, given);
    return given;
  }
}

function nameOf({ vertex, incarnation, edge, peer, chunk }: LeafQuestion): string {
  return `${vertex}#${incarnation} ${edge}#${peer} ${chunk}`;
}
