// `npm run paper -- figures`: runs the paper's evaluation and writes docs/paper/: a picture and its numbers for each figure, and
// a page that sets each claim beside what we found. Same seed, same files, to the byte.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cacheFigure, grindingFigure, maintenanceFigure, overlayFigure } from "./cache.ts";
import { type Figure, makerOn, reference } from "./figure.ts";
import { scalabilityFigure } from "./scalability.ts";
import { strategyFigures } from "./strategies.ts";
import { chartSvg } from "./svg.ts";

export default async function figures(options: { readonly root: string; readonly log: (line: string) => void }) {
  const maker = makerOn(availableParallelism(), options.log);
  const makers = [
    () => strategyFigures(maker),
    async () => [await scalabilityFigure(maker)],
    async () => [await cacheFigure(maker)],
    async () => [await maintenanceFigure(maker)],
    async () => [await grindingFigure(maker)],
    async () => [await overlayFigure(maker)],
  ];
  const all: Figure[] = [];
  const folder = join(options.root, "docs/paper");
  mkdirSync(folder, { recursive: true });
  for (const make of makers) {
    for (const figure of await make()) {
      all.push(figure);
      writeFileSync(join(folder, `${figure.name}.svg`), chartSvg(figure.chart));
      writeFileSync(join(folder, `${figure.name}.json`), `${JSON.stringify(dataOf(figure), null, 1)}\n`);
      options.log(
        `${figure.name}: ${figure.claims.filter(({ holds }) => holds).length} of ${figure.claims.length} claims hold`,
      );
    }
  }
  writeFileSync(join(folder, "README.md"), pageOf(all));
}

function dataOf({ name, chart, claims }: Figure) {
  const { title, note, panels } = chart;
  return {
    name,
    title,
    note,
    seed: reference.seed,
    panels: panels.map(({ x, y, series }) => ({
      x: x.title,
      y: y.title,
      series: series.map(({ name, points }) => ({ name, points })),
    })),
    claims,
  };
}

function pageOf(all: readonly Figure[]): string {
  const parts = all.map(({ name, chart, claims }) =>
    [
      `## ${chart.title}`,
      `![${chart.title}](${name}.svg)`,
      `${chart.note} [Numbers](${name}.json).`,
      "| claim | ours | |\n|---|---|---|\n" +
        claims
          .map(({ section, claim, ours, holds, remark }) => {
            const verdict = holds ? "holds" : "**not reproduced**";
            return `| ${section} ${claim} | ${ours} | ${verdict}${remark === undefined ? "" : `. ${remark}`} |`;
          })
          .join("\n"),
    ].join("\n\n"),
  );
  return `# SEP2P's evaluation, run again

Written by \`npm run paper -- figures\`; do not edit. The paper is SEP2P (EDBT 2019), its section 4. \`test/paper/sep2p-4-*.test.ts\` hold the
same claims on smaller networks. What each step is taken to cost is in \`src/sim/draw/accounting.ts\` and \`maintenance.ts\`; the paper gives
results, not how it counted.

${parts.join("\n\n")}
`;
}
