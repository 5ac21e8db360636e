// For tests of audits: a query of a source and a sink on two nodes, and the receipts that each of them signs.
import type { Digest, EdgeId, NodeId, QueryId, VertexId } from "../../src/core/base/index.ts";
import { encodeEnvelope, type KnownCell, LinkAccount, ReceiptChain } from "../../src/core/cell/index.ts";
import type { Assurance, Plan, PlanVertex } from "../../src/core/model/index.ts";
import { crypto, makeSigner, type TestSigner } from "./signers.ts";

const operator = "0a".repeat(32) as Digest;
const edge = "source>sink:0" as EdgeId;
type Name = "source" | "sink";

export interface Told {
  readonly incarnation?: number;
  readonly assurance?: Assurance;
  readonly query?: QueryId;
  /** Told apart: the batches of two salts are not the same. */
  readonly salt?: number;
}

export class ToldQuery {
  readonly source = makeSigner();
  readonly sink = makeSigner();
  readonly spare = makeSigner();
  readonly planDigest = "0b".repeat(32) as Digest;
  readonly plan: Plan;
  readonly known: readonly KnownCell[];

  constructor() {
    const vertex = (id: Name, node: NodeId) =>
      ({
        id,
        operator: { name: id, digest: operator, kind: id },
        inputs: id === "sink" ? ["source"] : [],
        stateless: id === "sink",
        node,
        spares: id === "source" ? [this.spare.node] : [],
      }) as unknown as PlanVertex;
    const vertices = [vertex("source", this.source.node), vertex("sink", this.sink.node)];
    this.plan = { id: "0c".repeat(16) as QueryId, vertices } as unknown as Plan;
    this.known = vertices.map(({ id, node }) => ({ vertex: id, incarnation: 0, node, ran: true }));
  }

  get audited() {
    return { plan: this.plan, planDigest: this.planDigest, known: this.known };
  }

  /** One end's receipts, the last of them final: `batches` of one record each for every receipt. */
  receipts(
    name: Name,
    count: number,
    by: TestSigner = this[name],
    batches = 1,
    told: Told = {},
  ): Uint8Array<ArrayBuffer>[] {
    const { incarnation = 0, assurance = "software", query = this.plan.id, salt = 0 } = told;
    const subject = { query, plan: this.planDigest, vertex: name as string as VertexId, node: by.node, incarnation };
    const chain = new ReceiptChain({ ...subject, operator, policy: operator, assurance }, crypto, by);
    const account = new LinkAccount(crypto, edge, 0);
    return Array.from({ length: count }, (_, i) => {
      for (let batch = 0; batch < batches; batch++)
        account.add(crypto.sha256(Uint8Array.of(salt, i >> 8, i, batch)), 1);
      const cut = [account.cut()];
      const [inputs, outputs] = name === "source" ? [[], cut] : [cut, []];
      const ends = { undelivered: 0, final: i === count - 1, whole: false, closedLinks: 0 };
      return Uint8Array.from(encodeEnvelope(chain.next({ inputs, outputs, ...ends })));
    });
  }
}
