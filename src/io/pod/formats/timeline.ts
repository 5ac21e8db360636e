// Google location history, in the four forms it has had: Records.json and Semantic Location History of Takeout, Timeline.json that
// Android phones export since 2024, and location-history.json of iPhones.
import { isoOfMs } from "../../../core/base/index.ts";
import { fixedTable } from "../../../core/pods/index.ts";
import { textChunks } from "../file.ts";
import type { Cell, Sink } from "../intake.ts";
import { JsonElements } from "../json-elements.ts";
import type { Format } from "./format.ts";
import { faultOf } from "./gpx.ts";

const tables = [
  fixedTable("location_points", [
    "at:timestamp",
    "latitude:float64:°",
    "longitude:float64:°",
    "accuracy:float64:m",
    "altitude:float64:m",
    "source",
  ]),
  fixedTable("location_visits", [
    "at:timestamp",
    "until:timestamp",
    "latitude:float64:°",
    "longitude:float64:°",
    "place",
    "address",
    "probability:float64",
  ]),
  fixedTable("location_moves", [
    "at:timestamp",
    "until:timestamp",
    "kind",
    "distance:float64:m",
    "from_latitude:float64:°",
    "from_longitude:float64:°",
    "to_latitude:float64:°",
    "to_longitude:float64:°",
  ]),
];

type Json = Readonly<Record<string, unknown>>;
type Place = readonly [number, number];
const part = (value: unknown, key: string): Json => {
  const inner = (value as Json | undefined)?.[key];
  return typeof inner === "object" && inner !== null ? (inner as Json) : {};
};
const cell = (value: unknown): Cell => (typeof value === "string" || typeof value === "number" ? value : null);
/** iPhones write numbers as text. */
const numberOf = (value: unknown): Cell => (value === undefined || value === null ? null : String(value));

/** "48.137°, 11.575°", "geo:48.137,11.575", or degrees times ten million. */
function placeOf(value: unknown): Place | null {
  const text = typeof value === "string" ? /^(?:geo:)?(-?\d+(?:\.\d+)?)°?,\s*(-?\d+(?:\.\d+)?)°?$/.exec(value) : null;
  if (text !== null) return [Number(text[1]), Number(text[2])];
  if (typeof value !== "object" || value === null) return null;
  const { latitudeE7, longitudeE7, latLng } = value as Json;
  if (typeof latitudeE7 === "number" && typeof longitudeE7 === "number") return [latitudeE7 / 1e7, longitudeE7 / 1e7];
  return latLng === undefined ? null : placeOf(latLng);
}

export const timeline: Format = {
  name: "timeline",
  title: "Google location history",
  from: "Google Takeout, or Timeline export on the phone",

  recognises: (head) =>
    /^\s*\{\s*"(locations|timelineObjects|semanticSegments|rawSignals)"\s*:/.test(head) ||
    (/^\s*\[\s*\{/.test(head) && /"(visit|activity|timelinePath)"\s*:/.test(head) && /"geo:-?\d/.test(head)),
  plan: () => Promise.resolve(tables),

  async read(source, _, sink) {
    const elements = new JsonElements(
      "document",
      (value, key, element, text) => {
        if (!given(sink, value as Json, key, element)) sink.reject(element, "no place or time that is known", text);
      },
      (element, reason, text) => sink.reject(element, reason, text),
    );
    for await (const { text, readBytes } of textChunks(source)) {
      elements.push(text);
      await sink.settle(readBytes);
    }
    elements.end();
  },
};

function given(sink: Sink, value: Json, key: string, element: number): boolean {
  if (key === "locations") {
    const { timestamp, timestampMs, accuracy, altitude, source } = value;
    const at = timestamp ?? (timestampMs === undefined ? undefined : isoOfMs(Number(timestampMs)));
    return point(sink, element, at, placeOf(value), [accuracy, altitude, source]);
  }
  if (key === "timelineObjects") return takeoutObject(sink, value, element);
  if (key === "rawSignals") {
    if (value.position === undefined) return true; // what the phone heard of Wi-Fi and movement
    const { LatLng, latLng, timestamp, accuracyMeters, altitudeMeters, source } = part(value, "position");
    return point(sink, element, timestamp, placeOf(LatLng ?? latLng), [accuracyMeters, altitudeMeters, source]);
  }
  return key === "semanticSegments" || key === "" ? segment(sink, value, element) : true;
}

function point(sink: Sink, element: number, at: unknown, place: Place | null, rest: readonly unknown[]): boolean {
  if (typeof at !== "string" || place === null || faultOf(...place) !== null) return false;
  sink.row(0, [at, ...place, ...rest.map(cell)], element);
  return true;
}

function takeoutObject(sink: Sink, value: Json, element: number): boolean {
  if (value.placeVisit !== undefined) {
    const visit = part(value, "placeVisit");
    const [location, duration] = [part(visit, "location"), part(visit, "duration")];
    const place = placeOf(location);
    const [from, to] = timesOf(duration);
    if (place === null || from === null) return false;
    sink.row(
      1,
      [from, to, ...place, cell(location.name), cell(location.address), cell(visit.visitConfidence)],
      element,
    );
    return true;
  }
  if (value.activitySegment === undefined) return false;
  const move = part(value, "activitySegment");
  const [from, to] = timesOf(part(move, "duration"));
  if (from === null) return false;
  const ends = [placeOf(move.startLocation), placeOf(move.endLocation)].flatMap((place) => place ?? [null, null]);
  sink.row(2, [from, to, cell(move.activityType), cell(move.distance), ...ends], element);
  return true;
}

function timesOf(duration: Json): [Cell, Cell] {
  const time = (name: string): Cell => {
    const ms = duration[`${name}Ms`];
    return cell(duration[name] ?? (ms === undefined ? undefined : isoOfMs(Number(ms))));
  };
  return [time("startTimestamp"), time("endTimestamp")];
}

function segment(sink: Sink, value: Json, element: number): boolean {
  const [from, to] = [cell(value.startTime), cell(value.endTime)];
  if (from === null) return false;
  if (value.visit !== undefined) {
    const visit = part(value, "visit");
    const best = part(visit, "topCandidate");
    const place = placeOf(best.placeLocation);
    if (place === null) return false;
    sink.row(1, [from, to, ...place, cell(best.semanticType), null, numberOf(visit.probability)], element);
    return true;
  }
  if (value.activity !== undefined) {
    const move = part(value, "activity");
    const ends = [placeOf(move.start), placeOf(move.end)].flatMap((place) => place ?? [null, null]);
    sink.row(2, [from, to, cell(part(move, "topCandidate").type), numberOf(move.distanceMeters), ...ends], element);
    return true;
  }
  if (!Array.isArray(value.timelinePath)) return value.timelineMemory !== undefined;
  const steps = value.timelinePath.map((_, at) => part(value.timelinePath, String(at)));
  return steps.map((step) => pathPoint(sink, step, value.startTime, element)).every(Boolean);
}

function pathPoint(sink: Sink, step: Json, start: unknown, element: number): boolean {
  const offset = Number(step.durationMinutesOffsetFromStartTime ?? Number.NaN);
  const startMs = typeof start === "string" ? Date.parse(start) : Number.NaN;
  const later = Number.isFinite(offset + startMs) ? isoOfMs(startMs + offset * 60_000) : undefined;
  return point(sink, element, step.time ?? later, placeOf(step.point), [null, null, "path"]);
}
