// hedgerow node and doctor: nodes that are there, nodes that are not, and those that are gone.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accept } from "../../src/core/base/index.ts";
import { capture, startFakeNode } from "./capture.ts";
import { fakeService } from "./fake-service.ts";
import { cwd, hedgerow } from "./own-folder.ts";

const gone = `12D3Koo${"G".repeat(45)}`;

describe("node peers", () => {
  it("shows who is gone, how and since when", async () => {
    const { peers } = fakeService();
    const node = await startFakeNode({
      peers: async (...asked) => {
        const answer = await peers(...asked);
        if (!answer.ok) return answer;
        return accept({ ...answer.value, departed: [{ node: gone, name: "workshop", how: "died", agoMs: 12_000 }] });
      },
    });
    const { out } = await node.run(["node", "peers"]);
    const asJson = await node.run(["node", "peers", "--json"]);
    await node.stop();
    expect(out).toMatch(/^camera .* alive /m);
    expect(out).toMatch(/^workshop +…GGGGGGGG +stopped answering +12 s ago$/m);
    expect(JSON.parse(asJson.out).departed).toMatchObject([{ name: "workshop", how: "died" }]);
  });
});

describe("node peers, of liars", () => {
  it("marks who is proven to have lied, gone or not, and says what it did", async () => {
    const { peers } = fakeService();
    const [signed, left] = ["signed two statements that contradict each other", "left a node out"];
    const node = await startFakeNode({
      peers: async (...asked) => {
        const answer = await peers(...asked);
        if (!answer.ok) return answer;
        const [first, ...others] = answer.value.peers;
        const departed = [{ node: gone, name: "workshop", how: "left" as const, agoMs: 12_000, provenLie: left }];
        return accept({ peers: [{ ...first!, provenLie: signed }, ...others], departed });
      },
    });
    const { out } = await node.run(["node", "peers"]);
    const asJson = await node.run(["node", "peers", "--json"]);
    await node.stop();
    expect(out).toMatch(/^camera \(liar\) .* alive /m);
    expect(out).toMatch(/^workshop \(liar\) +…GGGGGGGG +left +12 s ago$/m);
    expect(out).toContain(`camera ${signed}.\nworkshop ${left}.\n`);
    expect(out).toMatch(/hedgerow draw evidence/);
    expect(JSON.parse(asJson.out).peers[0]).toMatchObject({ name: "camera", provenLie: signed });
  });
});

describe("without a node", () => {
  for (const args of [
    ["node", "status"],
    ["query", "ls"],
    ["query", "show"],
    ["query", "stop", "x"],
    ["node", "stop"],
  ]) {
    it(`hedgerow ${args.join(" ")} exits 3 and says how to start one`, async () => {
      await hedgerow("node", "init", "camera");
      const plain = await hedgerow(...args, "--node", "camera");
      expect(plain.exitCode).toBe(3);
      expect(plain.out).toBe("");
      expect(plain.err).toContain(`hedgerow node start ${join(cwd, "camera")}`);
      const asJson = await hedgerow(...args, "--node", "camera", "--json");
      expect(asJson.exitCode).toBe(3);
      expect(JSON.parse(asJson.out)).toMatchObject({ ok: false, code: "node-not-running", next: expect.any(String) });
    });
  }

  it("offers a local network first where there is none and the folder is no node's", async () => {
    const offered = async () => {
      const { exitCode, err } = await hedgerow("query", "ls");
      return [exitCode, err.split("\n")[1]];
    };
    expect(await offered()).toEqual([3, expect.stringMatching(/^ {2}Start a local network here: hedgerow up /)]);
    const wrong = await hedgerow("query", "ls", "--node", "nowhere");
    expect(wrong.err).toMatch(/There is no folder \S+nowhere\.\n {2}Start a local network here: hedgerow up /);
    // One that was kept, and does not run.
    await hedgerow("node", "init", ".hedgerow/desk");
    expect(await offered()).toEqual([3, "  Start the local network again: hedgerow up"]);
    const above = await hedgerow("query", "ls", "--node", ".hedgerow");
    expect(above.err).toContain("no node.yaml.\n  In it are desk. Name one: --node");
    expect((await hedgerow("query", "ls", "--node", "nowhere")).err).toContain("a local network is in");
  });

  it("node start says what the folder lacks", async () => {
    expect((await hedgerow("node", "start", "nowhere")).err).toContain("hedgerow node init");
    await hedgerow("node", "init", "camera");
    const { exitCode, err } = await hedgerow("node", "start", "camera");
    expect(exitCode).toBe(1);
    expect(err).toContain("hedgerow authority issue");
  });
});

