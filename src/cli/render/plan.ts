// A plan as text: the DAG, who sees what, and why earlier alternatives were passed over.
import type { PlanView } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { counted, listOf, reasonText, shortNode } from "../words.ts";

interface Graph {
  readonly vertices: readonly {
    readonly id: string;
    readonly operator: string;
    readonly nodeName: string;
    readonly inputs: readonly string[];
    readonly own: boolean;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly carries: readonly string[] }[];
}

/**
 * The DAG as a tree from its sources, what each edge carries on the way. A vertex with several inputs is drawn below the
 * first, and named below the others.
 */
export function dagText(graph: Graph, style: Style): string {
  const drawn = new Set<string>();
  const lines: string[] = [];
  const name = (vertex: Graph["vertices"][number]) =>
    `${style.bold(vertex.id)} ${style.dim(`(${vertex.own ? "own operator " : ""}${vertex.operator})`)} on ${vertex.nodeName}`;

  function below(id: string, indent: string): void {
    const edges = graph.edges.filter((edge) => edge.from === id);
    for (const [at, edge] of edges.entries()) {
      const last = at === edges.length - 1;
      const vertex = graph.vertices.find((candidate) => candidate.id === edge.to);
      if (vertex === undefined) continue;
      const again = drawn.has(vertex.id);
      const shown = again ? `${style.bold(vertex.id)} ${style.dim("(above)")}` : name(vertex);
      lines.push(`${indent}${last ? "└" : "├"}─ ${listOf(edge.carries)} ─▶ ${shown}`);
      if (again) continue;
      drawn.add(vertex.id);
      below(vertex.id, `${indent}${last ? "   " : "│  "}`);
    }
  }

  for (const source of graph.vertices.filter((vertex) => vertex.inputs.length === 0)) {
    lines.push(`  ${name(source)}`);
    drawn.add(source.id);
    below(source.id, "  ");
  }
  return `${lines.join("\n")}\n`;
}

type Lot = NonNullable<PlanView["drawn"]>;

export function skippedText(skipped: PlanView["skipped"], names: ReadonlyMap<string, string>, style: Style): string {
  if (skipped.length === 0) return "";
  const lines = skipped.flatMap(({ alternative, reasons, tried }) => [
    `  ${style.doubtful(alternative)}${tried === undefined ? "" : " refused when it was set up"}`,
    ...reasons.map((reason) => `    ${reasonText(reason, names)}`),
  ]);
  return `\nAlternatives passed over\n${lines.join("\n")}\n`;
}

export function drawnText({ cells, processors, colluding, nodes, expectedColluding, worstColluding }: Lot): string {
  const lines = cells.map(
    (cell) => `  ${cell.cell} on ${counted(cell.processors, "processor")}; it sees ${listOf(cell.sees, "nothing")}\n`,
  );
  const assumed = `${counted(colluding, "node")} of ${nodes} may collude`;
  const exposed = `${expectedColluding.toFixed(2)} of ${counted(processors, "processor")} on average, at most ${worstColluding} in 999 of 1,000 draws`;
  return `\nDrawn by lot\n${lines.join("")}  if ${assumed}: ${exposed}\n`;
}

export function planText(plan: PlanView, style: Style): string {
  const names = new Map(plan.exposure.map(({ node, name }) => [node as string, name]));
  const spares = plan.vertices.filter((vertex) => vertex.spares.length > 0);
  const exposure = plan.exposure.map((one) => [
    one.name,
    style.dim(shortNode(one.node)),
    listOf(one.vertices),
    listOf(one.attributes, "nothing"),
  ]);
  const parts = [
    `Query ${style.bold(plan.name)} for ${plan.purpose}, alternative ${plan.alternative}\n\n`,
    dagText(plan, style),
    "\nWho sees what\n",
    table(["NODE", "ID", "RUNS", "SEES"], exposure),
  ];
  if (plan.drawn !== null) parts.push(drawnText(plan.drawn));
  if (spares.length > 0) {
    const lines = spares.map((vertex) => `  ${vertex.id}: ${listOf(vertex.spares.map((spare) => spare.name))}\n`);
    parts.push("\nIf a node dies, its operator can move to\n", ...lines);
  }
  parts.push(skippedText(plan.skipped, names, style));
  return parts.join("");
}
