// A person who is asked: what she pays before what leaves, and what she says when she is called again.
import { describe, expect, it } from "vitest";
import {
  commission,
  commissionOf,
  crypto,
  node,
  nowMs,
  openers,
  papers,
  place,
  plan,
  pod,
  query,
  random,
  roster,
  tag,
  world,
} from "../../../test/support/asked-owner.ts";
import { contributionBytes, owner, person } from "../../../test/support/asking.ts";
import type { SimulatedOwner } from "../../sim/asking/index.ts";
import { type Digest, refuse, toHex } from "../base/index.ts";
import { amountAllowed, type BudgetRules, type BudgetState, emptyBudget, ratio, stepBudget } from "../privacy/index.ts";
import { outcomes } from "../terms/index.ts";
import { keysOf } from "./concepts.ts";
import { limits } from "./limits.ts";
import { decodeContribution } from "./messages.ts";
import { stepOwner } from "./owner.ts";
import { createOwner, type OwnerEffect, type OwnerEvent, type OwnerPorts } from "./owner-state.ts";
import { contributionContext, uses } from "./sealing.ts";

const untilMs = nowMs + 30_000;

const amount = (() => {
  const allowed = amountAllowed(ratio(10n), ratio(1n, 1_000n));
  if (!allowed.ok) throw new Error(allowed.code);
  return allowed.value;
})();
const plentyOfBudget: BudgetRules = {
  allowances: [{ analyst: "any", purpose: "any", each: amount }],
  altogether: amount,
  periodMs: 30 * 86_400_000,
};
const noBudget: BudgetRules = { ...plentyOfBudget, altogether: { rho: 0, delta: 0 } };

interface Asking extends SimulatedOwner {
  readonly decide: OwnerPorts["decide"];
  readonly budget: BudgetRules;
  readonly members: ReturnType<OwnerPorts["members"]>;
}
const allows: OwnerPorts["decide"] = () => ({ at: "allow" });

const everybody = [...world.nodes.values()].map(({ node: id, sealingKey }) => ({ node: id, sealingKey }));

/** One pod, its disk and its account, by itself. */
function asking({
  decide = allows,
  budget: rules = plentyOfBudget,
  members = everybody,
  ...changed
}: Partial<Asking> = {}) {
  const of = owner(0, changed);
  const own = keysOf(crypto, plan.network, of.findable);
  const disk = new Map<string, Uint8Array>();
  let budget: BudgetState = emptyBudget;
  const config = {
    self: node.node,
    pod: pod.id,
    ports: {
      hasher: crypto,
      sealer: world.sealing.sealer,
      terms: world.options.terms,
      random: (bytes: number) => random.bytes(bytes),
      members: () => members,
      ownKeys: () => own,
      decide,
      budget(ask: Parameters<typeof stepBudget>[1]) {
        const step = stepBudget(budget, ask, rules);
        budget = step.state;
        return step;
      },
    },
  };
  let state = createOwner(config);
  const happened: OwnerEffect[] = [];
  const feed = (event: OwnerEvent) => {
    const step = stepOwner(state, event);
    state = step.state;
    for (const effect of step.effects) {
      happened.push(effect);
      if (effect.type === "persist")
        effect.value === null ? disk.delete(effect.key) : disk.set(effect.key, effect.value);
    }
    return step;
  };
  const ask = (by: Partial<Extract<OwnerEvent, { type: "asked" }>> = {}) => {
    const its = by.tag ?? tag;
    const gatherer = papers[place(its)]!;
    return feed({ type: "asked", commission, tag: its, gatherer, message: null, untilMs, nowMs, ...by });
  };
  const computed = (rows = of.rows) => feed({ type: "computed", round: commission.round, rows, nowMs });
  const leave = () => feed({ type: "wake", tag: `leave/${commission.round}`, nowMs });
  const restart = () => {
    state = createOwner(
      config,
      [...disk].filter(([key]) => key.startsWith("asking/round/")),
    );
  };
  const told = () => happened.flatMap((effect) => (effect.type === "told" ? [effect] : [])).at(-1);
  return { feed, ask, computed, leave, restart, told, happened, disk, spent: () => budget.charges.size };
}

/** Through all layers to what the gatherer opens. */
function opened(effects: readonly OwnerEffect[]) {
  const [sent] = effects.flatMap((effect) => (effect.type === "send" ? [effect] : []));
  if (sent === undefined || sent.message.type !== "forward") throw new Error("nothing was sent");
  const passing = world.nodes.get(sent.to)!.forwarder.take(node.node, sent.message.sealed, nowMs);
  if (!passing.ok || passing.value.message.type !== "deliver") throw new Error("not delivered");
  const { message, to } = passing.value;
  const at = papers.findIndex(({ cell }) => cell === message.cell);
  const context = contributionContext(commission.round, message.cell);
  const plain = openers[at]!.open(uses.contribution, context, message.sealed);
  if (!plain.ok) throw new Error(plain.code);
  const read = decodeContribution(plain.value);
  if (!read.ok) throw new Error(read.code);
  return { ...read.value, at, to, forwarder: sent.to, length: message.sealed.length };
}

