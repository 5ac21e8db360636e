// Each sample of examples/data becomes the rows it should, hostile variants of each are refused by a code and never crash.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusals } from "../../../core/base/index.ts";
import { openPod, planImport, runImport } from "../index.ts";

const samples = "examples/data";
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-formats-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An archive of one file. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(20, 0);
  about.writeUInt16LE(8, 4);
  about.writeUInt32LE(crc32(content), 10);
  about.writeUInt32LE(packed.length, 14);
  about.writeUInt32LE(content.length, 18);
  about.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), about, Buffer.from(name), packed]);
  const directory = Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), about, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

async function importFile(file: string, format?: string) {
  const order = { file, ...(format === undefined ? {} : { format }) };
  const plan = await planImport(join(folder, "pod"), order, (tables) => tables);
  return plan.ok ? runImport(join(folder, "pod"), plan.value, { nowMs: () => 0 }) : plan;
}

async function imported(name: string, format?: string) {
  const report = await importFile(name.includes("/") ? name : join(samples, name), format);
  if (!report.ok) throw new Error(`${report.code} ${report.detail}`);
  return report.value;
}

async function ask(question: string): Promise<unknown[]> {
  const pod = await openPod(join(folder, "pod"));
  if (!pod.ok) throw new Error(pod.code);
  const answer = pod.value.sql(question);
  if (!answer.ok) throw new Error(answer.detail);
  const rows = [...answer.value.rows];
  pod.value.close();
  return rows;
}

describe("samples", () => {
  const expected: [string, string, number, number][] = [
    ["bank.csv", "csv", 4, 0],
    ["readings.ndjson", "json", 3, 0],
    ["apple-health.xml", "apple-health", 7, 0],
    ["ride.gpx", "gpx", 3, 1],
    ["green-button.xml", "green-button", 2, 0],
    ["statement.ofx", "ofx", 2, 0],
    ["statement-2.ofx", "ofx", 1, 0],
    ["blue-button.json", "fhir", 3, 0],
    ["records.json", "timeline", 2, 0],
    ["semantic.json", "timeline", 2, 0],
    ["timeline.json", "timeline", 4, 0],
    ["timeline-iphone.json", "timeline", 2, 0],
  ];

  it("are all in the table below", () => {
    expect(expected.map(([name]) => name).sort()).toEqual(
      readdirSync(samples)
        .filter((name) => name !== "README.md")
        .sort(),
    );
  });

  for (const [name, format, added, rejected] of expected) {
    it(`${name}: told as ${format}, ${added} rows, once`, async () => {
      expect(await imported(name)).toMatchObject({ format, added, rejected, known: 0 });
      expect(await imported(name)).toMatchObject({ added: 0, known: added });
    });
  }

  it("say what they say", async () => {
    for (const [name] of expected) await imported(name);
    expect(await ask("select measure, value, category, started from health_records order by started limit 1")).toEqual([
      ["SleepAnalysis", null, "SleepAnalysisAsleepCore", "2024-02-29T22:10:00Z"],
    ]);
    expect(await ask("select kind, distance, distance_unit, energy from health_workouts")).toEqual([
      ["Cycling", 12.4, "km", 287],
    ]);
    expect(await ask("select birth_date, sex from health_me")).toEqual([["1987-05-04", "Female"]]);
    expect(await ask("select at, used, cost, flow from electricity_readings order by at limit 1")).toEqual([
      ["2024-03-01T00:00:00Z", 0.254, 0.0812, "used"],
    ]);
    expect(await ask("select counterparty, amount, currency from bank_transactions order by booked")).toEqual([
      ["BOOKS & MORE", -23.4, "USD"],
      ["GREENHOUSE INC", 1850, "USD"],
      ["Kino am Fluß", -12.9, "EUR"],
    ]);
    expect(await ask("select kind, at, value, amount from fhir_resources order by kind")).toEqual([
      ["ExplanationOfBenefit", "2024-01-12T00:00:00", null, 84.2],
      ["Observation", "2024-01-12T08:30:00Z", 71, null],
      ["Patient", "1950-07-01T00:00:00", null, null],
    ]);
    expect(await ask("select at, round(latitude, 4), source from location_points order by at")).toEqual([
      ["2022-05-01T08:00:00.123Z", 48.3984, "WIFI"],
      ["2022-05-01T08:05:00Z", 48.4011, null],
      ["2024-12-01T07:01:00.000Z", 48.3984, "GPS"],
      ["2024-12-01T08:05:00.000Z", 48.399, "path"],
      ["2024-12-01T08:05:00Z", 48.399, "path"],
    ]);
    expect(await ask("select place, probability from location_visits order by at, place")).toEqual([
      ["Minster", 91],
      ["HOME", 0.87],
      ["Home", 0.87],
    ]);
    expect(await ask("select kind, distance from location_moves order by at")).toEqual([
      ["WALKING", 640],
      ["CYCLING", 1520.5],
    ]);
    expect(await ask("select betrag_eur from bank order by buchungstag")).toEqual([[-61], [-7.45], [2412.8], [-780]]);
  });

  it("packed with gzip they are the same", async () => {
    const file = join(folder, "ride.gpx.gz");
    writeFileSync(file, gzipSync(readFileSync(join(samples, "ride.gpx"))));
    expect(await imported(file)).toMatchObject({ format: "gpx", added: 3 });
  });

  it("Apple's export.zip is read where it lies", async () => {
    const file = join(folder, "export.zip");
    const content = readFileSync(join(samples, "apple-health.xml"));
    writeFileSync(file, zipOf("apple_health_export/export.xml", content));
    expect(await imported(file)).toMatchObject({ format: "apple-health", added: 7 });
    expect(await imported("apple-health.xml")).toMatchObject({ added: 0, known: 7 });
  });

  it("a SQLite file: every table that holds something", async () => {
    const file = join(folder, "app.sqlite");
    const database = new Database(file);
    database.exec("create table Notes(id integer, made text, body blob); create table empty(x); create table big(n)");
    database.exec("insert into Notes values (1, '2024-01-01T00:00:00Z', x'00ff'), (2, null, 'b')");
    database.exec("insert into big values (9007199254740993)");
    database.close();
    expect(await imported(file)).toMatchObject({ format: "sqlite", added: 3, tables: ["notes", "big"] });
    expect(await ask("select id, made, body from notes order by id")).toEqual([
      [1, "2024-01-01T00:00:00Z", "AP8="],
      [2, null, "b"],
    ]);
    expect(await ask("select n from big")).toEqual([[9007199254740993n]]);
  });
});

