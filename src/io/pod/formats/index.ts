// All formats, the telling ones first: CSV takes what is left.
import type { SourceFile } from "../file.ts";
import { headText } from "../file.ts";
import { ImportRefused } from "../refused.ts";
import { appleHealth } from "./apple-health.ts";
import { csv } from "./csv.ts";
import { fhir } from "./fhir.ts";
import type { Format } from "./format.ts";
import { gpx } from "./gpx.ts";
import { greenButton } from "./green-button.ts";
import { json } from "./json.ts";
import { ofx } from "./ofx.ts";
import { sqlite } from "./sqlite.ts";
import { timeline } from "./timeline.ts";

export const formats: readonly Format[] = [sqlite, appleHealth, gpx, greenButton, ofx, fhir, timeline, json, csv];

export function formatNamed(name: string): Format {
  const found = formats.find((format) => format.name === name);
  if (found !== undefined) return found;
  const names = formats.map((format) => format.name).join(", ");
  const sheet = /^(xlsx?|xlsm|ods|numbers)$/i.test(name) ? ". Save a spreadsheet as CSV, and import that" : "";
  throw new ImportRefused("pod-order", { detail: `there is no format "${name}"; there are ${names}${sheet}` });
}

export function formatOf(source: SourceFile): Format {
  const head = source.head.subarray(0, 16).toString("latin1").startsWith("SQLite format 3") ? "" : headText(source);
  const found = formats.find((format) => format.recognises(head.slice(0, 64 * 1024), source));
  if (found === undefined) throw new ImportRefused("pod-format-unknown", { blame: source.path });
  return found;
}
