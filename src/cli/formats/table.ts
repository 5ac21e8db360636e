// What came out of a query as one table, for files that other programs read. Of an answer about people: a row for each group, and for each
// noised number four columns: the value, the ends of its 95 % interval, and the standard deviation of its noise.
import type { PeopleAnswer, PeopleValue, QueryView } from "../../sdk/index.ts";

/** `days` since 1970, `micros` of UTC since 1970. */
export type ColumnType = "bool" | "int64" | "float64" | "text" | "bytes" | "date" | "timestamp";
/** Whole numbers are bigint where their column's type is int64, date or timestamp; bytes are base64. */
export type Cell = string | number | bigint | boolean | null;

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly unit: string | null;
}
export interface ResultTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

type Item = NonNullable<PeopleValue["list"]>[number];
type AnswerColumn = PeopleAnswer["columns"][number];

interface Made {
  readonly column: TableColumn;
  of(row: readonly PeopleValue[]): Cell;
}

const noneCommon: Item = { value: null, people: { value: null } };

export function answerTable({ columns, rows }: PeopleAnswer): ResultTable {
  const made = columns.flatMap((column, at): Made[] => {
    const items = Math.max(0, ...rows.map((row) => row[at]!.list?.length ?? 0));
    const isList = rows.some((row) => row[at]!.list !== undefined);
    if (!isList) return columnsOf(column.name, column, (row) => row[at], rows);
    // Of TOP_K where nothing passed its threshold: a column that is there sometimes breaks what reads the file.
    if (items === 0) return columnsOf(`${column.name}_1`, column, () => noneCommon, rows);
    return Array.from({ length: items }, (_, place) => {
      const item = (row: readonly PeopleValue[]) => row[at]!.list?.[place];
      const found = rows.map(item).find((one) => one !== undefined);
      return columnsOf(`${column.name}_${labelOf(found) ?? place + 1}`, column, item, rows);
    }).flat();
  });
  return { columns: made.map(({ column }) => column), rows: rows.map((row) => made.map(({ of }) => of(row))) };
}

/** The bin or the quantile, the same in all rows. */
function labelOf(item: Item | undefined): string | null {
  if (item?.bin !== undefined) return `${item.bin.from}_to_${item.bin.to}`;
  return item?.fraction === undefined ? null : String(item.fraction);
}

function columnsOf(
  name: string,
  { type, unit }: AnswerColumn,
  item: (row: readonly PeopleValue[]) => Item | undefined,
  rows: PeopleAnswer["rows"],
): Made[] {
  const noised = rows.some((row) => item(row)?.interval !== undefined);
  const counted = rows.some((row) => item(row)?.people !== undefined);
  // A number with noise need not be whole, whatever it is of.
  const shown: ColumnType = noised && type === "int64" && !rows.every((row) => isWhole(item(row))) ? "float64" : type;
  const value: Made = { column: { name, type: shown, unit }, of: (row) => cellOf(shown, item(row)?.value ?? null) };
  if (counted) return [value, ...withNoise(`${name}_people`, "float64", null, (row) => item(row)?.people)];
  return noised ? withNoise(name, shown, unit, item) : [value];
}

function isWhole(item: Item | undefined): boolean {
  return item === undefined || item.value === null || Number.isInteger(Number(item.value));
}

function withNoise(
  name: string,
  type: ColumnType,
  unit: string | null,
  item: (row: readonly PeopleValue[]) => Item | undefined,
): Made[] {
  const number = (end: string, of: (found: Item) => number | undefined): Made => ({
    column: { name: `${name}_${end}`, type: "float64", unit },
    of: (row) => {
      const found = item(row);
      return found === undefined ? null : (of(found) ?? null);
    },
  });
  return [
    { column: { name, type, unit }, of: (row) => cellOf(type, item(row)?.value ?? null) },
    number("low", ({ interval }) => interval?.low),
    number("high", ({ interval }) => interval?.high),
    number("noise", ({ noise }) => noise),
  ];
}

/** As the API writes a value: numbers while they are exact, else decimal text; `true` and `false` of a group's key as text. */
export function cellOf(type: ColumnType, value: string | number | boolean | null): Cell {
  if (value === null) return null;
  switch (type) {
    case "int64":
    case "date":
    case "timestamp":
      return typeof value === "boolean" ? null : BigInt(value);
    case "float64":
      return Number(value);
    case "bool":
      return value === true || value === "true";
    default:
      return String(value);
  }
}

/** Of a sink at the asker: what the cell before it produces. */
export function columnsIn({ vertices }: Pick<QueryView, "vertices">, sink: string): TableColumn[] {
  const found = vertices.find(({ id }) => id === sink);
  const before = vertices.find(({ id }) => id === found?.inputs[0]);
  return (before?.produces ?? []).map(({ name, type }) => ({ name, type: type as ColumnType, unit: null }));
}

export function recordsRow(
  columns: readonly TableColumn[],
  row: Readonly<Record<string, string | number | boolean | null>>,
): Cell[] {
  return columns.map(({ name, type }) => cellOf(type, row[name] ?? null));
}
