// The audit of a query: collects the receipts of all its cells from their nodes, asks for leaves where two ends differ,
// and keeps what was collected, so that a settled query can be audited after its nodes have forgotten it. Here it only
// fetches; signatures, hashes and files are the auditing thread's (thread.ts), so that the node keeps answering.
import { accept, type Digest, type Result } from "../../core/base/index.ts";
import type { KnownCell, LeafQuestion } from "../../core/cell/index.ts";
import type { Plan } from "../../core/model/index.ts";
import type { AuditView } from "../../sdk/index.ts";
import type { Inquiries } from "../inquiries.ts";
import type { NameOf } from "../query-views.ts";
import { Reading } from "./reading.ts";
import { type AuditSession, createAuditThread } from "./thread.ts";
import { type AuditKind, AuditTurns, type TurnBounds } from "./turns.ts";
import { auditView } from "./view.ts";

export interface AuditSubject {
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** All incarnations that this node knows of. */
  readonly cells: readonly KnownCell[];
  readonly settled: boolean;
  /** What went with its nodes, as sentences. */
  readonly losses: readonly string[];
}

export interface Audits {
  /** Refused when many wait already. */
  audit(subject: AuditSubject): Promise<Result<AuditView>>;
  /** Fetches what the nodes hold now, to be there when they have forgotten. How many receipts that is. */
  collect(subject: Omit<AuditSubject, "settled" | "losses">): Promise<Result<number>>;
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly nowMs?: () => number;
  readonly bounds?: TurnBounds;
}

export function createAudits(
  folder: string,
  inquiries: Pick<Inquiries, "ask">,
  nameOf: NameOf,
  { nowMs = () => performance.now(), bounds }: AuditOptions = {},
): Audits {
  const thread = createAuditThread();
  const turns = new AuditTurns(bounds);

  function session<T>(
    kind: AuditKind,
    { plan, planDigest, cells }: Omit<AuditSubject, "settled" | "losses">,
    work: (session: AuditSession, reading: Reading) => Promise<T>,
  ): Promise<Result<T>> {
    const nodes = [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))];
    return turns.run(plan.id, kind, () =>
      thread.session(folder, { plan, planDigest, known: cells }, async (begun) => {
        const reading = new Reading(inquiries, nowMs);
        await Promise.all(nodes.map((node) => reading.receipts(node, plan.id, begun)));
        return accept(await work(begun, reading));
      }),
    );
  }

  return {
    collect: (subject) => session("settled", subject, ({ keep }) => keep()),
    audit: (subject) =>
      session("asked", subject, async ({ keep, judge }, reading) => {
        if (subject.settled) await keep();
        const first = await judge([]);
        const { wanted, cells } = first.audit;
        if (wanted.length === 0) return auditView(subject, first, reading, nameOf);
        const nodeOf = ({ vertex, incarnation }: LeafQuestion) =>
          cells.find((cell) => cell.vertex === vertex && cell.incarnation === incarnation)?.node;
        const leaves = await reading.leaves(subject.plan.id, wanted, nodeOf);
        return auditView(subject, await judge(leaves), reading, nameOf);
      }),
    close: () => thread.close(),
  };
}
