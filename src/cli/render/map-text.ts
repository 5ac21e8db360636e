// A map in the terminal: a table of cells from north to south, each with a shade, its value and how far it may be off. It can be read
// without any colour.
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import type { MapCell, MapGrid } from "./map-grid.ts";

const shades = ["░", "▒", "▓", "█"] as const;
const unknown = "?";

export function mapText(grid: MapGrid, style: Style): string {
  const { south, west, decimals, low, high, name, unit } = grid;
  const rows = south.map((edge, row) => [
    edge.toFixed(decimals),
    ...west.map((_, column) => {
      const cell = grid.cells.find((one) => one.row === row && one.column === column);
      return cell === undefined ? "" : cellText(cell, grid, style);
    }),
  ]);
  const key = shades.map((shade, index) => `${shade} from ${short(low + (index * (high - low)) / shades.length)}`);
  const what = unit === null ? name : `${name} (${unit})`;
  return `${table(["", ...west.map((edge) => edge.toFixed(decimals))], rows)}  ${what}: ${key.join(", ")}, ${unknown} too uncertain; ± half of the 95 % interval\n`;
}

function cellText(cell: MapCell, { low, high }: MapGrid, style: Style): string {
  const spread = `±${short((cell.high - cell.low) / 2)}`;
  if (cell.unsure) return style.dim(`${unknown} ${short(cell.value)} ${spread}`);
  return `${shades[shadeOf(cell.value, low, high, shades.length)]} ${short(cell.value)} ${style.dim(spread)}`;
}

/** Which of so many steps of the scale a value is in; beyond the scale, the last one. */
export function shadeOf(value: number, low: number, high: number, steps: number): number {
  return Math.max(0, Math.min(steps - 1, Math.floor(((value - low) / (high - low)) * steps)));
}

export function short(value: number): string {
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value) ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
