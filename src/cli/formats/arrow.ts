// A table as an Arrow IPC file (Feather, version 2), for the programs that analysts use (docs/decisions/0021). Units stand in the
// columns' metadata.
import {
  binary,
  bool,
  columnFromArray,
  type DataType,
  dateDay,
  field,
  float64,
  int64,
  Table,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import type { Cell, ColumnType, ResultTable } from "./table.ts";

export function arrowFile({ columns, rows }: ResultTable): Uint8Array {
  const made = columns.map(({ name, type }, at): [string, ReturnType<typeof columnFromArray>] => [
    name,
    columnFromArray(
      rows.map((row) => takenAs(type, row[at] ?? null)),
      type === "timestamp" ? int64() : typeOf(type),
    ),
  ]);
  const { schema, children } = tableFromColumns(made);
  const fields = schema.fields.map((one, at) => {
    const { type, unit } = columns[at]!;
    // The library takes times as milliseconds, and loses digits: they are written as the whole numbers that they are stored as.
    return field(one.name, typeOf(type), true, unit === null ? null : new Map([["unit", unit]]));
  });
  const bytes = tableToIPC(new Table({ ...schema, fields }, children), { format: "file" });
  if (bytes === null) throw new Error("nothing was written: no sink was given");
  return bytes;
}

function typeOf(type: ColumnType): DataType {
  switch (type) {
    case "bool":
      return bool();
    case "int64":
      return int64();
    case "float64":
      return float64();
    case "text":
      return utf8();
    case "bytes":
      return binary();
    case "date":
      return dateDay();
    case "timestamp":
      return timestamp(TimeUnit.MICROSECOND, "UTC");
  }
}

const dayMs = 86_400_000;

/** As the library takes it: days in milliseconds. */
function takenAs(type: ColumnType, cell: Cell): unknown {
  if (cell === null) return null;
  if (type === "date") return Number(cell) * dayMs;
  return type === "bytes" ? new Uint8Array(Buffer.from(cell as string, "base64")) : cell;
}
