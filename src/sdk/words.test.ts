// A file of an analyst's own words beside a question: what it takes along, what it says of faults, and that nothing changes without it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { askedSchema } from "../core/model/index.ts";
import { readAsked } from "../node/asking/ground.ts";
import { dryRun } from "./dry-run.ts";
import { askedOf, readSubmission, readWordsFile, validateSubmission } from "./query.ts";

const folder = "examples/own-words";
const roofs = readSubmission(`${folder}/roofs.sql`);
const solar = readWordsFile(`${folder}/solar.yaml`);
const given = { ...roofs, words: solar };
const faultsWith = (change: (text: string) => string) => {
  const answer = validateSubmission({ ...roofs, words: { ...solar, text: change(solar.text) } });
  return answer.at === "faulty" ? answer.faults : [];
};
const lineOf = (text: string, part: string) => text.split("\n").findIndex((line) => line.includes(part)) + 1;

describe("a question in words of one's own", () => {
  it("takes along what it names, without descriptions, and is read the same by whoever gets it", () => {
    const asked = askedOf(given, 9);
    if (!asked.ok) throw new Error(JSON.stringify(asked.faults));
    expect(asked.asked.words).toMatchObject({
      attributes: [{ name: "solar.yield", unit: "kWh", ladder: [{ attribute: "solar.yield.rounded" }] }],
      tables: [{ name: "solar_days", columns: [{ name: "kwh" }] }],
    });
    expect(JSON.stringify(asked.asked)).not.toContain("panels");
    expect(asked.asked.words!.tables[0]!.columns).toHaveLength(1);
    expect(asked.notes.join(" ")).toContain("solar.yield");
    expect(askedSchema.safeParse(asked.asked)).toMatchObject({ success: true });
    const read = readAsked(asked.asked);
    expect(read.ok && read.value).toEqual(asked.question);
    const { words: _, ...without } = asked.asked;
    expect(readAsked(without)).toMatchObject({ code: "ask-statement" });
  });

  it("that names none of them is what it is without them", () => {
    const plain = readSubmission("examples/pilots-sick-leave.sql");
    const [bare, beside] = [askedOf(plain, 9), askedOf({ ...plain, words: solar }, 9)];
    if (!bare.ok || !beside.ok) throw new Error("refused");
    expect(beside.asked).toEqual(bare.asked);
    expect(beside.notes).toEqual([
      ...bare.notes,
      `The question names nothing of ${folder}/solar.yaml: none of it is sent.`,
    ]);
    expect(validateSubmission(roofs)).toMatchObject({ at: "faulty", faults: [{ code: "sql-unknown-name" }] });
  });

  it("is tried over invented people, who describe them alike", async () => {
    const ran = await dryRun(given, { people: 60, seed: 1, willing: "all" });
    if (ran.at !== "answered") throw new Error(JSON.stringify(ran.faults));
    expect(ran.run.decisions).toEqual({ contributed: 60, refused: [] });
    expect(ran.run.troubles).toEqual([]);
    const [[truth] = []] = ran.run.truth as unknown as [[{ value: string | number }]];
    expect(Number(truth!.value)).toBeGreaterThan(10);
  });

  it("invented people allow by name what came with it as often as they allow what is standard", async () => {
    const decided = async (submission: typeof roofs, people = 400) => {
      const ran = await dryRun(submission, { people, seed: 1 });
      if (ran.at !== "answered") throw new Error(JSON.stringify(ran.faults));
      const { contributed, refused } = ran.run.decisions;
      const of = (code: string) => refused.find((one) => one.code === code)?.people ?? 0;
      return { contributed, of };
    };
    const standard = await decided(readSubmission("examples/pilots-sick-leave.sql"));
    const own = await decided(given);
    expect(own.contributed).toBeGreaterThan(0.6 * 400);
    for (const code of ["consent-waiting", "consent-not-allowed", "consent-too-few-people", "budget-too-large"])
      expect([code, own.of(code)]).toEqual([code, standard.of(code)]);
    expect(own.of("consent-denied")).toBeGreaterThan(0);
    const advertising = { ...given, text: given.text.replace("epsilon", "purpose = 'advertising', epsilon") };
    expect((await decided(advertising)).contributed).toBe(0);
    const many = (await decided({ ...given, settings: { minimumPeople: 1_000 } }, 400)).of("consent-too-few-people");
    expect(many).toBe(0);
  });
});

describe("a fault of the file names its place and what to do", () => {
  const cases: readonly [string, (text: string) => string, string, string, RegExp][] = [
    [
      "a standard attribute",
      (text) => text.replace("name: solar.yield", "name: bank.amount"),
      "ask-words",
      "- name: solar.yield",
      /another name/,
    ],
    [
      "a standard table",
      (text) => text.replace("solar_days", "ratings"),
      "ask-words",
      "name: solar_days",
      /another name/,
    ],
    ["columns", (text) => `${text}columns: []\n`, "ask-words", "", /each owner says herself/],
    ["concepts", (text) => `${text}concepts: []\n`, "ask-words", "", /the same for everybody/],
    [
      "an unknown key",
      (text) => text.replace("unit: kWh", "units: kWh"),
      "unknown-key",
      "unit: kWh",
      /Remove it.*unit/,
    ],
    ["a wrong type", (text) => text.replace("float64", "number"), "wrong-value", "type: float64", /Allowed: text/],
    [
      "an unknown attribute",
      (text) => text.replace("attribute: solar.day.month }", "attribute: solar.dy.month }"),
      "ask-words",
      "name: month",
      /Describe it/,
    ],
    ["nothing in it", () => "# later\n", "yaml-invalid", "", /Write a catalogue/],
    ["two documents", (text) => `${text}---\n${text}`, "yaml-invalid", "", /one catalogue/],
    ["no YAML", (text) => text.replace("attributes:", "attributes: ["), "yaml-invalid", "", /./],
  ];
  it.each(cases)("with %s", (_, change, code, part, remedy) => {
    const [fault] = faultsWith(change);
    expect(fault).toMatchObject({ code, file: `${folder}/solar.yaml`, remedy: expect.stringMatching(remedy) });
    if (part !== "") expect(fault!.line).toBe(lineOf(solar.text, part));
  });

  it("with more than travels", () => {
    const values = Array.from({ length: 200 }, (_, at) => `"${at}${"x".repeat(150)}"`).join(",\n          ");
    const [fault] = faultsWith((text) =>
      text.replace(
        "columns:\n",
        `columns:\n      - { name: film, attribute: movie.title, required: true, values: [${values}] }\n`,
      ),
    );
    expect(fault).toMatchObject({ code: "ask-words", message: expect.stringContaining("16384 bytes") });
  });

  it("and the examples beside each other describe the same", () => {
    const own = readFileSync(`${folder}/pod-catalogue.yaml`, "utf8");
    const ladders = (text: string) => text.match(/ladder:\n.*\n/g);
    expect(ladders(own)).toEqual(ladders(solar.text));
  });
});
