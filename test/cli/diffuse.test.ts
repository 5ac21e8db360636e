// hedgerow diffuse and pod inbox, against a daemon whose service is made up.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept, type Digest, type RefusalCode, type VertexId } from "../../src/core/base/index.ts";
import { keep } from "../../src/io/pod/index.ts";
import type { NodeService, PeopleAnswer, ServiceInput } from "../../src/sdk/index.ts";
import { askedOf } from "../../src/sdk/query.ts";
import { type CaptureOptions, capture, type FakeNode, startFakeNode } from "./capture.ts";
import { plan, queryId } from "./fake-service.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-diffuse-"));
const text = "Come on Saturday.\nBring your card.\n";
writeFileSync(join(cwd, "message.txt"), text);
writeFileSync(join(cwd, "long.txt"), "x".repeat(4_097));
writeFileSync(join(cwd, "longest.txt"), "x".repeat(4_096));
writeFileSync(join(cwd, "empty.txt"), "");
writeFileSync(join(cwd, "escape.txt"), "\u001b[2J");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});

const count = (value: number) => ({ value, interval: { low: value - 2, high: value + 2, coverage: 0.95, method: "" } });
const answer: PeopleAnswer = {
  columns: [{ name: "people", type: "int64", unit: null }],
  rows: [[count(40)]],
  participation: {
    ...{ contributed: count(41), policy: count(7), grant: count(0), budget: count(0), failed: count(0) },
    ...{ silent: count(2), asked: count(50) },
  },
  missing: [],
  cost: { rho: 0.001, epsilon: 0.1, delta: 1e-9 },
  noise: "split",
};

type Ending = "completed" | "failed" | "gatherer-gone" | "finder-lost" | "total-lost";

/** A daemon that reads the statement as a real one does, and says then what became of it. */
async function sender(ending: Ending = "completed") {
  const seen: ServiceInput<"queryRun">[] = [];
  const service: Partial<NodeService> = {
    async queryRun(input) {
      seen.push(input);
      const asked = askedOf(input, 9);
      return asked.ok
        ? accept({ at: "accepted", id: queryId, plan: plan.plan })
        : accept({ at: "faulty", faults: [...asked.faults] });
    },
    queryResult: async () => accept(resultOf(ending)),
  };
  const node = await startFakeNode(service);
  open.push(node);
  return {
    hedgerow: (args: string[], options: CaptureOptions = {}) => node.run(["diffuse", ...args], { cwd, ...options }),
    seen,
  };
}
async function* resultOf(ending: Ending) {
  const missing = ending === "gatherer-gone" ? [1] : [];
  if (ending !== "failed" && ending !== "total-lost")
    yield { type: "answer", sequence: 0, answer: { ...answer, missing } } as const;
  const outcome = ending === "completed" || ending === "gatherer-gone" ? "completed" : "failed";
  yield {
    type: "settled",
    outcome: { outcome, reasons: reasons[ending] ?? [], undelivered: 0, settledAtMs: 1 },
    assurance: "software",
  } as const;
}
const reasons: Partial<Record<Ending, { code: RefusalCode; sentence: string; vertex: VertexId }[]>> = {
  failed: [{ code: "ask-too-few", sentence: "Too few people.", vertex: "find" as VertexId }],
  "finder-lost": [{ code: "ask-finder-lost", sentence: "The finder is lost.", vertex: "find" as VertexId }],
  "total-lost": [{ code: "node-silent" as RefusalCode, sentence: "It is silent.", vertex: "total" as VertexId }],
};
const to = ["--to", "profile('city') = 'Paris' AND profile('age') BETWEEN 20 AND 30"];

