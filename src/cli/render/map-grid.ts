// The grid of a map, read off an answer: two columns say where a cell begins, the first other column of numbers what is drawn.
//
//   latitude_hundredths, longitude_hundredths   the south-western corner in hundredths of a degree; also _tenths, _thousandths, or plain
//
// How large a cell is follows from the answer: the largest step that all corners fit.
import type { PeopleAnswer } from "../../sdk/index.ts";

type Column = PeopleAnswer["columns"][number];

export interface MapCell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
  /** Of the noise; where there is none, the value itself. */
  readonly low: number;
  readonly high: number;
  /** The interval is so wide that the colour would say what nobody knows. */
  readonly unsure: boolean;
}

export interface MapGrid {
  /** Southern edges in degrees, from north to south. */
  readonly south: readonly number[];
  /** Western edges in degrees, from west to east. */
  readonly west: readonly number[];
  readonly rowDegrees: number;
  readonly columnDegrees: number;
  /** Decimals that an edge needs. */
  readonly decimals: number;
  readonly cells: readonly MapCell[];
  readonly low: number;
  readonly high: number;
  /** What is drawn, and its unit. */
  readonly name: string;
  readonly unit: string | null;
}

/** A map of more cells is no picture any more: nobody could read the numbers in them. */
export const mostMapEdges = 64;

const scales: Readonly<Record<string, { readonly parts: number; readonly decimals: number }>> = {
  "": { parts: 1, decimals: 0 },
  _tenths: { parts: 10, decimals: 1 },
  _hundredths: { parts: 100, decimals: 2 },
  _thousandths: { parts: 1_000, decimals: 3 },
};

interface Axis {
  readonly index: number;
  readonly parts: number;
  readonly decimals: number;
}

export interface MapColumns {
  readonly latitude: Axis;
  readonly longitude: Axis;
  readonly value: number;
}

/** null: this is no map. */
export function mapColumns(columns: readonly Pick<Column, "name" | "type">[]): MapColumns | null {
  const [latitude, longitude] = (["latitude", "longitude"] as const).map((axis) => axisIn(columns, axis));
  if (latitude == null || longitude == null) return null;
  const value = columns.findIndex(
    ({ type }, index) =>
      (type === "int64" || type === "float64") && index !== latitude.index && index !== longitude.index,
  );
  return value < 0 ? null : { latitude, longitude, value };
}

function axisIn(columns: readonly Pick<Column, "name" | "type">[], axis: string): Axis | null {
  for (const [index, { name, type }] of columns.entries()) {
    const rest = name.slice(axis.length);
    const isScale = name.startsWith(axis) && Object.hasOwn(scales, rest);
    if (isScale && type === "int64") return { index, ...scales[rest]! };
  }
  return null;
}

/** A cell whose interval is wider than this part of the scale is not coloured. */
const unsureFrom = 0.5;

/** null: it is no map, there is no cell, or there are too many. */
export function gridOf({ columns, rows }: PeopleAnswer): MapGrid | null {
  const found = mapColumns(columns);
  if (found === null) return null;
  const { latitude, longitude, value } = found;
  const read = rows.flatMap((row) => {
    const { value: number, interval } = row[value]!;
    const [lat, lon] = [row[latitude.index]!.value, row[longitude.index]!.value];
    if (number === null || lat === null || lon === null || row[value]!.list !== undefined) return [];
    const drawn = Number(number);
    return [
      { lat: Number(lat), lon: Number(lon), value: drawn, low: interval?.low ?? drawn, high: interval?.high ?? drawn },
    ];
  });
  if (read.length === 0) return null;
  const rowsFrom = edgesOf(read.map(({ lat }) => lat));
  const columnsFrom = edgesOf(read.map(({ lon }) => lon));
  if (rowsFrom.edges.length > mostMapEdges || columnsFrom.edges.length > mostMapEdges) return null;
  const scale = scaleOf(read);
  const north = [...rowsFrom.edges].reverse();
  return {
    south: north.map((edge) => edge / latitude.parts),
    west: columnsFrom.edges.map((edge) => edge / longitude.parts),
    rowDegrees: rowsFrom.step / latitude.parts,
    columnDegrees: columnsFrom.step / longitude.parts,
    decimals: Math.max(latitude.decimals, longitude.decimals),
    cells: read.map(({ lat, lon, ...cell }) => ({
      row: north.indexOf(lat),
      column: columnsFrom.edges.indexOf(lon),
      ...cell,
      unsure: cell.high - cell.low > unsureFrom * (scale.high - scale.low) && cell.high > cell.low,
    })),
    ...scale,
    name: columns[value]!.name,
    unit: columns[value]!.unit,
  };
}

/** Every edge from the first to the last, in the largest step that all of them fit. */
function edgesOf(values: readonly number[]): { readonly edges: readonly number[]; readonly step: number } {
  const known = [...new Set(values)].sort((a, b) => a - b);
  const first = known[0]!;
  const step = known.reduce((common, value) => greatestCommon(common, value - first), 0) || 1;
  const count = (known.at(-1)! - first) / step + 1;
  // One too many is enough to see that there are too many.
  return { edges: Array.from({ length: Math.min(count, mostMapEdges + 1) }, (_, index) => first + index * step), step };
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}

/** From the least to the largest value of the surest cells, so that one that is all noise does not make the others alike. */
function scaleOf(cells: readonly { value: number; low: number; high: number }[]): { low: number; high: number } {
  const widths = cells.map(({ low, high }) => high - low).sort((a, b) => a - b);
  const usual = widths[Math.floor((widths.length - 1) / 4)]!;
  const sure = cells.filter(({ low, high }) => high - low <= 2 * usual);
  const low = Math.min(...sure.map(({ value }) => value));
  const high = Math.max(...sure.map(({ value }) => value));
  return low < high ? { low, high } : { low: low - 0.5, high: high + 0.5 };
}