describe("node start --background", () => {
  it("of a node that runs says so, and leaves its output file alone", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const node = await startFakeNode();
    await capture(
      ["node", "init", node.folder, "--authority", "authority", "--principal", "ada", "--role", "analyst"],
      { cwd },
    );
    writeFileSync(join(node.folder, "node.out"), "what it said so far");
    const { exitCode, err } = await node.run(["node", "start", "--background"]);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/runs already[\s\S]*hedgerow node stop/);
    expect(readFileSync(join(node.folder, "node.out"), "utf8")).toBe("what it said so far");
    await node.stop();
  });
});

describe("node start", () => {
  it("serves until it is interrupted, drains, and exits 0", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const made = [
      "--authority",
      "authority",
      "--principal",
      "ada",
      "--role",
      "analyst",
      "--listen",
      "/ip4/127.0.0.1/tcp/0",
    ];
    await hedgerow("node", "init", "desk", ...made);
    const file = join(cwd, "desk/node.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("level: info", "level: error"));
    const { exitCode, out } = await capture(["node", "start", "desk", "--json"], {
      cwd,
      interruptWhen: (shown) => shown.includes("ready"),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ready: true, folder: join(cwd, "desk") });
    expect((await hedgerow("node", "status", "--node", "desk")).exitCode).toBe(3);
  });
});

describe("which node", () => {
  it("--node comes before HEDGEROW_NODE, and that before the local network's analyst", async () => {
    const local = join(cwd, ".hedgerow", "desk");
    mkdirSync(local, { recursive: true });
    const tried = async (args: string[], env: Record<string, string>) =>
      (await capture(["node", "status", ...args], { cwd, env })).err;
    expect(await tried([], {})).toContain(local);
    expect(await tried([], { HEDGEROW_NODE: "mine" })).toContain(join(cwd, "mine"));
    expect(await tried(["--node", "given"], { HEDGEROW_NODE: "mine" })).toContain(join(cwd, "given"));
  });
});

describe("node stop", () => {
  it("returns once the node answers no more", async () => {
    let stop = async () => {};
    const node = await startFakeNode({
      shutdown: async () => {
        setTimeout(() => void stop(), 20);
        return accept({ draining: true });
      },
    });
    stop = () => node.stop();
    const { exitCode, out } = await node.run(["node", "stop"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("ended");
    expect((await node.run(["node", "status"])).exitCode).toBe(3);
  });
});

describe("doctor", () => {
  it("without a node warns, and exits 0; with --node it fails", async () => {
    const plain = await hedgerow("doctor");
    expect(plain.out).toMatch(/^warn {2}node +none in /m);
    expect(plain.exitCode).toBe(0);
    const insisted = await hedgerow("doctor", "--node", "camera", "--json");
    expect(insisted.exitCode).toBe(1);
    const { ok, checks } = JSON.parse(insisted.out) as {
      ok: boolean;
      checks: { name: string; verdict: string; mend?: string }[];
    };
    expect(ok).toBe(false);
    expect(checks.find(({ name }) => name === "node")).toMatchObject({
      verdict: "fail",
      mend: expect.stringContaining("hedgerow"),
    });
  });

  it("finds a port that the node wants and another program has", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, done));
    const { port } = other.address() as { port: number };
    mkdirSync(join(cwd, "camera"));
    writeFileSync(join(cwd, "camera/node.yaml"), `hedgerow: 1\nname: c\nlisten: [/ip4/0.0.0.0/tcp/${port}]\n`);
    const { exitCode, out } = await hedgerow("doctor", "--node", "camera");
    // A seed's port is another node's, which is meant to be there.
    const seeds = `seeds: [/ip4/127.0.0.1/tcp/${port}]\nlisten: [/ip4/0.0.0.0/tcp/0]`;
    writeFileSync(join(cwd, "camera/node.yaml"), `hedgerow: 1\nname: c\n${seeds}\n`);
    const seeded = await hedgerow("doctor", "--node", "camera");
    other.close();
    expect(exitCode).toBe(1);
    expect(out).toMatch(new RegExp(`^fail {2}port ${port} +another program`, "m"));
    expect(seeded.out).not.toContain(String(port));
  });
});