describe("diffuse", () => {
  it("sends the file's text with a count, and says how many took it, about", async () => {
    const { hedgerow, seen } = await sender();
    const { exitCode, out } = await hedgerow([
      ...to,
      "--message",
      "message.txt",
      "--purpose",
      "l'été",
      "--name",
      "a \\ b",
    ]);
    expect(exitCode).toBe(0);
    expect(out).toContain("took it     about 40 [38, 42]");
    expect(out).toContain("were found  about 50 [48, 52]");
    expect(seen[0]).toMatchObject({ message: text });
    const asked = askedOf(seen[0]!, 9);
    expect(asked).toMatchObject({
      ok: true,
      question: { purpose: "l'été", name: "a \\ b", privacy: { epsilon: "0.1" } },
      // The text stays beside it.
      asked: { message: expect.stringMatching(/^[0-9a-f]{64}$/) },
      message: { text },
    });
  });

  it("with --json is a line for what was accepted, and one for the count", async () => {
    const { hedgerow } = await sender();
    const { out } = await hedgerow([...to, "--message", "longest.txt", "--json"]);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(["accepted", "answer"]);
    expect(lines[1].answer.rows[0][0].value).toBe(40);
  });

  it("exits 1 when too few were found", async () => {
    const { hedgerow } = await sender("failed");
    const { exitCode, out } = await hedgerow([...to, "--message", "message.txt"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("reached nobody: Too few people. (cell find)");
  });

  it("says of a count that is not whole that it is none, with an exit code of its own", async () => {
    for (const ending of ["gatherer-gone", "finder-lost"] as const) {
      const { hedgerow } = await sender(ending);
      const { exitCode, out } = await hedgerow([...to, "--message", "message.txt"]);
      expect([ending, exitCode]).toEqual([ending, 5]);
      expect(out).toContain("about 40");
      expect(out).toContain("partial answer");
    }
  });

  it("does not say that it reached nobody where people were called", async () => {
    const { hedgerow } = await sender("total-lost");
    const { exitCode, out } = await hedgerow([...to, "--message", "message.txt"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("no count, though people may have been called and have it: It is silent.");
    expect(out).not.toContain("nobody");
  });

  it.runIf(process.platform !== "win32")(
    "reads no folder, no file without end, and nothing that is no text",
    async () => {
      writeFileSync(join(cwd, "latin.txt"), Buffer.from("caf\xe9", "latin1"));
      for (const [file, words] of [
        [".", "is a folder. Give the file with the message"],
        ["/dev/zero", "is larger than a message may be (64 KiB)"],
        ["latin.txt", "is no text in UTF-8"],
      ] as const) {
        const { hedgerow, seen } = await sender();
        const { exitCode, err } = await hedgerow([...to, "--message", file]);
        expect([exitCode, seen]).toEqual([1, []]);
        expect(err).toContain(words);
      }
    },
  );

  it("says at Ctrl-C that the message is under way, and how to stop it", async () => {
    const { hedgerow } = await sender();
    const { exitCode, err } = await hedgerow([...to, "--message", "message.txt"], {
      interruptWhen: (out) => out.includes("query 0123"),
    });
    expect(exitCode).toBe(130);
    expect(err).toContain("hedgerow query stop 01234567");
  });

  it.each([
    ["a faulty expression", "profile('cty') = 'Paris'", /^--to:1:\d+: .*"cty".* \[sql-unknown-name\]/],
    ["what is no profile", "sick_leave_days > 30", /^--to:\d+:\d+: .* \[ask-message-question\]/],
    [
      "an expression in two lines, by the line",
      "profile('city') = 'Paris' AND\nprofile('agge') = 3",
      /^--to:2:\d+: .*"agge"/,
    ],
    ["a whole statement slipped in", "profile('city') = 'Paris' GROUP BY movie", /^--to:1:/],
    ["an end of the WHERE", "TRUE", /^--to:\d+:\d+: .*\[[a-z-]+\]/],
  ])("refuses %s, in the words of the command", async (_, expression, fault) => {
    const { hedgerow } = await sender();
    const { exitCode, out } = await hedgerow(["--to", expression, "--message", "message.txt"]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(fault);
  });

  it.each([
    ["long.txt", 1, "4097 characters"],
    ["empty.txt", 1, "it is empty"],
    ["escape.txt", 1, "no plain text"],
    ["nowhere.txt", 1, "There is no file"],
  ])("does not send %s", async (file, code, why) => {
    const { hedgerow, seen } = await sender();
    const { exitCode, err } = await hedgerow([...to, "--message", file]);
    expect(exitCode).toBe(code);
    expect(err).toContain(why);
    expect(seen).toEqual([]);
  });

  it.each([
    [["--message", "message.txt"], "--to"],
    [to, "--message"],
    [[...to, "--message", "message.txt", "--epsilon", "11"], "0.001 to 10"],
    [[...to, "--message", "message.txt", "--purpose", ""], "1 to 80 characters"],
  ])("%j is not understood", async (args, why) => {
    const { hedgerow, seen } = await sender();
    const { exitCode, err } = await hedgerow(args);
    expect(exitCode).toBe(2);
    expect(err).toContain(why);
    expect(seen).toEqual([]);
  });
});

describe("pod inbox", () => {
  const folder = join(cwd, "someone");
  const inbox = (...args: string[]) => capture(["pod", "inbox", ...args], { cwd, env: { HEDGEROW_NODE: folder } });
  const message = (digit: string, atMs: number, of: string) =>
    ({
      hedgerow: 1,
      round: digit.repeat(64) as Digest,
      atMs,
      name: `title ${digit}`,
      purpose: "news",
      principal: "City of Paris",
      text: of,
    }) as const;

  it("says how messages come to be there, lists the newest first, and shows one whole", async () => {
    const pod = join(folder, "pod");
    mkdirSync(pod, { recursive: true });
    expect(await inbox()).toMatchObject({ exitCode: 0, out: expect.stringContaining("pod/owner.yaml") });
    expect(keep(pod, "inbox", message("a", 1_000, text))).toBe(true);
    expect(keep(pod, "inbox", message("b", 2_000, "left\u202eright\n\tsecond"))).toBe(true);
    expect(keep(pod, "inbox", message("a", 3_000, "again"))).toBe(false);
    const { out } = await inbox();
    expect(out).toMatch(
      /bbbbbbbb .* title b .*\n.*aaaaaaaa .* City of Paris +news +title a +Come on Saturday\. Bring your card\./,
    );
    expect((await inbox("aaaa")).out).toContain(`\n\n${text}`);
    expect((await inbox("bbbb")).out).toContain("leftright\n    second\n");
    const kept = (await inbox("--json")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(kept.map((one) => one.text)).toEqual(["left\u202eright\n\tsecond", text]);
  });

  it("passes over a file that somebody changed, and names what it does not know", async () => {
    writeFileSync(join(folder, "pod", "inbox", `${"0".repeat(15)}-${"c".repeat(64)}.json`), "{");
    expect((await inbox("--json")).out.trim().split("\n")).toHaveLength(2);
    expect(await inbox("c")).toMatchObject({ exitCode: 1, err: expect.stringContaining("hedgerow pod inbox") });
  });

  it("is gone with the pod, as are answers that were told; rules stay", async () => {
    const gone = join(cwd, "gone");
    mkdirSync(join(gone, "pod"), { recursive: true });
    writeFileSync(join(gone, "pod", "owner.yaml"), "hedgerow: 1\n");
    keep(join(gone, "pod"), "inbox", message("a", 1_000, text));
    const forgotten = await capture(["pod", "forget", "--all", "--yes"], { cwd, env: { HEDGEROW_NODE: gone } });
    expect(forgotten.exitCode).toBe(0);
    expect(readdirSync(join(gone, "pod"))).toEqual(["owner.yaml"]);
  });

  it("is filled by rules that `pod rules` shows", async () => {
    const rules =
      "hedgerow: 1\nmessages:\n  - { purposes: [news], analysts: [City of Paris] }\n  - { effect: deny, reason: enough }\n";
    writeFileSync(join(folder, "pod", "owner.yaml"), rules);
    const { exitCode, out } = await capture(["pod", "rules"], { cwd, env: { HEDGEROW_NODE: folder } });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/1 +take +for news, by City of Paris\n +2 +deny +from anybody, for anything +enough\n/);
  });
});
