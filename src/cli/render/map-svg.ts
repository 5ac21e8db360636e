// A map as an SVG file: a cell for each group, its value and interval written in it, so that nothing is said by colour alone. The colours
// are steps of cividis, which look alike to people with and without colour blindness; cells that are mostly noise are hatched, not coloured.
import type { MapCell, MapGrid } from "./map-grid.ts";
import { shadeOf, short } from "./map-text.ts";

export interface MapWords {
  readonly title: string;
  /** Below the title: of when it is, who took part, what it cost. */
  readonly lines: readonly string[];
}

/** From dark blue to yellow, with the colour of a text that can be read on it. */
const steps = [
  ["#00224e", "#ffffff"],
  ["#2a3f6d", "#ffffff"],
  ["#575d6d", "#ffffff"],
  ["#7d7c78", "#ffffff"],
  ["#a59c74", "#000000"],
  ["#d2bf5a", "#000000"],
  ["#fee838", "#000000"],
] as const;

const cellWidth = 92;
const margin = { left: 84, top: 24, right: 24, bottom: 96 } as const;
const lineHeight = 18;
const legendStep = 74;

export function mapSvg(grid: MapGrid, { title, lines }: MapWords): string {
  const { south, west } = grid;
  const cellHeight = heightOf(grid);
  const head = margin.top + (lines.length + 1) * lineHeight + 14;
  const inner = Math.max(west.length * cellWidth, (steps.length + 1) * legendStep + 40, 460);
  const width = margin.left + inner + margin.right;
  const height = head + south.length * cellHeight + margin.bottom;
  const place = ({ row, column }: Pick<MapCell, "row" | "column">) => ({
    x: margin.left + column * cellWidth,
    y: head + row * cellHeight,
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="system-ui, sans-serif">`,
    `<title id="title">${escaped(title)}</title>`,
    `<defs><pattern id="unsure" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#ffffff"/><line x1="0" y1="0" x2="0" y2="8" stroke="#c8c8c8" stroke-width="3"/></pattern></defs>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(margin.left, margin.top + 4, title, 'font-size="17" font-weight="600"'),
    ...lines.map((line, index) =>
      text(margin.left, margin.top + 4 + (index + 1) * lineHeight, line, 'font-size="12" fill="#444444"'),
    ),
    ...south.map((edge, row) =>
      text(
        margin.left - 8,
        head + (row + 1) * cellHeight + 4,
        degrees(edge, grid, "N", "S"),
        'font-size="11" fill="#444444" text-anchor="end"',
      ),
    ),
    ...west.map((edge, column) =>
      text(
        margin.left + column * cellWidth,
        head + south.length * cellHeight + 16,
        degrees(edge, grid, "E", "W"),
        'font-size="11" fill="#444444" text-anchor="middle"',
      ),
    ),
    ...grid.cells.map((cell) => cellSvg(cell, grid, { ...place(cell), height: cellHeight })),
    legend(grid, head + south.length * cellHeight + 34),
    "</svg>\n",
  ].join("\n");
}

/** As high as it is at this latitude, within what two lines of text need and what a picture bears. */
function heightOf({ south, rowDegrees, columnDegrees }: MapGrid): number {
  const middle = south[Math.floor(south.length / 2)]! + rowDegrees / 2;
  const shrink = Math.max(0.2, Math.cos((middle * Math.PI) / 180));
  const exact = (cellWidth * rowDegrees) / (columnDegrees * shrink);
  return Math.round(Math.max(46, Math.min(2 * cellWidth, exact)));
}

function cellSvg(cell: MapCell, grid: MapGrid, at: { x: number; y: number; height: number }): string {
  const [fill, ink] = cell.unsure ? ["url(#unsure)", "#000000"] : steps[stepOf(cell, grid)]!;
  const middle = at.x + cellWidth / 2;
  const half = at.y + at.height / 2;
  const unit = grid.unit === null ? "" : ` ${grid.unit}`;
  const told = `${short(cell.value)}${unit}, 95 % interval ${short(cell.low)} to ${short(cell.high)}${cell.unsure ? ", too uncertain to colour" : ""}`;
  return [
    "<g>",
    `<title>${escaped(told)}</title>`,
    `<rect x="${at.x}" y="${at.y}" width="${cellWidth}" height="${at.height}" fill="${fill}" stroke="#ffffff" stroke-width="2"/>`,
    text(middle, half, short(cell.value), `font-size="15" font-weight="600" fill="${ink}" text-anchor="middle"`),
    text(
      middle,
      half + 15,
      `${short(cell.low)} – ${short(cell.high)}`,
      `font-size="10" fill="${ink}" text-anchor="middle"`,
    ),
    "</g>",
  ].join("");
}

function stepOf({ value }: MapCell, { low, high }: MapGrid): number {
  return shadeOf(value, low, high, steps.length);
}

function legend(grid: MapGrid, y: number): string {
  const { low, high, name, unit } = grid;
  const width = (high - low) / steps.length;
  const parts = steps.map(([fill], index) => {
    const x = margin.left + index * legendStep;
    const label = `from ${short(low + index * width)}`;
    return `<rect x="${x}" y="${y}" width="${legendStep}" height="12" fill="${fill}"/>${text(x, y + 26, label, 'font-size="10"')}`;
  });
  const x = margin.left + steps.length * legendStep + 12;
  parts.push(
    `<rect x="${x}" y="${y}" width="${legendStep}" height="12" fill="url(#unsure)" stroke="#c8c8c8"/>${text(x, y + 26, "too uncertain", 'font-size="10"')}`,
    text(
      margin.left,
      y + 46,
      `${unit === null ? name : `${name} in ${unit}`}, with noise; below each value its 95 % interval`,
      'font-size="11" fill="#444444"',
    ),
  );
  return parts.join("\n");
}

function degrees(edge: number, { decimals }: MapGrid, positive: string, negative: string): string {
  return `${Math.abs(edge).toFixed(decimals)}° ${edge < 0 ? negative : positive}`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Names are an analyst's: nothing of them is taken for markup, and no control character gets into the file. */
function escaped(content: string): string {
  return content
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
