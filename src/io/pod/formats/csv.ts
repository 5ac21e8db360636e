// CSV and TSV, as spreadsheets, banks and meters export them.
import { inferColumns, type PodTable, podLimits, sqlName } from "../../../core/pods/index.ts";
import { CsvSplitter, delimiterOf } from "../csv-split.ts";
import { headText, textChunks } from "../file.ts";
import { ImportRefused } from "../refused.ts";
import { type Format, tableNameFor } from "./format.ts";

export const csv: Format = {
  name: "csv",
  title: "CSV",
  from: "spreadsheets, banks, energy meters; also semicolons or tabs",

  recognises(head, source) {
    if (/\.(csv|tsv)(\.gz)?$/i.test(source.entry ?? source.name)) return true;
    return /^[^<{[\0]/.test(head.trimStart()) && /[,;\t|]/.test(head.slice(0, 4_096).split("\n")[0] ?? "");
  },

  async plan(source, order) {
    const head = headText(source);
    const rows: string[][] = [];
    const splitter = new CsvSplitter(delimiterOf(head), (cells) => {
      if (rows.length <= podLimits.sampleRows) rows.push(cells.map((cell) => cell.trim()));
    });
    splitter.push(head);
    // The head may cut the last record, unless it is the whole file.
    if (source.packed === "no" && source.head.length >= source.bytes) splitter.end();
    const [labels, ...sample] = rows;
    if (labels === undefined) throw new ImportRefused("pod-file-empty", { blame: source.path });
    if (labels.length > podLimits.maxColumns) {
      throw new ImportRefused("pod-file-malformed", { blame: source.path, detail: `${labels.length} columns` });
    }
    const fitting = sample.filter((row) => row.length === labels.length);
    const table: PodTable = {
      name: sqlName(tableNameFor(source, order), undefined, "rows"),
      columns: inferColumns(labels, fitting),
    };
    return [table];
  },

  async read(source, tables, sink) {
    const columns = tables[0]!.columns.length;
    const splitter = new CsvSplitter(delimiterOf(headText(source)), (cells, record) => {
      if (record === 1) return;
      if (cells.length === columns) sink.row(0, cells, record);
      else sink.reject(record, `${cells.length} cells instead of ${columns}`, JSON.stringify(cells).slice(0, 8_192));
    });
    for await (const { text, readBytes } of textChunks(source)) {
      splitter.push(text);
      await sink.settle(readBytes);
    }
    splitter.end();
  },
};
