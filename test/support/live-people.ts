// Whole daemons in one process that ask people: an analyst's nodes, processors to draw from, and houses that keep people's pods. A node
// can be cut off as a power failure would, and started again on the disk as it was at a moment.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { splitting } from "../../src/core/asking/index.ts";
import type { NodeId, QueryId } from "../../src/core/base/index.ts";
import type { AskSettings, Plan } from "../../src/core/model/index.ts";
import { openPod } from "../../src/io/pod/index.ts";
import { hasEnded } from "../../src/node/asked-cells.ts";
import { type Daemon, startDaemon } from "../../src/node/index.ts";
import type { Log } from "../../src/node/log.ts";
import { serviceOf } from "../../src/node/service.ts";
import type { Submission } from "../../src/sdk/api.ts";
import { type Authority, createAuthority, enrolNode } from "../../src/sdk/authority.ts";
import type { PeopleAnswer, QueryView, ResultItem } from "../../src/sdk/index.ts";
import { synthesise } from "../../src/sdk/pod.ts";

/** A wait that takes this long has failed. */
export const patienceMs = 90_000;

export interface HouseOrder {
  readonly name: string;
  /** owner.yaml of each; null: she has written none. */
  readonly people: readonly (string | null)[];
}

export interface Asked {
  readonly id: QueryId;
  readonly plan: Plan;
}

export interface Came {
  readonly view: QueryView;
  readonly answer: PeopleAnswer | null;
}

export class LivePeople {
  readonly folder = mkdtempSync(join(tmpdir(), "hedgerow-live-people-"));
  readonly daemons = new Map<string, Daemon>();
  /** What should not have happened: warnings and errors of every node. */
  readonly faults: string[] = [];
  #authority: Authority | undefined;
  #seeds: readonly string[] = [];
  #processors = 0;

  static async start(order: {
    readonly processors: number;
    readonly analysts?: readonly string[];
    readonly houses: readonly HouseOrder[];
  }): Promise<LivePeople> {
    const live = new LivePeople();
    live.#authority = await createAuthority({ network: "people.test", folder: join(live.folder, "authority") });
    live.#processors = order.processors;
    const processors = Array.from({ length: order.processors }, (_, i) => `processor-${i}`);
    await live.#add("processor-0", ["transform"]);
    live.#seeds = live.node("processor-0").overlay.addresses().slice(0, 1);
    for (const name of processors.slice(1)) await live.#add(name, ["transform"]);
    for (const name of order.analysts ?? ["analyst"]) await live.#add(name, ["analyst"]);
    for (const { name, people } of order.houses) {
      const folder = join(live.folder, name, "people");
      mkdirSync(folder, { recursive: true });
      await synthesise({ folder, people: people.length, seed: 7, as: "pods" });
      for (const [index, rules] of people.entries()) {
        const file = join(live.podOf(name, index), "owner.yaml");
        if (rules === null) rmSync(file);
        else writeFileSync(file, rules);
      }
      await live.#add(name, ["owner"], true);
    }
    const all = live.daemons.size;
    await live.until("everybody knows everybody", () =>
      [...live.daemons.values()].every((daemon) => daemon.members.records().length === all),
    );
    return live;
  }

  node(name: string): Daemon {
    const daemon = this.daemons.get(name);
    if (daemon === undefined) throw new Error(`no node is called ${name}`);
    return daemon;
  }

  nameOf(node: NodeId): string {
    return [...this.daemons].find(([, daemon]) => daemon.identity.facts.node === node)?.[0] ?? node;
  }

  folderOf(house: string, index: number): string {
    return join(this.folder, house, "people", readdirSync(join(this.folder, house, "people")).sort()[index]!);
  }

  podOf(house: string, index: number): string {
    return join(this.folderOf(house, index), "pod");
  }

  /** One number of her pod. */
  async numberIn(house: string, index: number, sql: string): Promise<number> {
    const opened = await openPod(this.podOf(house, index));
    if (!opened.ok) throw new Error(opened.code);
    try {
      const answer = opened.value.sql(sql);
      if (!answer.ok) throw new Error(answer.code);
      return Number([...answer.value.rows][0]![0]);
    } finally {
      opened.value.close();
    }
  }

