// Charts as SVG, just what the paper's figures need: one or two panels, linear or logarithmic axes, lines with marks, a legend
// and a note below. Colours are Okabe and Ito's, which all kinds of colour vision tell apart; marks differ in shape as well.

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly label?: string }[];
  /** Index into the palette and the shapes; series that belong together share it. */
  readonly kind: number;
  /** Drawn hollow and dashed. */
  readonly hollow?: boolean;
}

export interface Axis {
  readonly title: string;
  readonly log?: boolean;
  readonly low: number;
  readonly high: number;
  /** Where to draw ticks on a linear axis, or where decades are not what people count in. */
  readonly ticks?: readonly { readonly at: number; readonly text: string }[];
}

export interface Panel {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Chart {
  readonly title: string;
  readonly note: string;
  readonly panels: readonly Panel[];
}

const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const panelWidth = 460;
const plot = { left: 68, right: 18, top: 46, height: 300 };
const legendLine = 19;
const noteLine = 16;

export function chartSvg({ title, note, panels }: Chart): string {
  const width = panelWidth * panels.length + (panels.length === 1 ? 180 : 0);
  const each = width / panels.length;
  const legendRows = Math.max(...panels.map(({ series }) => Math.ceil(series.length / 2)));
  const legendTop = plot.top + plot.height + 68;
  const notes = wrap(note, Math.floor(width / 6.4));
  const height = legendTop + legendRows * legendLine + 14 + notes.length * noteLine + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${width / 2}" y="24" text-anchor="middle" font-size="15" font-weight="600">${escaped(title)}</text>`,
    ...panels.map((panel, i) => panelSvg(panel, i * each, each, legendTop)),
    ...notes.map(
      (line, i) =>
        `<text x="16" y="${legendTop + legendRows * legendLine + 14 + i * noteLine}" font-size="11.5" fill="#444">${escaped(line)}</text>`,
    ),
    "</svg>\n",
  ].join("\n");
}

function panelSvg({ x, y, series }: Panel, offset: number, width: number, legendTop: number): string {
  const inner = width - plot.left - plot.right;
  const atX = (value: number) => offset + plot.left + share(x, value) * inner;
  const atY = (value: number) => plot.top + plot.height - share(y, value) * plot.height;
  const bottom = plot.top + plot.height;
  const lines: string[] = [];
  for (const { at, text } of ticksOf(y)) {
    lines.push(`<path d="M${num(offset + plot.left)} ${num(atY(at))}h${num(inner)}" stroke="#ddd"/>`);
    lines.push(
      `<text x="${num(offset + plot.left - 7)}" y="${num(atY(at) + 4)}" text-anchor="end">${escaped(text)}</text>`,
    );
  }
  for (const { at, text } of ticksOf(x)) {
    lines.push(`<path d="M${num(atX(at))} ${plot.top}v${plot.height}" stroke="#eee"/>`);
    lines.push(`<text x="${num(atX(at))}" y="${bottom + 17}" text-anchor="middle">${escaped(text)}</text>`);
  }
  lines.push(
    `<path d="M${num(offset + plot.left)} ${plot.top}v${plot.height}h${num(inner)}" fill="none" stroke="#333"/>`,
    `<text x="${num(offset + plot.left + inner / 2)}" y="${bottom + 38}" text-anchor="middle">${escaped(x.title)}</text>`,
    `<text transform="translate(${num(offset + 16)} ${num(plot.top + plot.height / 2)}) rotate(-90)" text-anchor="middle">${escaped(y.title)}</text>`,
  );
  series.forEach((each, i) => {
    const colour = palette[each.kind % palette.length]!;
    const seen = each.points.filter(
      (point) => point.y >= y.low && point.y <= y.high && point.x >= x.low && point.x <= x.high,
    );
    const path = seen.map((point, j) => `${j === 0 ? "M" : "L"}${num(atX(point.x))} ${num(atY(point.y))}`).join("");
    const dash = each.hollow === true ? ' stroke-dasharray="5 4"' : "";
    lines.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8"${dash}/>`);
    for (const point of seen) {
      lines.push(mark(each, atX(point.x), atY(point.y)));
      if (point.label !== undefined)
        lines.push(
          `<text x="${num(atX(point.x) + 8)}" y="${num(atY(point.y) - 6)}" font-size="10" fill="${colour}">${escaped(point.label)}</text>`,
        );
    }
    const legendX = offset + plot.left + (i % 2) * (inner / 2);
    const legendY = legendTop + Math.floor(i / 2) * legendLine - 8;
    lines.push(
      `<path d="M${num(legendX)} ${legendY}h26" stroke="${colour}" stroke-width="1.8"${dash}/>`,
      mark(each, legendX + 13, legendY),
      `<text x="${num(legendX + 33)}" y="${legendY + 4}">${escaped(each.name)}</text>`,
    );
  });
  return lines.join("\n");
}

/** Circle, square, triangle, diamond, cross-shaped plus, inverted triangle. */
function mark({ kind, hollow }: Series, x: number, y: number): string {
  const colour = palette[kind % palette.length]!;
  const paint = `fill="${hollow === true ? "#fff" : colour}" stroke="${colour}" stroke-width="1.6"`;
  const at = (dx: number, dy: number) => `${num(x + dx)} ${num(y + dy)}`;
  switch (kind % 6) {
    case 0:
      return `<circle cx="${num(x)}" cy="${num(y)}" r="4" ${paint}/>`;
    case 1:
      return `<rect x="${num(x - 3.7)}" y="${num(y - 3.7)}" width="7.4" height="7.4" ${paint}/>`;
    case 2:
      return `<path d="M${at(0, -4.8)}L${at(4.6, 3.6)}L${at(-4.6, 3.6)}Z" ${paint}/>`;
    case 3:
      return `<path d="M${at(0, -5)}L${at(5, 0)}L${at(0, 5)}L${at(-5, 0)}Z" ${paint}/>`;
    case 4:
      return `<path d="M${at(-1.6, -5)}h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4Z" ${paint}/>`;
    default:
      return `<path d="M${at(0, 4.8)}L${at(4.6, -3.6)}L${at(-4.6, -3.6)}Z" ${paint}/>`;
  }
}

function share({ log, low, high }: Axis, value: number): number {
  return log === true ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function ticksOf({ log, low, high, ticks }: Axis): readonly { readonly at: number; readonly text: string }[] {
  if (ticks !== undefined) return ticks;
  const found: { at: number; text: string }[] = [];
  if (log === true) {
    for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++)
      found.push({ at: 10 ** power, text: plain(10 ** power) });
    return found;
  }
  const step = niceStep((high - low) / 6);
  for (let i = Math.ceil(low / step); i * step <= high * (1 + 1e-9); i++)
    found.push({ at: i * step, text: plain(i * step) });
  return found;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
}

function plain(value: number): string {
  const rounded = Number(value.toPrecision(6));
  return Math.abs(rounded) >= 1e-4 || rounded === 0
    ? rounded.toLocaleString("en-GB", { maximumFractionDigits: 6 })
    : rounded.toExponential();
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function num(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
