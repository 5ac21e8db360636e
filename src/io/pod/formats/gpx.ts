// GPX 1.0 and 1.1: tracks, routes and waypoints of watches, phones and bicycle computers.
import { fixedTable } from "../../../core/pods/index.ts";
import { readXml } from "../xml.ts";
import type { Format } from "./format.ts";

const points: ReadonlyMap<string, string> = new Map([
  ["trkpt", "track"],
  ["rtept", "route"],
  ["wpt", "waypoint"],
]);

export const gpx: Format = {
  name: "gpx",
  title: "GPX track",
  from: "watches, phones, bicycle computers",

  recognises: (head) => /<(\w+:)?gpx[\s>]/i.test(head.slice(0, 4_096)),
  plan: () =>
    Promise.resolve([
      fixedTable("track_points", [
        "kind",
        "name",
        "at:timestamp",
        "latitude:float64:°",
        "longitude:float64:°",
        "elevation:float64:m",
      ]),
    ]),

  async read(source, _, sink) {
    let element = 0;
    let track = "";
    let point: { lat?: string; lon?: string; at?: string; elevation?: string; name?: string } | null = null;
    await readXml(source, sink, {
      open(name, attributes) {
        if (name === "trk" || name === "rte") track = "";
        if (points.has(name)) {
          element++;
          point = { lat: attributes.lat ?? "", lon: attributes.lon ?? "" };
        }
      },
      close(name, text) {
        const kind = points.get(name);
        if (kind !== undefined && point !== null) {
          const { lat = "", lon = "" } = point;
          const fault = faultOf(lat, lon);
          const row = [kind, point.name ?? track, point.at, lat, lon, point.elevation];
          if (fault === null) sink.row(0, row, element);
          else sink.reject(element, fault, JSON.stringify(row));
          point = null;
        } else if (name === "time" && point !== null) point.at = text;
        else if (name === "ele" && point !== null) point.elevation = text;
        else if (name === "name") {
          if (point !== null) point.name = text;
          else track = text;
        }
      },
    });
  },
};

/** null: a place on Earth. */
export function faultOf(latitude: string | number, longitude: string | number): string | null {
  const [north, east] = [Number(latitude), Number(longitude)];
  if (latitude === "" || longitude === "" || !Number.isFinite(north) || !Number.isFinite(east)) return "no coordinates";
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? null : "coordinates that are not on Earth";
}
