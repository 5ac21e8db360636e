// FHIR R4: bundles, as Blue Button and hospitals' portals give them, or one resource per line (bulk data). What resources have
// in common becomes columns; the whole resource is kept beside.
import { fixedTable } from "../../../core/pods/index.ts";
import { headText, textChunks } from "../file.ts";
import type { Cell } from "../intake.ts";
import { JsonElements } from "../json-elements.ts";
import type { Format } from "./format.ts";
import { jsonShape } from "./json.ts";

type Json = Readonly<Record<string, unknown>>;
const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value,
  );
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

export const fhir: Format = {
  name: "fhir",
  title: "FHIR R4 (Blue Button)",
  from: "Medicare Blue Button, hospitals' and insurers' portals",

  recognises: (head) => /^\s*[{[]/.test(head) && /"resourceType"\s*:\s*"[A-Z]/.test(head),
  plan: () =>
    Promise.resolve([
      fixedTable("fhir_resources", [
        "kind",
        "id",
        "at:timestamp",
        "ended:timestamp",
        "status",
        "code",
        "code_system",
        "label",
        "value:float64",
        "unit",
        "value_text",
        "amount:float64",
        "currency",
        "resource",
      ]),
    ]),

  async read(source, _, sink) {
    const give = (resource: unknown, element: number, whole: string) => {
      const kind = text(at(resource, "resourceType"));
      if (kind === undefined) sink.reject(element, "not a FHIR resource", whole);
      else sink.row(0, rowOf(kind, resource as Json), element);
    };
    const shape = jsonShape(headText(source));
    const elements = new JsonElements(
      shape,
      (value, key, element, whole) => {
        if (shape === "lines" && at(value, "resourceType") === "Bundle") {
          const entries = at(value, "entry");
          for (const entry of Array.isArray(entries) ? entries : []) give(at(entry, "resource"), element, whole);
        } else if (shape === "lines") give(value, element, whole);
        else if (key === "entry" || key === "") give(at(value, "resource") ?? value, element, whole);
      },
      (element, reason, whole) => sink.reject(element, reason, whole),
    );
    for await (const { text: part, readBytes } of textChunks(source)) {
      elements.push(part);
      await sink.settle(readBytes);
    }
    elements.end();
  },
};

const begins = [
  "effectiveDateTime",
  "onsetDateTime",
  "authoredOn",
  "performedDateTime",
  "occurrenceDateTime",
  "recordedDate",
  "dateAsserted",
  "date",
  "issued",
  "created",
  "birthDate",
];
const periods = ["period", "billablePeriod", "effectivePeriod", "performedPeriod", "onsetPeriod"];
const codes = ["code", "medicationCodeableConcept", "vaccineCode", "type"];

function rowOf(kind: string, resource: Json): Cell[] {
  const period = periods.map((name) => resource[name]).find((value) => value !== undefined);
  const begin = begins.map((name) => text(resource[name])).find((value) => value !== undefined);
  const concept = codes.map((name) => resource[name]).find((value) => value !== undefined);
  const first = Array.isArray(concept) ? concept[0] : concept;
  const coding = at(first, "coding", 0);
  const quantity = resource.valueQuantity;
  const status = text(resource.status) ?? text(at(resource.clinicalStatus, "coding", 0, "code"));
  const worded = text(resource.valueString) ?? text(at(resource.valueCodeableConcept, "text"));
  const paid = at(resource, "payment", "amount") ?? at(resource, "total", 0, "amount");
  return [
    kind,
    text(resource.id),
    whole(text(at(period, "start")) ?? begin),
    whole(text(at(period, "end"))),
    status,
    text(at(coding, "code")),
    text(at(coding, "system")),
    text(at(first, "text")) ?? text(at(coding, "display")),
    number(at(quantity, "value")),
    text(at(quantity, "unit")),
    worded ?? text(at(resource.valueCodeableConcept, "coding", 0, "display")),
    number(at(paid, "value")),
    text(at(paid, "currency")),
    JSON.stringify(resource),
  ];
}

/** FHIR allows a year or a month alone; it is kept as its first day. */
function whole(time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  if (/^\d{4}$/.test(time)) return `${time}-01-01`;
  return /^\d{4}-\d\d$/.test(time) ? `${time}-01` : time;
}
