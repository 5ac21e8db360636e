// hedgerow pod import: where it goes, and how it ends.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openPod, planImport, runImport } from "../../src/sdk/pod.ts";
import { capture } from "./capture.ts";
import { cwd, hedgerow } from "./own-folder.ts";

const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
const json = async (...args: string[]) =>
  JSON.parse((await hedgerow("pod", "import", ...args, "--json")).out) as Record<string, unknown>;

describe("beside a local network", () => {
  const network = () => join(cwd, ".hedgerow");
  const desk = () => join(network(), "desk");
  beforeEach(() => {
    mkdirSync(join(network(), "authority"), { recursive: true });
    mkdirSync(desk());
    write(".hedgerow/desk/node.yaml", "hedgerow: 1\n");
    write("a.csv", "name,n\na,1\n");
  });

  it("one that is temporary gets no pod unless its node is named", async () => {
    const { exitCode, err } = await hedgerow("pod", "import", "a.csv", "--yes");
    expect(exitCode).toBe(1);
    expect(err).toContain(`the local network in ${network()}, which is removed when \`hedgerow up\` ends`);
    expect(err).toContain("--node FOLDER");
    expect(await json("a.csv", "--yes")).toMatchObject({ ok: false, code: "network-temporary" });
    expect(existsSync(join(desk(), "pod"))).toBe(false);
  });

  it("named, it gets one, and what becomes of it is said", async () => {
    const { exitCode, err } = await hedgerow("pod", "import", "a.csv", "--yes", "--node", desk());
    expect(exitCode).toBe(0);
    expect(err).toContain("which is removed when `hedgerow up` ends");
    expect(await json("a.csv", "--node", desk())).toMatchObject({ ok: true, warning: expect.stringContaining("up") });
    const person = join(network(), "house-1/people/person-0001");
    expect(await json("a.csv", "--yes", "--node", person)).toMatchObject({ warning: expect.stringContaining("up") });
  });

  it("one that is kept gets one, and says so", async () => {
    write(".hedgerow/kept", "");
    const { exitCode, out, err } = await hedgerow("pod", "import", "a.csv", "--yes");
    expect(exitCode).toBe(0);
    expect(err).toContain(`belongs to the local network in ${network()}, which is kept`);
    expect(out).toContain(join(desk(), "pod"));
  });
});

it("says which pod it is, before and after, also to a program", async () => {
  write("a.csv", "name,n\na,1\n");
  const node = join(cwd, "me");
  const pod = join(node, "pod");
  expect((await hedgerow("pod", "import", "a.csv", "--node", node)).err).toContain(`into the pod in ${pod}`);
  expect(await json("a.csv", "--node", node)).toMatchObject({ plan: { pod } });
  expect((await hedgerow("pod", "import", "a.csv", "--yes", "--node", node)).out).toMatch(`pod           ${pod}\n`);
  expect(await json("a.csv", "--node", node)).toMatchObject({ ok: true, pod });
});

it("that takes no row at all is no success: it names the side file and what to do", async () => {
  const node = ["--node", join(cwd, "me")];
  write("a.csv", "name,n\na,1\n");
  await hedgerow("pod", "import", "a.csv", "--yes", ...node);
  write("a.csv", "name,n\na,x\nb,y\n");
  const { exitCode, out, err } = await hedgerow("pod", "import", "a.csv", ...node);
  expect(exitCode).toBe(1);
  expect(out).toContain("rejected      2");
  expect(err).toContain("No row of a.csv is in: all 2 were rejected.");
  expect(err).toContain(join(cwd, "me/pod/rejects/2-a.csv.ndjson"));
  expect(err).toContain("--table NAME --type COLUMN=TYPE");
  const told = await json("a.csv", ...node);
  expect(told).toMatchObject({ ok: false, code: "pod-all-rejected", rejected: 2, sentence: expect.any(String) });
  const mended = await json("a.csv", "--table", "b", "--type", "n=text", "--yes", ...node);
  expect(mended).toMatchObject({ ok: true, added: 2 });
  write("a.csv", "name,n\na,1\nb,y\n");
  expect(await json("a.csv", ...node)).toMatchObject({ ok: true, known: 1, rejected: 1 });
});

it("a folder and a pipe are refused in a sentence", async () => {
  const folder = await hedgerow("pod", "import", ".");
  expect(folder.exitCode).toBe(1);
  expect(folder.err).toContain("This is a folder. Give the file in it that you downloaded");
  expect(folder.err).toContain(cwd);
  execFileSync("mkfifo", [join(cwd, "pipe")]);
  expect((await hedgerow("pod", "import", "pipe")).err).toContain("This is no file on a disk");
});

it("a format that there is none of is told those that there are, whatever the file is", async () => {
  write("book.xlsx", "PK\u0003\u0004");
  for (const [name, said] of [
    ["xlsx", "Save a spreadsheet as CSV"],
    ["cvs", "there are sqlite, apple-health, gpx, green-button, ofx, fhir, timeline, json, csv"],
  ] as const) {
    const { exitCode, err } = await hedgerow("pod", "import", "book.xlsx", "--format", name);
    expect(exitCode).toBe(1);
    expect(err).toContain(`there is no format "${name}"; there are sqlite`);
    expect(err).toContain(said);
    expect(err).not.toContain("It cannot be told what kind of file this is");
  }
});

describe("cut off by Ctrl-C", () => {
  const node = () => ["--node", join(cwd, "me")];
  const rows = 150_000;
  const large = () =>
    write("large.csv", `at,n\n${Array.from({ length: rows }, (_, n) => `2024-01-01T00:00:00Z,${n}`).join("\n")}\n`);

  /** What the first import brought in before it was cut off. */
  async function cutOff(): Promise<number> {
    const me = join(cwd, "me");
    const interrupt = new AbortController();
    const plan = await planImport(me, { file: join(cwd, "large.csv") });
    const onProgress = ({ added }: { added: number }) => added > rows / 3 && interrupt.abort(new Error("cut off"));
    await expect(runImport(me, plan, { signal: interrupt.signal, onProgress })).rejects.toThrow("cut off");
    const pod = await openPod(me);
    const [[count] = []] = pod.sql("select count(*) from large").rows;
    pod.close();
    return Number(count);
  }

  it("it says what is in and how to go on, and a run that goes on says so", async () => {
    large();
    const told = (await cutOff()).toLocaleString("en-GB");
    const again = `An earlier import of large.csv did not come to its end; this one goes on. ${told} rows of it are in.`;
    const cut = await capture(["pod", "import", "large.csv", ...node()], {
      cwd,
      interruptWhen: (shown) => shown.includes("goes on"),
    });
    expect(cut.exitCode).toBe(130);
    expect(cut.err).toContain(again);
    expect(cut.err).toContain(`Cut off: ${told} rows of large.csv are in. Run it again to go on.`);
    const last = await hedgerow("pod", "import", "large.csv", ...node());
    expect(last.err).toContain(again);
    expect(last.out).toMatch(/Went on with large\.csv/);
    expect(await json("large.csv", ...node())).toMatchObject({ added: 0, known: rows, resumed: false });
    expect((await hedgerow("pod", "import", "large.csv", ...node())).err).not.toContain("goes on");
  });

  it("before anything is in, it says that", async () => {
    write("small.csv", "name,n\na,1\n");
    const early = await capture(["pod", "import", "small.csv", "--yes", ...node()], {
      cwd,
      interruptWhen: (shown) => shown.includes("into the pod in"),
    });
    expect(early).toMatchObject({ exitCode: 130, err: expect.stringContaining("Cut off: nothing of small.csv is in") });
  });
});
