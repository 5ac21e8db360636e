// What people and programs see of an audit.
import { sentenceOf } from "../../core/base/index.ts";
import type { CellVerdict, EdgeVerdict, Finding } from "../../core/cell/index.ts";
import { edgesOf, vertexOf } from "../../core/model/index.ts";
import type { AuditView, Reason, Verdict } from "../../sdk/index.ts";
import type { NameOf } from "../query-views.ts";
import type { AuditSubject } from "./audits.ts";
import type { Reading, Silent } from "./reading.ts";
import type { Judged } from "./worker.ts";

export function auditView(
  subject: AuditSubject,
  judgement: Judged,
  { silent, junk }: Pick<Reading, "silent" | "junk">,
  nameOf: NameOf,
): AuditView {
  const { plan } = subject;
  const { audit, receipts, leftOut, cut } = judgement;
  const complete = audit.complete && subject.settled && subject.losses.length === 0 && cut.length === 0;
  return {
    query: plan.id,
    verdict: !audit.holds ? "broken" : complete ? "holds" : "open",
    holds: audit.holds,
    complete,
    open: complete ? [] : openIn(judgement, subject, silent, nameOf),
    receipts,
    silent: silent.map(({ node, code }) => ({ code, sentence: sentenceOf(code), node, nodeName: nameOf(node) })),
    strays: [...leftOut, ...junk].map(({ giver, code, times, detail }) => ({
      code,
      sentence: sentenceOf(code),
      ...(detail === "" ? {} : { detail }),
      node: giver,
      nodeName: nameOf(giver),
      times,
    })),
    assurance: audit.lowestAssurance,
    cells: audit.cells.map((cell) => ({
      vertex: cell.vertex,
      operator: vertexOf(plan, cell.vertex)?.operator.name ?? "",
      node: cell.node,
      nodeName: nameOf(cell.node),
      incarnation: cell.incarnation,
      verdict: cellVerdict(cell),
      receipts: cell.receipts,
      summed: cell.summed,
      assurance: cell.assurance,
      reasons: cell.findings.map(reasonOf),
    })),
    edges: audit.edges.map((edge) => {
      const ends = edgesOf(plan).find((candidate) => candidate.id === edge.edge)!;
      return {
        edge: edge.edge,
        from: ends.from,
        to: ends.to,
        verdict: edgeVerdict(edge),
        batches: edge.received,
        records: edge.records,
        sent: edge.sent,
        received: edge.received,
        incarnations: { from: edge.fromIncarnation, to: edge.toIncarnation },
        reasons: edge.findings.map(reasonOf),
      };
    }),
  };
}

/** For people: what the receipts do not show. */
function openIn(
  { audit, cut, dropped }: Judged,
  { settled, losses }: AuditSubject,
  silent: readonly Silent[],
  nodeName: NameOf,
): string[] {
  const moved = (vertex: string) =>
    audit.cells.some((cell) => cell.vertex === vertex && cell.incarnation > 0) ||
    audit.missing.some((cell) => cell.vertex === vertex && cell.incarnation > 0);
  const nameOf = ({ vertex, incarnation }: { vertex: string; incarnation: number }) =>
    moved(vertex) ? `${vertex} #${incarnation}` : vertex;
  const batches = (count: number) => `${count} ${count === 1 ? "batch" : "batches"}`;
  const newest = audit.cells.filter(
    (cell) => !audit.cells.some((other) => other.vertex === cell.vertex && other.incarnation > cell.incarnation),
  );
  const edges = [...new Set(audit.edges.map(({ edge }) => edge))];
  const oneSided = edges.flatMap((edge) => {
    const links = audit.edges.filter((link) => link.edge === edge && link.verdict === "in-flight");
    const inFlight = links.reduce((sum, link) => sum + link.inFlight, 0);
    if (inFlight === 0) return [];
    return [`${batches(inFlight)} on ${edge.split(":")[0]!.replace(">", " ─▶ ")} with one signature only`];
  });
  const unmatched = audit.edges
    .filter((link) => link.unmatched > 0)
    .map(
      ({ edge, unmatched }) =>
        `${batches(unmatched)} on ${edge.split(":")[0]!.replace(">", " ─▶ ")} that both ends signed in receipts that do not meet`,
    );
  const open = [
    ...(settled ? [] : ["the query is still running"]),
    ...audit.missing.map((cell) => `${nameOf(cell)} gave no receipt`),
    ...audit.contested.map(
      (cell) => `several nodes say that ${nameOf(cell)} was theirs, and no coordinator says whose`,
    ),
    ...newest
      .filter((cell) => settled && cell.receipts > 0 && !cell.final)
      .map((cell) => `${nameOf(cell)} has not signed its last receipt`),
    ...oneSided,
    ...unmatched,
    ...audit.cells
      .filter((cell) => settled && cell.undelivered > 0) // while it runs, that is what is on its way
      .map((cell) => `${nameOf(cell)} reports ${batches(cell.undelivered)} undelivered`),
    ...cut.map((cell) => `${nameOf(cell)} gave more receipts than an audit reads`),
    ...silent
      .filter(({ code }) => code === "audit-late")
      .map(({ node }) => `${nodeName(node)} was silent about the rest when the time of the audit was over`),
    ...(dropped ? ["receipts of it that were kept here have made room for those of later queries"] : []),
    ...losses,
  ];
  return open.length > 0 ? open : ["no cell has signed that it ended"];
}

function cellVerdict(cell: CellVerdict): Verdict {
  if (cell.verdict === "silent") return "missing";
  if (cell.verdict === "broken") return "broken";
  return cell.final ? "holds" : "open";
}

function edgeVerdict(edge: EdgeVerdict): Verdict {
  if (edge.verdict === "broken") return "broken";
  return edge.verdict === "holds" ? "holds" : "open";
}

function reasonOf(finding: Finding): Reason {
  return {
    code: finding.code,
    sentence: sentenceOf(finding.code),
    detail: finding.batch === undefined ? finding.detail : `batch ${finding.batch}: ${finding.detail}`,
  };
}
