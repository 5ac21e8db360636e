// What an owner gives her pod: tables, large JSON in pieces, catalogues, single cells. The importers as wholes are mangled in
// src/io/pod/formats/formats.test.ts, with the files of examples/data.
import { readFileSync } from "node:fs";
import { cellReader, inferType, mergeCatalogues, parseCatalogue, podTypes } from "../../../src/core/pods/index.ts";
import { CsvSplitter } from "../../../src/io/pod/csv-split.ts";
import { JsonElements } from "../../../src/io/pod/json-elements.ts";
import { ImportRefused } from "../../../src/io/pod/refused.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { damagedText } from "../damaged-text.ts";
import { check, type Target, type Verdict, verdictOf } from "../target.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const sample = (name: string) => read(`examples/data/${name}`);
const tables = [sample("bank.csv"), 'a,b\r\n"1,""x""",2\r\n3,"4\n5"\r\n'];
const documents = ["timeline.json", "records.json", "blue-button.json", "timeline-iphone.json"].map(sample);
const ownCatalogue = `hedgerow: 1
attributes:
  - name: bank.purpose
    type: text
    description: What a booking was for
    ladder: [{ attribute: bank.purpose.first, redaction: { by: prefix, characters: 3 } }]
columns: [{ table: "bank*", column: verwendungszweck, attribute: bank.purpose }]
`;
const standard = parseCatalogue(read("catalogue/attributes.yaml"), "attributes.yaml");
const cells = [
  "2024-02-29T23:59:60.5+14:00",
  "31.12.1999 7:05",
  "-1.234.567,89",
  "1e308",
  "1,000,000",
  "00:00",
  "yes",
  "9".repeat(19),
];

/** In pieces, as a file comes. */
function inPieces(random: Random, text: string, push: (part: string) => void, end: () => void): Verdict {
  try {
    for (let at = 0; at < text.length; ) {
      const next = at + random.between(1, 200);
      push(text.slice(at, next));
      at = next;
    }
    end();
    return "accepted";
  } catch (cause) {
    if (cause instanceof ImportRefused) return cause.refusal.code;
    throw cause;
  }
}

export const podTargets: readonly Target[] = [
  {
    name: "pod: CSV in pieces",
    inputs: 3_000,
    reaches: ["pod-record-too-long"],
    attempt(random) {
      const text = damagedText(random, tables);
      let chars = 0;
      const splitter = new CsvSplitter(random.pick([",", ";", "\t"]), (found) => {
        for (const cell of found) chars += cell.length;
      });
      const verdict = inPieces(
        random,
        text,
        (part) => splitter.push(part),
        () => splitter.end(),
      );
      check(chars <= text.length, "more came out than went in");
      return verdict;
    },
  },
  {
    name: "pod: elements of JSON in pieces",
    inputs: 3_000,
    reaches: ["pod-file-malformed"],
    attempt(random) {
      const elements = new JsonElements(
        random.chance(0.2) ? "lines" : "document",
        () => {},
        () => {},
      );
      return inPieces(
        random,
        damagedText(random, documents),
        (part) => elements.push(part),
        () => elements.end(),
      );
    },
  },
  {
    name: "pod: an owner's catalogue over the standard one",
    inputs: 2_000,
    reaches: ["catalogue-invalid"],
    attempt(random) {
      const own = parseCatalogue(random.chance(0.05) ? ownCatalogue : damagedText(random, [ownCatalogue]), "own");
      if (!own.ok || !standard.ok) return verdictOf(own.ok ? standard : own);
      return verdictOf(mergeCatalogues(standard.value, own.value));
    },
  },
  {
    name: "pod: cells",
    inputs: 5_000,
    reaches: ["pod-file-malformed"],
    attempt(random) {
      const text = damagedText(random, cells).trim();
      const type = random.pick(podTypes);
      const kept = cellReader(type, random.pick(["plain", "decimal-comma", "dmy", "mdy"] as const))(text);
      const inferred = inferType([text]);
      const again = text === "" || inferred.type === "text" ? "" : cellReader(inferred.type, inferred.form)(text);
      check(again !== undefined, `inferred as ${inferred.type}, and not read as it`);
      if (kept === undefined) return "pod-file-malformed";
      if (type === "int64" || type === "float64") check(Number.isFinite(Number(kept)), `${kept} is no number`);
      if (type === "date") check(/^\d{4}-\d\d-\d\d$/.test(kept ?? ""), `${kept} is no date`);
      if (type === "timestamp")
        check(/^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(kept ?? ""), `${kept} is no time`);
      return "accepted";
    },
  },
];
