// Targeted diffusion (SEP2P §5.1, use case 2): a message reaches those whom an expression finds and whose rules take it; the publisher
// learns a count.
import { describe, expect, it } from "vitest";
import {
  type AskMessage,
  askingLimits,
  commitmentTo,
  type MessageOpening,
  saltBytes,
} from "../../src/core/asking/index.ts";
import { type NodeId, toCanonical } from "../../src/core/base/index.ts";
import { askingWorld, owner, rulesOf, willing } from "../support/asking.ts";

const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 0.1, delta = 1e-9, purpose = 'news')";
const target = "profile('profession') = 'pilot' AND profile('age') BETWEEN 40 AND 49";
const statement = `${head} COUNT(*) AS people FROM people WHERE ${target}`;
const message = "A-message-for-pilots-in-their-forties";
/** The first eight of twelve are looked for; of them every other one is subscribed. */
const found = 8;
const subscribed = rulesOf({ default: "allow", messages: [{ purposes: ["news"] }] });
const takes = (index: number) => index < found && index % 2 === 0;

function diffusion(changed: Parameters<typeof askingWorld>[0] = {}) {
  return askingWorld({
    statement,
    message,
    owner: (index) => owner(index, { rows: [[1n]], rules: takes(index) || index >= found ? subscribed : willing }),
    ...changed,
  });
}