describe("a person who is asked", () => {
  it("pays, on disk, before her rows are asked for; then her message leaves for her gatherer", () => {
    const { ask, computed, leave, happened } = asking();
    const asked = ask();
    const kinds = asked.effects.map((effect) => (effect.type === "persist" ? effect.key.split("/")[1] : effect.type));
    expect(kinds).toEqual(["round", "charge", "round", "compute"]);
    const waits = computed();
    expect(waits.effects.map(({ type }) => type)).toEqual(["told", "wake"]);
    const { contribution, at, to, forwarder } = opened(leave().effects);
    expect(at).toBe(place(tag));
    expect(to).toBe(papers[at]!.node);
    expect([to, commission.find, node.node, plan.analyst.node]).not.toContain(forwarder);
    expect(contribution[0]).toBe(0);
    expect(happened.filter(({ type }) => type === "send")).toHaveLength(1);
  });

  it("sends as many bytes, after as chancy a time, whatever was decided", () => {
    const no = (outcome: "policy" | "grant") => () => ({
      at: "deny" as const,
      outcome,
      refusal: refuse("budget-none"),
    });
    const cases: [Partial<Asking>, string][] = [
      [{}, "contributed"],
      [{ decide: no("policy") }, "policy"],
      [{ decide: no("grant") }, "grant"],
      [{ budget: noBudget }, "budget"],
      [{ rows: null }, "failed"],
    ];
    const lengths = cases.map(([changed, outcome]) => {
      const { ask, computed, leave, told, happened } = asking(changed);
      ask();
      if (outcome === "contributed" || outcome === "failed") computed();
      expect(told()?.outcome).toBe(outcome);
      const { contribution, length } = opened(leave().effects);
      expect(contribution).toHaveLength(contributionBytes);
      expect(outcomes[contribution[0]!]).toBe(outcome);
      const wake = happened.find((effect) => effect.type === "wake");
      expect(wake?.type === "wake" && wake.afterMs).toBeLessThan(limits.maxAnswerDelayMs);
      return length;
    });
    expect(new Set(lengths).size).toBe(1);
  });

  it("pays once and says the same when she is called again, through another forwarder", () => {
    const { ask, computed, leave, spent } = asking();
    ask();
    computed();
    const first = opened(leave().effects);
    const seen = new Set([first.forwarder]);
    for (let i = 0; i < 4; i++) {
      expect(ask().effects.map(({ type }) => type)).toEqual(["wake"]);
      const next = opened(leave().effects);
      expect(next.contribution).toEqual(first.contribution);
      expect(next.tag).toEqual(tag);
      seen.add(next.forwarder);
    }
    expect(seen.size).toBe(5);
    expect(spent()).toBe(1);
  });

  it("says no when she is called again and has taken back meanwhile what she allowed; also after a restart", () => {
    for (const isRestarted of [false, true]) {
      let allows = true;
      const refusal = refuse("consent-denied");
      const { ask, computed, leave, restart, told, spent } = asking({
        decide: () => (allows ? { at: "allow" } : { at: "deny", outcome: "grant", refusal }),
      });
      ask();
      computed();
      expect(outcomes[opened(leave().effects).contribution[0]!]).toBe("contributed");
      allows = false;
      if (isRestarted) restart();
      expect(ask().refusal).toEqual(refusal);
      expect(outcomes[opened(leave().effects).contribution[0]!]).toBe("grant");
      expect(told()?.outcome).toBe("grant");
      expect(spent()).toBe(1);
    }
  });

  it("answers so often and no more", () => {
    const { ask, computed, leave, happened } = asking();
    ask();
    computed();
    leave();
    for (let i = 0; i < 3 * limits.maxSendings; i++) {
      ask();
      leave();
    }
    expect(happened.filter(({ type }) => type === "send")).toHaveLength(limits.maxSendings);
  });

  it("after a restart pays nothing more and chooses the same", () => {
    const { ask, computed, leave, restart, spent } = asking();
    ask();
    computed();
    const before = opened(leave().effects);
    restart();
    const again = ask();
    expect(again.effects.some(({ type }) => type === "compute")).toBe(true);
    computed();
    expect(opened(leave().effects).contribution).toEqual(before.contribution);
    expect(spent()).toBe(1);
  });

  it("after a restart still refuses another tag and another plan", () => {
    const { ask, restart } = asking();
    ask();
    restart();
    expect(ask({ tag: random.bytes(16) }).refusal).toMatchObject({ code: "ask-other-tag" });
    expect(ask({ commission: commissionOf(world.plan(query, roster)) }).refusal).toMatchObject({
      code: "ask-other-plan",
    });
  });

  it("refuses another plan for the round, another tag, and what comes too late", () => {
    const { ask, spent } = asking();
    ask();
    const other = commissionOf(world.plan(query, roster));
    expect(ask({ commission: other })).toMatchObject({ effects: [], refusal: { code: "ask-other-plan" } });
    expect(ask({ tag: random.bytes(16) })).toMatchObject({ effects: [], refusal: { code: "ask-other-tag" } });
    expect(asking().ask({ nowMs: untilMs })).toMatchObject({ effects: [], refusal: { code: "ask-over" } });
    expect(spent()).toBe(1);
  });

  it("is not asked when it is not about her", () => {
    const baker = asking({ findable: person("baker", 43) });
    expect(baker.ask().refusal).toMatchObject({ code: "ask-not-about" });
    expect(baker.told()?.outcome).toBe("policy");
    expect(baker.spent()).toBe(0);
  });

  it("is asked herself when her rules say so; without a word of hers it is no", () => {
    const decide = () => ({ at: "ask" as const });
    const round = commission.round;
    const yes = asking({ decide });
    expect(yes.ask().effects.map(({ type }) => type)).toEqual(["persist", "consult", "wake"]);
    expect(yes.spent()).toBe(0);
    yes.feed({ type: "decided", round, decision: { at: "allow" }, nowMs });
    expect(yes.spent()).toBe(1);
    const silent = asking({ decide });
    silent.ask();
    silent.feed({ type: "wake", tag: `decide/${round}`, nowMs });
    expect(silent.told()?.outcome).toBe("grant");
    // Too late: what was sent stays said.
    silent.feed({ type: "decided", round, decision: { at: "allow" }, nowMs });
    expect(silent.spent()).toBe(0);
  });

  it("has nobody carry it who could tell what it says or who asked, while there are others", () => {
    const knowing = [commission.find, plan.analyst.node, ...papers.map((paper) => paper.node)];
    const others = everybody.filter(({ node: id }) => id !== node.node && !knowing.includes(id)).slice(0, 2);
    const members = everybody.filter((one) => knowing.includes(one.node) || others.includes(one));
    const { ask, computed, leave, happened } = asking({ members });
    ask();
    computed();
    leave();
    for (let i = 0; i < limits.maxSendings; i++) {
      ask();
      leave();
    }
    const unwelcome = [commission.find, plan.analyst.node, papers[place(tag)]!.node];
    const sent = happened.flatMap((effect) => (effect.type === "send" ? [effect.to] : []));
    expect(sent).toHaveLength(limits.maxSendings);
    expect(sent.filter((to) => unwelcome.includes(to))).toEqual([]);
  });

  it("sends nothing straight: without a forwarder it waits", () => {
    const alone = asking();
    const { ask, computed, feed } = alone;
    ask();
    computed();
    const members = world.nodes.get(node.node)!;
    const step = stepOwner(
      createOwner({
        self: node.node,
        pod: pod.id,
        ports: { ...createPorts(), members: () => [{ node: members.node, sealingKey: members.sealingKey }] },
      }),
      { type: "asked", commission, tag, gatherer: papers[place(tag)]!, message: null, untilMs, nowMs },
    );
    const state = step.state;
    stepOwner(state, { type: "computed", round: commission.round, rows: [[1n, ""]], nowMs });
    const left = stepOwner(state, { type: "wake", tag: `leave/${commission.round}`, nowMs });
    expect(left.refusal).toMatchObject({ code: "ask-no-forwarder" });
    expect(left.effects.map(({ type }) => type)).toEqual(["wake"]);
    expect(feed({ type: "wake", tag: "leave/unknown", nowMs }).effects).toEqual([]);
  });

  it("forgets rounds that nobody can ask for again, and keeps no more than it can", () => {
    const { ask, disk } = asking();
    ask();
    expect([...disk.keys()].filter((key) => key.startsWith("asking/"))).toHaveLength(1);
    const later = nowMs + 3 * 3_600_000;
    const fresh = { ...commission, round: "77".repeat(32) as Digest, drawnAtMs: later };
    ask({ commission: fresh, nowMs: later, untilMs: later + 1_000 });
    expect([...disk.keys()].filter((key) => key.startsWith("asking/"))).toEqual([
      `asking/round/${pod.id}/${fresh.round}`,
    ]);
    for (let i = 0; i < limits.maxRounds; i++)
      ask({ commission: { ...fresh, round: toHex(random.bytes(32)) as Digest }, nowMs: later, untilMs: later + 1_000 });
    const more = ask({ commission: { ...fresh, round: "88".repeat(32) as Digest }, nowMs: later, untilMs: later + 1 });
    expect(more.refusal).toMatchObject({ code: "ask-busy" });
  });
});

function createPorts() {
  let budget: BudgetState = emptyBudget;
  const own = keysOf(crypto, plan.network, owner(0).findable);
  return {
    hasher: crypto,
    sealer: world.sealing.sealer,
    terms: world.options.terms,
    random: (bytes: number) => random.bytes(bytes),
    ownKeys: () => own,
    decide: allows,
    budget(ask: Parameters<typeof stepBudget>[1]) {
      const step = stepBudget(budget, ask, plentyOfBudget);
      budget = step.state;
      return step;
    },
  };
}