describe("hostile files", () => {
  const refusedWith = async (name: string, text: string | Buffer, format?: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const result = await importFile(file, format);
    return result.ok ? "accepted" : result.code;
  };

  it("an entity bomb does not go off", async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE HealthData [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><HealthData><Record type="&b;"/></HealthData>`;
    expect(await refusedWith("bomb.xml", bomb)).toBe("pod-file-malformed");
  });

  it("deep XML, a text without end, and a gzip bomb are refused", async () => {
    expect(await refusedWith("deep.gpx", `<gpx>${"<a>".repeat(1_000)}`)).toBe("pod-file-deep");
    expect(await refusedWith("long.gpx", `<gpx><name>${"x".repeat(20 * 1024 * 1024)}</name></gpx>`)).toBe(
      "pod-record-too-long",
    );
    expect(await refusedWith("bomb.csv.gz", gzipSync(Buffer.alloc(300 * 1024 * 1024, "a,b\n")))).toBe("pod-zip-unfit");
  });

  it("an archive that unpacks to far more than it holds, and one without anything to import, are refused", async () => {
    expect(await refusedWith("bomb.zip", zipOf("a.csv", Buffer.alloc(300 * 1024 * 1024, "a,b\n")))).toBe(
      "pod-zip-unfit",
    );
    expect(await refusedWith("pictures.zip", zipOf("a.jpg", Buffer.from("x")))).toBe("pod-zip-unfit");
    const cut = zipOf("a.csv", Buffer.from("a,b\n1,2\n".repeat(1_000)));
    cut.fill(0, 40, 60);
    expect(await refusedWith("damaged.zip", cut)).toBe("pod-zip-unfit");
  });

  it("a damaged database and a text that claims to be one are refused", async () => {
    expect(await refusedWith("x.sqlite", `SQLite format 3\0${"x".repeat(5_000)}`)).toBe("pod-file-malformed");
  });

  it("of location history, what says neither where nor when is kept beside, whatever it is", async () => {
    const startTime = "2024-01-01T08:00:00Z";
    const file = join(folder, "Timeline.json");
    const path = [null, 5, "x", [], { point: "48.1°, 11.5°", time: startTime }];
    const segments = [
      { startTime, timelinePath: path },
      { startTime, visit: null },
      { startTime: null, activity: { topCandidate: { type: "walking" } } },
      { visit: { topCandidate: { placeLocation: { latLng: "48.1°, 11.5°" } } } },
    ];
    writeFileSync(file, JSON.stringify({ semanticSegments: segments }));
    expect(await imported(file)).toMatchObject({ added: 1, rejected: 4 });
    expect(await ask("select at, latitude from location_points")).toEqual([[startTime, 48.1]]);
    const objects = [
      { activitySegment: null },
      { placeVisit: { location: { latitudeE7: 481000000, longitudeE7: 115000000 } } },
    ];
    writeFileSync(file, JSON.stringify({ timelineObjects: objects }));
    expect(await imported(file)).toMatchObject({ added: 0, rejected: 2 });
  });

  for (const name of readdirSync(samples).filter((file) => file !== "README.md")) {
    it(`${name}, mangled: taken or refused by a code of the table`, async () => {
      const whole = readFileSync(join(samples, name));
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(..."<>&\"'{}[],:;\n\0\u00ff-9e")), {
            maxLength: 4,
          }),
          fc.nat(whole.length),
          fc.boolean(),
          async (changes, cut, cuts) => {
            const bytes = Buffer.from(whole);
            for (const [place, character] of changes) bytes[place] = character.charCodeAt(0);
            const code = await refusedWith(basename(name), cuts ? bytes.subarray(0, cut) : bytes);
            if (code === "accepted") return;
            refused++;
            expect(Object.hasOwn(refusals, code)).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
      expect(refused).toBeGreaterThan(0);
    });
  }
});