describe("a message", () => {
  it("reaches exactly those who are looked for and subscribed, and the publisher learns how many", () => {
    const world = diffusion();
    world.publishAll();
    const answer = world.ask();
    for (const [index, { pod }] of world.pods.entries()) {
      expect([...pod.inbox.values()], `person ${index}`).toEqual(takes(index) ? [message] : []);
      expect(pod.budget.charges.size, `person ${index}`).toBe(takes(index) ? 1 : 0);
    }
    expect(answer).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 4 }]], participation: { contributed: { value: 4 }, policy: { value: 4 } } },
    });
    expect(world.refusals.map(({ refusal }) => refusal.code)).toEqual(Array(4).fill("consent-not-subscribed"));
  });

  it("is called out by the finder alone, and nothing that leaves her node says whether she took it", () => {
    const world = diffusion();
    world.publishAll();
    const homes = new Map<NodeId, number>(world.pods.map(({ node }, index) => [node.node, index]));
    const heard: { to: number; from: NodeId; type: AskMessage["type"] }[] = [];
    const said = new Map<number, string[]>();
    world.onSent = ({ from, to, message: sent, bytes }) => {
      const [sender, receiver] = [homes.get(from), homes.get(to)];
      if (receiver !== undefined && sent.type !== "forward") heard.push({ to: receiver, from, type: sent.type });
      // Not what she only passes on for others: a forwarder may be anybody.
      if (sender !== undefined && sent.type === "called") said.set(sender, [`called ${bytes.length}`]);
    };
    world.ask();
    const calls = heard.filter(({ type }) => type === "call");
    expect(new Set(calls.map(({ from }) => from))).toEqual(new Set([world.commission!.find]));
    expect([...new Set(calls.map(({ to }) => to))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set([...said.values()].map(([one]) => one)).size).toBe(1);
    const plain = world.pods.slice(0, found).map(({ pod }) => [...pod.state.rounds.values()][0]!.plain!.length);
    expect(new Set(plain).size).toBe(1);
  });

  it("comes once, however often she is called", () => {
    const world = diffusion({
      onWay: (one) => (one.message.type === "call" ? [one, { ...one, afterMs: 500 }] : [one]),
    });
    world.publishAll();
    expect(world.ask()).toMatchObject({ ok: true, value: { rows: [[{ value: 4 }]] } });
    for (const [index, { pod }] of world.pods.entries()) expect(pod.inbox.size).toBe(takes(index) ? 1 : 0);
  });

  it("is part of what the roster was drawn for: another one under the same roster is refused by everybody", () => {
    const world = diffusion();
    world.publishAll();
    const plan = world.planned();
    const another = commitmentTo(world.draws.crypto, { salt: world.random.bytes(saltBytes), text: "another message" });
    const other = { ...plan, asked: { ...plan.asked!, message: another } };
    const read = (one: typeof plan) =>
      world.commissions(world.pods[0]!.node.node).read(toCanonical(one), world.nowMs, { young: true });
    expect(read(plan).ok).toBe(true);
    expect(read(other)).toMatchObject({ ok: false, code: "ask-other-question" });
    const { message: _, ...without } = plan.asked!;
    expect(read({ ...plan, asked: without })).toMatchObject({ ok: false, code: "ask-other-question" });
  });

  it("has no place in the plan, and another commitment each time: nobody can try texts against it", () => {
    const world = diffusion();
    const [one, two] = [world.query(), world.query()];
    expect(one.asked!.message).toMatch(/^[0-9a-f]{64}$/);
    expect(two.asked!.message).not.toBe(one.asked!.message);
    expect(Buffer.from(toCanonical(one)).includes(message)).toBe(false);
  });

  const changes: readonly [string, (message: MessageOpening) => MessageOpening | undefined][] = [
    ["says something else", ({ salt }) => ({ salt, text: "Vote for somebody else." })],
    ["says it under another salt", ({ text }) => ({ salt: new Uint8Array(saltBytes), text })],
    ["says nothing", () => undefined],
  ];
  it.each(changes)("that a finder changes is taken by nobody: it %s", (_, change) => {
    let changed = 0;
    const world = diffusion({
      onWay(one) {
        if (one.message.type !== "call") return [one];
        changed++;
        const { message: opening, ...call } = one.message;
        const other = change(opening!);
        return [{ ...one, message: other === undefined ? call : { ...call, message: other } }];
      },
    });
    world.publishAll();
    expect(world.ask()).toMatchObject({ ok: true, value: { participation: { silent: { value: found } } } });
    expect(changed).toBeGreaterThanOrEqual(found);
    expect(new Set(world.refusals.map(({ refusal }) => refusal.code))).toEqual(new Set(["ask-other-message"]));
    for (const { pod } of world.pods) expect([pod.inbox.size, pod.budget.charges.size, pod.told]).toEqual([0, 0, null]);
  });

  it("that comes with a question which brings none is taken by nobody", () => {
    const world = askingWorld({
      statement,
      onWay: (one) =>
        one.message.type === "call"
          ? [{ ...one, message: { ...one.message, message: { salt: new Uint8Array(saltBytes), text: message } } }]
          : [one],
    });
    world.publishAll();
    world.ask();
    expect(new Set(world.refusals.map(({ refusal }) => refusal.code))).toEqual(new Set(["ask-other-message"]));
    for (const { pod } of world.pods) expect([pod.inbox.size, pod.told]).toEqual([0, null]);
  });

  it("that the analyst's node changes on its way to the finder stops the round before anybody is called", () => {
    const world = diffusion({
      onWay: (one) =>
        one.message.type === "go"
          ? [{ ...one, message: { ...one.message, message: { ...one.message.message!, text: "Something else." } } }]
          : [one],
    });
    world.publishAll();
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-other-message" });
    expect(world.traffic.has("call")).toBe(false);
  });

  it("is told to the node of `find` alone, when enough were found, and so often", () => {
    const world = diffusion();
    world.publishAll();
    const plan = world.planned();
    const analyst = world.analyst.member.node;
    const told: NodeId[] = [];
    world.onSent = ({ to, message: sent }) => void (sent.type === "go" && told.push(to));
    world.start(plan);
    const { find, gatherers } = world.commission!;
    const strangers = [gatherers[0]!.vertex.node, world.pods[0]!.node.node];
    for (const from of strangers) world.send(from, analyst, { type: "go-ask", query: plan.id, number: 1 });
    world.run(60_000, () => world.answer !== null);
    expect(told).toEqual([find]);
    const codes = () => world.refusals.filter(({ node }) => node === analyst).map(({ refusal }) => refusal.code);
    expect(codes()).toEqual(["ask-not-finder", "ask-not-finder"]);
    for (let asks = 0; asks < askingLimits.goAsksPerWindow; asks++)
      world.send(find, analyst, { type: "go-ask", query: plan.id, number: 1 });
    world.run(1_000);
    expect(told).toHaveLength(askingLimits.goAsksPerWindow);
    expect(codes()).toContain("ask-flood");
  });

  it("is not even asked for when too few are found", () => {
    const world = diffusion();
    world.publishAll();
    world.noisedCount = () => 0;
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-too-few" });
    expect(world.traffic.has("go-ask")).toBe(false);
  });

  it("waits for an analyst's node that is away for a while, and not for ever", () => {
    for (const [awayMs, expected] of [
      [40_000, { ok: true, value: { rows: [[{ value: 4 }]] } }],
      [10 * 60_000, { ok: false, code: "ask-no-go" }],
    ] as const) {
      const world = diffusion();
      world.publishAll();
      const plan = world.planned();
      const analyst = world.analyst.member.node;
      world.dead.add(analyst);
      world.after(awayMs, () => world.dead.delete(analyst));
      expect(world.ask(plan)).toMatchObject(expected);
      expect(world.traffic.has("call")).toBe(expected.ok);
    }
  });

  it.each([
    [
      "asks for more than a count",
      `${head} AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS x FROM people WHERE ${target}`,
    ],
    ["counts in groups", `${head} COUNT(*) AS n FROM ratings WHERE ${target} GROUP BY movie`],
    ["looks into pods", `${head} COUNT(*) AS n FROM people WHERE ${target} AND sick_leave_days > 30`],
    ["is for everybody", `${head} COUNT(*) AS n FROM people`],
  ])("that %s is refused by whoever reads the plan", (_, bad) => {
    const world = diffusion({ statement: bad });
    expect(() => world.ask()).toThrow("ask-message-question");
  });
});