  /** Everybody in these houses can be found under all that she is entered under: every share of it is with all who hold it. */
  async published(entries: number): Promise<void> {
    const { shares, replicas } = splitting;
    const kept = entries * Math.min(shares * replicas, this.#processors);
    await this.until(`${kept} shares are in the index`, () => {
      return [...this.daemons.values()].reduce((sum, { asking }) => sum + asking.counts().indexed, 0) >= kept;
    });
  }

  /** `more`: a message, or words of the analyst's own. */
  async ask(
    text: string,
    settings: Partial<AskSettings> = {},
    analyst = "analyst",
    more: Pick<Submission, "message" | "words"> = {},
  ): Promise<Asked> {
    const service = serviceOf(this.node(analyst), () => {});
    const context = { signal: AbortSignal.timeout(patienceMs) };
    const submitted = { fileName: "question.sql", text, files: [], parameters: [], settings, ...more };
    const answer = await service.queryRun(submitted, context);
    if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail ?? ""}`);
    if (answer.value.at === "faulty") throw new Error(JSON.stringify(answer.value.faults));
    const id = answer.value.id as QueryId;
    return { id, plan: this.node(analyst).asked.get(id)!.plan };
  }

  async viewOf(id: QueryId, analyst = "analyst"): Promise<QueryView> {
    const service = serviceOf(this.node(analyst), () => {});
    const view = await service.queryShow({ id }, { signal: AbortSignal.timeout(patienceMs) });
    if (!view.ok) throw new Error(view.code);
    return view.value as QueryView;
  }

  /** The query settles, and what came of it. */
  async came(id: QueryId, analyst = "analyst"): Promise<Came> {
    // A look at the node's memory: a view asks every node of the query for its numbers.
    await this.until("the query settles", () => {
      const { asked } = this.node(analyst);
      const query = asked.get(asked.latest(id));
      return query !== undefined && hasEnded(query);
    });
    return { view: await this.viewOf(id, analyst), answer: await this.answerOf(id, analyst) };
  }

  async answerOf(id: QueryId, analyst = "analyst"): Promise<PeopleAnswer | null> {
    const service = serviceOf(this.node(analyst), () => {});
    const result = await service.queryResult(
      { id, follow: false, from: 0 },
      { signal: AbortSignal.timeout(patienceMs) },
    );
    if (!result.ok) throw new Error(result.code);
    for await (const item of result.value as AsyncIterable<ResultItem>) if (item.type === "answer") return item.answer;
    return null;
  }

  /** As a power failure would: nothing it has to say is heard any more, and nobody is told. */
  async cutOff(name: string): Promise<void> {
    const daemon = this.node(name);
    this.daemons.delete(name);
    await daemon.overlay.stop();
    await daemon.host.close();
    await daemon.stop();
  }

  /** Cut off, and started on the disk as it is at this very moment, like after kill -9. */
  async killAndRestart(name: string): Promise<void> {
    const own = join(this.folder, name);
    const copy = `${own}.as-it-was`;
    cpSync(own, copy, { recursive: true, filter: (from) => !from.endsWith(".sock") });
    await this.cutOff(name);
    rmSync(own, { recursive: true });
    cpSync(copy, own, { recursive: true });
    rmSync(copy, { recursive: true });
    rmSync(join(own, "lock"), { force: true, recursive: true });
    await this.begin(name);
  }

  async begin(name: string): Promise<void> {
    const started = await startDaemon(join(this.folder, name), { log: this.#keepingFaults(name) });
    if (!started.ok) throw new Error(`${name}: ${started.code} ${started.detail ?? ""}`);
    this.daemons.set(name, started.value);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.daemons.values()].map((daemon) => daemon.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What opens many files to be looked at is looked at less often. */
  async until(what: string, holds: () => boolean | Promise<boolean>, pauseMs = 25): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`it never happened: ${what}\n${this.faults.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #add(name: string, roles: readonly ("analyst" | "owner" | "transform")[], keepsPeople = false): Promise<void> {
    const own = join(this.folder, name);
    await enrolNode(this.#authority!, own, { principal: name, roles });
    const configuration = {
      hedgerow: 1,
      name,
      functions: roles.filter((role) => role === "transform"),
      listen: ["/ip4/127.0.0.1/tcp/0"],
      edges: { host: "127.0.0.1", port: 0 },
      seeds: [...this.#seeds],
      policy: { rules: [] },
      equipment: [],
      ...(keepsPeople ? { people: "people" } : {}),
      log: { level: "error" },
    };
    writeFileSync(join(own, "node.yaml"), stringify(configuration));
    await this.begin(name);
  }

  /** Says nothing, and remembers what should not have happened. */
  #keepingFaults(name: string): Log {
    const keep = (event: string, fields: object = {}) =>
      void this.faults.push(`${name}: ${event} ${JSON.stringify(fields)}`);
    const quiet = () => {};
    const log: Log = {
      debug: quiet,
      info: quiet,
      warn: keep,
      error: keep,
      refusal: keep,
      child: () => log,
      flush: quiet,
    };
    return log;
  }
}

export const rules = {
  /** Whatever is asked, as long as her budget has it. */
  willing: (epsilon = 100) =>
    `hedgerow: 1\neverybody: true\nminimumPeople: 2\ndefault: allow\nbudget:\n  altogether: { epsilon: ${epsilon}, delta: 0.001 }\n  each: [{ epsilon: ${epsilon}, delta: 0.001 }]\n`,
  asks: "hedgerow: 1\neverybody: true\nminimumPeople: 2\ndefault: ask\nbudget:\n  altogether: { epsilon: 100, delta: 0.001 }\n  each: [{ epsilon: 100, delta: 0.001 }]\n",
  denies: "hedgerow: 1\neverybody: true\nminimumPeople: 2\ndefault: deny\n",
} as const;
