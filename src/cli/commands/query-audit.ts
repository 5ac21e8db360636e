// hedgerow query audit: whether the chain of receipts holds, cell by cell and edge by edge.
import type { AuditView, Verdict } from "../../sdk/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { pickQuery } from "../pick-query.ts";
import type { Session } from "../session.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { counted, reasonText, shortNode } from "../words.ts";

export async function audit(session: Session, [given]: string[]): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const progress = session.progress("collecting receipts");
  const answer = await session.client.queryAudit({ id }, { signal: session.signal }).finally(progress.end);
  await session.data(answer);
  await session.say(auditText(answer, session.style));
  if (!answer.holds) return exitCodes.failed;
  return answer.complete ? exitCodes.done : exitCodes.unproven;
}

const summedUp =
  "Older receipts are summed up in later ones: what passed then is compared as a whole, and single batches of that time can be proven no more.";

export function auditText(answer: AuditView, style: Style): string {
  const names = new Map(answer.cells.map(({ node, nodeName }) => [node as string, nodeName]));
  const because = (reasons: AuditView["cells"][number]["reasons"]) =>
    reasons.map((reason) => reasonText(reason, names)).join("; ");
  const moved = new Set(answer.cells.filter(({ incarnation }) => incarnation > 0).map(({ vertex }) => vertex));
  const end = (vertex: string, incarnation: number) =>
    moved.has(vertex as AuditView["cells"][number]["vertex"]) ? `${vertex} #${incarnation}` : vertex;
  const cells = answer.cells.map((cell) => [
    style.bold(end(cell.vertex, cell.incarnation)),
    cell.operator,
    cell.nodeName,
    cell.summed > 0 ? `${cell.receipts}, ${cell.summed} summed up` : `${cell.receipts}`,
    cell.assurance ?? "-",
    verdictText(cell.verdict, style),
    because(cell.reasons),
  ]);
  const edges = answer.edges.map((edge) => [
    `${end(edge.from, edge.incarnations.from)} ─▶ ${end(edge.to, edge.incarnations.to)}`,
    edge.sent === edge.received ? `${edge.batches}` : `${edge.sent} sent, ${edge.received} received`,
    `${edge.records}`,
    verdictText(edge.verdict, style),
    because(edge.reasons),
  ]);
  const software = answer.assurance === "software" ? ": nothing but software vouches for the machines that ran it" : "";
  const verdict = !answer.holds
    ? style.bad("The chain does not hold.")
    : answer.complete
      ? style.good("The chain holds from source to sink.")
      : `${style.doubtful("The chain holds as far as the receipts go:")} ${answer.open.join("; ")}.`;
  return [
    table(["CELL", "OPERATOR", "NODE", "RECEIPTS", "ASSURANCE", "VERDICT", "WHY"], cells),
    edges.length === 0 ? "" : `\n${table(["EDGE", "BATCHES", "RECORDS", "VERDICT", "WHY"], edges)}`,
    `\n${verdict} ${counted(answer.receipts, "receipt")}, lowest assurance ${answer.assurance ?? "unknown"}${software}.\n`,
    answer.cells.some(({ summed }) => summed > 0) ? `${summedUp}\n` : "",
    ...(answer.complete ? [] : answer.silent.map((one) => silentText(one, style))),
    ...answer.strays.map((stray) => strayText(stray, style)),
  ].join("");
}

function silentText({ node = "", nodeName, ...reason }: AuditView["silent"][number], style: Style): string {
  return `${style.doubtful("silent:")} ${nodeName ?? shortNode(node)}: ${reasonText(reason)}\n`;
}

function strayText({ node = "", nodeName, times, ...reason }: AuditView["strays"][number], style: Style): string {
  // What is no answer holds no receipt, either.
  const things = counted(times, reason.code === "inquiry-malformed" ? "answer" : "receipt");
  const what = `${things} handed over by ${nodeName ?? shortNode(node)}`;
  return `${style.doubtful("left out:")} ${what}: ${reasonText(reason)}\n`;
}

function verdictText(verdict: Verdict, style: Style): string {
  if (verdict === "holds") return style.good(verdict);
  return verdict === "open" ? style.doubtful("open") : style.bad(verdict);
}
