// The thread that asks pods: a slow pod holds nobody up, one that the thread does not come back from takes no other with it, and what is
// kept open is what lies there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Question, wordsSchema } from "../../../core/model/index.ts";
import { askableOf, askableWith, fixedTable, parseCatalogue, withAttributes } from "../../../core/pods/index.ts";
import { parseQuestion } from "../../../core/sql/index.ts";
import { openDatabase, rowsOf } from "../database.ts";
import { fillPod } from "../import.ts";
import { ownCatalogueFile } from "../own-catalogue.ts";
import { forgetPod } from "../pod.ts";
import { podKey } from "../pod-key.ts";
import { createPodThread, type PodThread } from "./thread.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const catalogue = parsed.value;
const question = parseQuestion(
  `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) SUM(stars, contribution_bounds_per_group => (0, 9)) FROM ratings`,
  "q.sql",
  { catalogue: askableOf(catalogue) },
);
if (!question.ok) throw new Error(JSON.stringify(question.faults));
const { local } = question.question;
const films = withAttributes(catalogue, [fixedTable("kino", ["film", "sterne:int64"])]).map((table) => ({
  ...table,
  columns: table.columns.map((column) => ({
    ...column,
    attribute: (column.name === "film" ? "movie.title" : "movie.stars") as never,
  })),
}));

/** A statement that counts so far before it gives its rows. */
function counting(to: number): Question["local"] {
  const count = `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${to}) SELECT max(i) FROM n)`;
  return { ...local, sql: `SELECT * FROM (${local.sql}) WHERE ${count} > 0` };
}
/** Hours, at any speed. */
const endless = counting(1e12);

let folder = "";
let thread: PodThread;
const podOf = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-thread-"));
});
afterEach(async () => {
  await thread.close();
  rmSync(folder, { recursive: true, force: true });
});

async function fill(name: string, stars: readonly number[]): Promise<string> {
  const rows = stars.map((count, i): [number, (string | number)[]] => [0, [`film ${i}`, count]]);
  const filled = await fillPod(podOf(name), { source: "test", format: "test", tables: films, rows }, () => 0);
  if (!filled.ok) throw new Error(filled.code);
  return podOf(name);
}
async function starsOf(pod: string, asked = local): Promise<unknown> {
  const answer = await thread.answer(pod, asked);
  return answer.ok ? answer.value.rows.map(([stars]) => Number(stars)) : [answer.code, answer.detail];
}
async function codeOf(pod: string, asked = local): Promise<string> {
  const answer = await thread.answer(pod, asked);
  return answer.ok ? "" : answer.code;
}

describe("a statement that takes too long", () => {
  it("is interrupted, and holds up neither this thread nor the others who are asked", async () => {
    thread = createPodThread(() => catalogue, { maxWorkAtOnce: 1, answerWithinMs: 300 });
    const [slow, quick] = [await fill("slow", [1, 2]), await fill("quick", [3])];
    const order: string[] = [];
    const answers = [
      starsOf(slow, endless).finally(() => order.push("slow")),
      starsOf(quick).finally(() => order.push("quick")),
      starsOf(slow).finally(() => order.push("slow, asked something else")),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.all(answers)).toEqual([["pod-answer", "it takes longer than 0.3 seconds"], [3], [1, 2]]);
    expect(order).toEqual(["quick", "slow", "slow, asked something else"]);
  });

  it("and cannot be interrupted is given up with its thread, and the others are asked by the next one", async () => {
    thread = createPodThread(() => catalogue, { maxWorkAtOnce: 1e9, answerAtOnceWithinMs: 100 });
    const [slow, quick] = [await fill("slow", [1, 2]), await fill("quick", [3])];
    // It is no danger to the next test: it ends by itself.
    const answers = await Promise.all([starsOf(slow, counting(3e7)), starsOf(quick), starsOf(quick)]);
    expect(answers).toEqual([["pod-answer", "it takes longer than 0.1 seconds"], [3], [3]]);
  }, 60_000);
});

describe("a thread that dies", () => {
  it("or does not start, fails whom it was asking, and the next question works", async () => {
    let times = 0;
    // No thread can be given a function.
    thread = createPodThread(() => (++times === 1 ? ({ tables: () => {} } as never) : catalogue));
    const [one, other] = [await fill("one", [4]), await fill("other", [5])];
    expect(await Promise.all([codeOf(one), codeOf(other)])).toEqual(["pod-thread", "pod-thread"]);
    expect(await starsOf(one)).toEqual([4]);
    const asked = codeOf(one, { ...local, binds: [(() => {}) as never] });
    expect(await asked).toBe("pod-thread");
    expect(await starsOf(one)).toEqual([4]);
    expect(times).toBe(3);
  });

  it("because its node stops, fails whom it was asking, and asks nobody any more", async () => {
    thread = createPodThread(() => catalogue, { maxWorkAtOnce: 1 });
    const pod = await fill("one", [4, 5]);
    expect(await starsOf(pod)).toEqual([4, 5]);
    const asked = codeOf(pod, endless);
    await new Promise((resolve) => setImmediate(resolve));
    await thread.close();
    expect([await asked, await codeOf(pod)]).toEqual(["pod-thread", "pod-thread"]);
  });
});

