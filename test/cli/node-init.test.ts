// hedgerow authority init and issue, node init: a network's files from nothing, and what is refused of them.
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/node/config.ts";
import { cwd, hedgerow } from "./own-folder.ts";

describe("a network from nothing", () => {
  it("authority init, node init, authority issue: the files are what a node starts with", async () => {
    expect((await hedgerow("authority", "init", "authority", "--network", "garden")).exitCode).toBe(0);
    expect(statSync(join(cwd, "authority/authority.key")).mode & 0o777).toBe(0o600);
    const made = await hedgerow(
      "node",
      "init",
      "camera",
      "--function",
      "producer",
      "--seed",
      "/ip4/192.0.2.7/tcp/4101",
      "--json",
    );
    expect(made.exitCode).toBe(0);
    const { node } = JSON.parse(made.out) as { node: string };
    expect(statSync(join(cwd, "camera/node.key")).mode & 0o777).toBe(0o600);
    const config = parseConfig(readFileSync(join(cwd, "camera/node.yaml"), "utf8"), "node.yaml");
    expect(config).toMatchObject({
      ok: true,
      value: { name: "camera", functions: ["producer"], seeds: ["/ip4/192.0.2.7/tcp/4101"] },
    });
    const issued = await hedgerow(
      "authority",
      "issue",
      "camera/node.request",
      "--authority",
      "authority",
      "--principal",
      "greenhouse",
      "--role",
      "producer",
      "--json",
    );
    expect(JSON.parse(issued.out)).toMatchObject({ node, principal: "greenhouse", roles: ["producer"] });
    for (const file of ["node.crt", "authority.crt"]) expect(existsSync(join(cwd, "camera", file))).toBe(true);
    const revoked = await hedgerow("authority", "revoke", node, "--authority", "authority", "--reason", "stolen");
    expect(revoked.exitCode).toBe(0);
    expect(revoked.err).toContain("hedgerow node import-revocations");
  });

  it("node init makes nothing with an address that is none", async () => {
    for (const option of ["--listen", "--seed"]) {
      const { exitCode, err } = await hedgerow("node", "init", "meter", option, "192.0.2.7:4101");
      expect(exitCode).toBe(1);
      expect(err).toContain("192.0.2.7:4101");
      expect(err).toContain("Allowed: /ip4/");
      expect(existsSync(join(cwd, "meter"))).toBe(false);
    }
  });

  it("node start names the key and line of a seed that is none", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    await hedgerow("node", "init", "meter", "--authority", "authority", "--principal", "ada", "--role", "exit");
    writeFileSync(join(cwd, "meter/node.yaml"), "hedgerow: 1\nname: meter\nseeds:\n  - 192.0.2.7:4101\n");
    const { exitCode, err } = await hedgerow("node", "start", "meter");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/meter\/node\.yaml:4:5: `seeds\[0\]`: "192\.0\.2\.7:4101" is not an address/);
  });

  it("node init takes the functions from the roles, unless fewer are given", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const certify = ["--authority", "authority", "--principal", "ada"];
    await hedgerow("node", "init", "gate", ...certify, "--role", "exit");
    await hedgerow("node", "init", "shop", ...certify, "--role", "transform,exit", "--function", "transform");
    const functionsOf = (name: string) => parseConfig(readFileSync(join(cwd, name, "node.yaml"), "utf8"), "node.yaml");
    expect(functionsOf("gate")).toMatchObject({ value: { functions: ["exit"] } });
    expect(functionsOf("shop")).toMatchObject({ value: { functions: ["transform"] } });
  });

  it("node start names the port that another program has, and the key", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as { port: number };
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const made = ["--authority", "authority", "--principal", "ada", "--role", "exit"];
    await hedgerow("node", "init", "gate", ...made, "--listen", `/ip4/127.0.0.1/tcp/${port}`);
    const { exitCode, err } = await hedgerow("node", "start", "gate");
    other.close();
    expect(exitCode).toBe(1);
    expect(err).toContain("Another program has the port already.");
    expect(err).toMatch(new RegExp(`listen: 127\\.0\\.0\\.1:${port}`));
    expect(err).not.toContain("at Server");
  });

  for (const key of ["edges.port", "api.port"]) {
    it(`node start --json names ${key} when that port is taken, in one document`, async () => {
      const other = createServer();
      await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
      const { port } = other.address() as { port: number };
      await hedgerow("authority", "init", "authority", "--network", "garden");
      const made = ["--authority", "authority", "--principal", "ada", "--role", "exit"];
      await hedgerow("node", "init", "gate", ...made, "--listen", "/ip4/127.0.0.1/tcp/0");
      const setting = key === "api.port" ? `api: { port: ${port} }` : `edges: { host: 127.0.0.1, port: ${port} }`;
      appendFileSync(join(cwd, "gate/node.yaml"), `${setting}\n`);
      const { exitCode, out } = await hedgerow("node", "start", "gate", "--json");
      other.close();
      expect(exitCode).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        ok: false,
        code: "address-in-use",
        blame: key,
        detail: expect.stringContaining(String(port)),
      });
    });
  }

  it("node start --json tells faults of the configuration in one document", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    await hedgerow("node", "init", "gate", "--authority", "authority", "--principal", "ada", "--role", "exit");
    appendFileSync(join(cwd, "gate/node.yaml"), "seed: []\n");
    const { exitCode, out } = await hedgerow("node", "start", "gate", "--json");
    expect(exitCode).toBe(1);
    const told = JSON.parse(out) as { code: string; detail: string };
    expect(told.code).toBe("configuration-invalid");
    expect(told.detail).toContain('there is no key "seed"');
    expect(told.detail).toContain('Did you mean "seeds"?');
    expect(told.detail).toContain("Allowed here: hedgerow, name,");
  });

  it("node init --authority does both at once, and never twice", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const args = ["node", "init", "desk", "--authority", "authority", "--principal", "ada", "--role", "analyst"];
    expect((await hedgerow(...args)).err).toContain("hedgerow node start");
    expect(existsSync(join(cwd, "desk/node.crt"))).toBe(true);
    const key = readFileSync(join(cwd, "desk/node.key"), "utf8");
    const again = await hedgerow(...args, "--json");
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({ ok: false, code: "node-exists" });
    expect(readFileSync(join(cwd, "desk/node.key"), "utf8")).toBe(key);
  });

  it("a mistyped authority leaves no half-made node behind", async () => {
    const { exitCode } = await hedgerow(
      "node",
      "init",
      "desk",
      "--authority",
      "nowhere",
      "--principal",
      "ada",
      "--role",
      "analyst",
    );
    expect(exitCode).toBe(1);
    expect(existsSync(join(cwd, "desk"))).toBe(false);
  });

  it("authority revoke by a name that is no id shows the ids and serials to choose from", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const made = await hedgerow(
      ...["node", "init", "gate", "--authority", "authority", "--principal", "ada", "--role", "exit", "--json"],
    );
    const { node } = JSON.parse(made.out) as { node: string };
    const { exitCode, err } = await hedgerow(
      "authority",
      "revoke",
      "gate",
      "--authority",
      "authority",
      "--reason",
      "x",
    );
    expect(exitCode).toBe(1);
    expect(err).toContain("node's id, or the serial");
    expect(err).toMatch(new RegExp(`${node} +[0-9a-f]{16,} +ada +exit`));
    expect(existsSync(join(cwd, "authority/revocations.hedgerow"))).toBe(false);
  });

  it("authority init does not replace an authority", async () => {
    await hedgerow("authority", "init", "authority", "--network", "garden");
    const again = await hedgerow("authority", "init", "authority", "--network", "other", "--json");
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({ code: "authority-exists" });
  });

  it("a name that no network may have is refused with what is allowed", async () => {
    const { exitCode, err } = await hedgerow("authority", "init", "authority", "--network", "Gar den");
    expect(exitCode).toBe(1);
    expect(err).toContain("network");
  });
});
