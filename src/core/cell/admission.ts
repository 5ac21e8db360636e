// Which receipts an audit looks at at all: signed by their node, for a cell that this node had in this query, about links
// that this cell can have. Whatever else somebody hands over is left out and counts against nobody but the giver's name.
//
// INVARIANT 1: nobody signs for a cell that the coordinator did not name as its own, of whatever incarnation: with a later
//   one a liar would have its own links taken for replaced ones, with an earlier one it would bear witness of what never was.
// INVARIANT 2: the links of a cell are as many as its edges in the plan and the replacements of the cells at their other ends.
import {
  type Crypto,
  type Digest,
  type EdgeId,
  edgeId,
  type NodeId,
  type Result,
  refuse,
  type VertexId,
} from "../base/index.ts";
import { type EdgeAccount, edgesOf, type Plan, type Receipt, vertexOf } from "../model/index.ts";
import { limits } from "./limits.ts";
import { type ReceiptEnvelope, receiptDigest, verifyReceipt } from "./receipt.ts";

export interface AuditPorts {
  readonly crypto: Crypto;
  /** Raw Ed25519 key of a node id; null when the id holds none. */
  readonly publicKeyOf: (node: NodeId) => Uint8Array | null;
}

/** A cell as its coordinator knows it, over all incarnations of its vertex. */
export interface KnownCell {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
  /** It was started: before that a cell signs nothing. */
  readonly ran: boolean;
}

/** What an audit is about. */
export interface AuditedQuery {
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** Every cell that the coordinator named; empty when this node was told nothing. */
  readonly known: readonly KnownCell[];
}

export interface AdmittedReceipt {
  readonly receipt: Receipt;
  readonly digest: Digest;
}

export type Admission = (envelope: ReceiptEnvelope) => Result<AdmittedReceipt>;

export function createAdmission({ plan, planDigest, known }: AuditedQuery, ports: AuditPorts): Admission {
  const edges = edgesOf(plan);
  const ends = new Map(
    plan.vertices.map(({ id, inputs }) => [
      id,
      {
        inputs: new Set<string>(inputs.map((from, input): EdgeId => edgeId(from, id, input))),
        outputs: new Set<string>(edges.filter(({ from }) => from === id).map((edge) => edge.id)),
      },
    ]),
  );

  function faultOf(receipt: Receipt): string | null {
    const { vertex: id, node, incarnation } = receipt;
    const vertex = vertexOf(plan, id);
    if (receipt.query !== plan.id || receipt.plan !== planDigest) return "another plan";
    if (vertex === undefined) return "a vertex that the plan has not";
    if (receipt.operator !== vertex.operator.digest) return "another operator";
    if (vertex.node !== node && !vertex.spares.includes(node)) return "a node that the plan does not name for it";
    if (incarnation > limits.maxReplacements) return `no cell is replaced more than ${limits.maxReplacements} times`;
    if (incarnation === 0 && vertex.node !== node) return "the first cell runs where the plan places it";
    const { inputs, outputs } = ends.get(id)!;
    return (
      identityFault(receipt, known) ?? accountsFault(receipt.inputs, inputs) ?? accountsFault(receipt.outputs, outputs)
    );
  }

  return (envelope) => {
    const node = envelope.signatures[0]!.keyid as NodeId;
    const key = ports.publicKeyOf(node);
    if (key === null) return refuse("receipt-forged", { blame: node, detail: "the id of who signed it holds no key" });
    const verified = verifyReceipt(envelope, key, ports.crypto);
    if (!verified.ok) return verified;
    const receipt = verified.value;
    const fault = faultOf(receipt);
    if (fault === null) return { ok: true, value: { receipt, digest: receiptDigest(ports.crypto, envelope) } };
    return refuse("receipt-not-of-plan", {
      blame: node,
      detail: `${receipt.vertex} #${receipt.incarnation}: ${fault}`,
    });
  };
}

function identityFault({ vertex, incarnation, node }: Receipt, known: readonly KnownCell[]): string | null {
  if (known.length === 0) return null;
  const same = known.filter((cell) => cell.vertex === vertex && cell.incarnation === incarnation);
  if (same.length === 0) return "the coordinator never named such a cell";
  return same.some((cell) => cell.node === node) ? null : "another node ran this cell";
}

/** An account of a link that the cell has not, or a second one of a link, would make up for what is wrong with another. */
function accountsFault(accounts: readonly EdgeAccount[], edges: ReadonlySet<string>): string | null {
  const seen = new Set<string>();
  for (const { edge, peer } of accounts) {
    if (!edges.has(edge)) return "an account of an edge that this cell has not"; // its name is the liar's text
    if (peer > limits.maxReplacements) return `${edge} to a cell past ${limits.maxReplacements} replacements`;
    if (seen.has(`${edge} ${peer}`)) return `two accounts of ${edge} to #${peer}`;
    seen.add(`${edge} ${peer}`);
  }
  return null;
}