describe("a pod that stays open", () => {
  const openOf = async (pod: string) => {
    const key = await podKey(pod, false);
    if (!key.ok) throw new Error(key.code);
    const opened = openDatabase(pod, key.value, undefined, 0);
    if (!opened.ok) throw new Error(opened.code);
    return opened.value;
  };

  it("shows what others write to it, and keeps nobody from giving its journal back", async () => {
    thread = createPodThread(() => catalogue);
    const pod = await fill("one", [1, 2, 3]);
    expect(await starsOf(pod)).toEqual([1, 2, 3]);
    const other = await openOf(pod);
    other.exec("delete from kino where sterne = 2");
    expect(rowsOf(other, "pragma wal_checkpoint(TRUNCATE)")).toEqual([[0, 0, 0]]);
    other.exec("update pod_columns set attribute = null where name = 'sterne'");
    other.close();
    expect(await starsOf(pod)).toEqual([]);
    // For her history: nothing of hers stands for what was read.
    expect(await thread.answer(pod, local)).toMatchObject({ value: { rows: [], lacks: ["movie.stars"] } });
    expect(await thread.answer(await fill("two", [1]), local)).toMatchObject({ value: { lacks: [] } });
    expect(await thread.answer(await fill("none", []), local)).toMatchObject({ value: { rows: [], lacks: [] } });
  });

  it("is not read any more when it was forgotten, nor in place of the one that came after it", async () => {
    thread = createPodThread(() => catalogue);
    const pod = await fill("one", [1, 2]);
    expect(await starsOf(pod)).toEqual([1, 2]);
    await forgetPod(pod);
    expect(await codeOf(pod)).toBe("pod-missing");
    await fill("one", [5]);
    expect(await starsOf(pod)).toEqual([5]);
  });

  it("is closed with the thread when nobody was asked for a while, and opened again", async () => {
    thread = createPodThread(() => catalogue, { openPodsIdleMs: 10 });
    const pod = await fill("one", [1]);
    expect(await starsOf(pod)).toEqual([1]);
    const other = await openOf(pod);
    // Who is alone with a pod can take it out of its journal mode.
    const isAlone = () => {
      try {
        return rowsOf(other, "pragma journal_mode=delete")[0]?.[0] === "delete";
      } catch (cause) {
        expect(String(cause)).toContain("locked");
        return false;
      }
    };
    while (!isAlone()) await new Promise((resolve) => setTimeout(resolve, 20));
    other.close();
    expect(await starsOf(pod)).toEqual([1]);
  });

  it("is refused to more people at once than can wait", async () => {
    thread = createPodThread(() => catalogue, { maxAskedWaiting: 1 });
    const pod = await fill("one", [1]);
    expect(await Promise.all([codeOf(pod), codeOf(pod)])).toEqual(["", "pod-answer"]);
  });
});

describe("a question in an analyst's own words", () => {
  const rung = { attribute: "taste.stars.rough", redaction: { by: "round", to: 2 } };
  const stars = { name: "taste.stars", type: "int64", unit: null };
  const columns = [{ name: "rough", attribute: rung.attribute, required: true, range: { min: 0, max: 9 } }];
  const words = wordsSchema.parse({
    attributes: [{ ...stars, ladder: [rung] }],
    tables: [{ name: "tastes", attribute: "taste", rows: "many", columns }],
  });
  const askable = askableWith(catalogue, words);
  const inWords = parseQuestion(
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) SUM(rough) FROM tastes",
    "q.sql",
    askable.ok ? { catalogue: askable.value } : ({} as never),
  );
  const asked = inWords.ok ? inWords.question.local : ({} as never);
  const own = (pod: string, to: number) => {
    const attributes = [{ ...stars, description: "mine", ladder: [{ ...rung, redaction: { by: "round", to } }] }];
    writeFileSync(join(pod, ownCatalogueFile), JSON.stringify({ hedgerow: 1, attributes }));
  };
  const mapTo = async (pod: string, attribute: string | null) => {
    const key = await podKey(pod, false);
    const opened = key.ok ? openDatabase(pod, key.value, undefined, 0) : key;
    if (!opened.ok) throw new Error(opened.code);
    opened.value.prepare("update pod_columns set attribute = ? where name = 'sterne'").run([attribute]);
    opened.value.close();
  };

  it("sees a column of whom describes it alike as she does now, and of nobody else", async () => {
    thread = createPodThread(() => catalogue);
    const [one, other] = [await fill("one", [1, 4]), await fill("other", [7])];
    for (const pod of [one, other]) await mapTo(pod, "taste.stars");
    expect(await starsOf(one, asked)).toEqual([]);
    own(one, 2);
    own(other, 1);
    expect(await starsOf(one, asked)).toEqual([2, 4]);
    expect(await starsOf(other, asked)).toEqual([]);
    expect(await thread.answer(other, asked)).toMatchObject({ value: { rows: [], lacks: [rung.attribute] } });
    own(one, 10);
    expect(await starsOf(one, asked)).toEqual([]);
    writeFileSync(join(one, ownCatalogueFile), "hedgerow: 1\nattributes: nonsense\n");
    expect(await codeOf(one, asked)).toBe("catalogue-invalid");
    own(one, 2);
    expect(await starsOf(one, asked)).toEqual([2, 4]);
  });

  it("sees no column that is private or stands for something else, and standard questions see what they saw", async () => {
    thread = createPodThread(() => catalogue);
    const pod = await fill("one", [1, 4]);
    own(pod, 2);
    expect(await starsOf(pod, asked)).toEqual([]);
    expect(await starsOf(pod)).toEqual([1, 4]);
    await mapTo(pod, null);
    expect([await starsOf(pod, asked), await starsOf(pod)]).toEqual([[], []]);
  });
});
