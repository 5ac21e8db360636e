// Witnesses that crash in the middle of a draw (SEP2P §3.4 to §3.6): whatever they told before, they tell again or not at all.
import { expect, it } from "vitest";
import { type NodeId, toHex } from "../../src/core/base/index.ts";
import { type DrawMessage, drawLimits } from "../../src/core/draw/index.ts";
import { type DrawNetwork, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

type Said = "beacon-commit" | "beacon-reveal" | "roster-commit" | "roster-disclose" | "roster-sign";

/** What every node said, by draw and step: more than one entry is a second try. */
function listen(network: DrawNetwork, onSaid: (node: NodeId, message: DrawMessage) => void) {
  const said = new Map<string, Set<string>>();
  network.simulation.onSend = (from, _, message) => {
    const content = contentOf(message);
    if (content === null) return;
    const attempt = "attempt" in message ? message.attempt : 0;
    const key = `${from} ${message.type} ${"draw" in message ? message.draw : ""}/${attempt}`;
    said.set(key, (said.get(key) ?? new Set()).add(content));
    onSaid(from, message);
  };
  return said;
}

function contentOf(message: DrawMessage): string | null {
  switch (message.type) {
    case "beacon-commit":
    case "roster-commit":
      return toHex(message.commitment);
    case "beacon-reveal":
      return toHex(message.part.random);
    case "roster-disclose":
      return toHex(message.disclosure.random) + toHex(message.disclosure.signature);
    case "roster-sign":
      return "signed";
    default:
      return null;
  }
}

/** The first node that says `what` is down at once, and back before anybody gives it up. */
function crashedAfter(what: Said, seed: number) {
  const network = drawNetwork({ seed, ...population });
  const { simulation } = network;
  const crashed: NodeId[] = [];
  const said = listen(network, (node, message) => {
    if (message.type !== what || crashed.length > 0 || node === network.nodes[0]!.member.node) return;
    crashed.push(node);
    simulation.after(1, () => simulation.crash(node));
    simulation.after(900, () => simulation.restart(node));
  });
  network.draw(network.nodes[0]!);
  simulation.run({ forMs: 180_000, until: () => network.happened.some(({ effect }) => effect.type === "drawn") });
  const drawn = network.happened.find(({ effect }) => effect.type === "drawn")?.effect;
  expect(crashed.length).toBe(1);
  if (drawn?.type !== "drawn") throw new Error(`not drawn: ${JSON.stringify(network.happened)}`);
  for (const [key, contents] of said) expect(contents.size, key).toBe(1);
  return { drawn, crashed: crashed[0]! };
}

it.each(["roster-commit", "roster-disclose", "roster-sign"] as const)(
  "a roster witness that crashes after its %s goes on where it was: the draw ends with the same beacon",
  (what) => {
    for (let seed = 1; seed <= 6; seed++) expect(crashedAfter(what, seed).drawn.restarts).toBe(0);
  },
);

it.each(["beacon-commit", "beacon-reveal"] as const)(
  "a beacon witness that crashes after its %s serves that sequence no more",
  (what) => {
    for (let seed = 1; seed <= 6; seed++) expect(crashedAfter(what, seed).drawn.restarts).toBeLessThanOrEqual(1);
  },
);

it("a crash between disk and wire: what was kept is told after the restart, and nothing else", () => {
  for (let effects = 0; effects < 4; effects++) {
    const network = drawNetwork({ seed: 9, ...population });
    const { simulation } = network;
    const victims = new Set<NodeId>();
    simulation.intercept = (_, target, message) => {
      if (message.type === "roster-ask" && victims.size === 0 && target !== network.nodes[0]!.member.node) {
        victims.add(target);
        simulation.crashDuringNextStep(target, effects);
        simulation.after(1_200, () => simulation.restart(target));
      }
      return message;
    };
    const said = listen(network, () => {});
    network.draw(network.nodes[0]!);
    simulation.run({ forMs: 180_000, until: () => network.happened.some(({ effect }) => effect.type === "drawn") });
    expect(victims.size).toBe(1);
    expect(network.happened.map(({ effect }) => effect.type)).toContain("drawn");
    for (const [key, contents] of said) expect(contents.size, key).toBe(1);
  }
});

it("a trigger that was forgotten for lack of room gets no second beacon for what it asked before", () => {
  const network = drawNetwork({ seed: 2, ...population });
  const { simulation } = network;
  const trigger = network.nodes[0]!;
  let ask: { to: NodeId; message: DrawMessage } | null = null;
  const said = listen(network, () => {});
  simulation.intercept = (_, to, message) => {
    if (message.type === "beacon-ask") ask ??= { to, message };
    return message;
  };
  const drawnBy = (node: NodeId) =>
    network.happened.filter((one) => one.node === node && one.effect.type === "drawn").length;
  network.draw(trigger);
  simulation.run({ forMs: 60_000, until: () => drawnBy(trigger.member.node) === 1 });
  const { to, message } = ask!;
  const witness = network.node(to);
  const { memory } = witness.state!;
  const [first] = memory;
  expect(first?.[0]).toBe(trigger.member.node);
  for (let i = memory.size; i < drawLimits.maxTriggers; i++)
    memory.set(`another ${i}` as NodeId, { sequence: 1, drawnAtMs: [first![1].drawnAtMs[0]! + 1] });
  network.draw(witness); // its own draws count too
  simulation.run({ forMs: 60_000, until: () => drawnBy(to) === 1 });
  expect(witness.state!.memory.has(trigger.member.node)).toBe(false);
  simulation.crash(to);
  simulation.restart(to);
  simulation.send(trigger.member.node, to, message);
  simulation.run({ forMs: 1_000 });
  for (const [key, contents] of said) expect(contents.size, key).toBe(1);
  expect(network.refusals.findLast(({ node }) => node === to)?.refusal.code).toBe("draw-stale");
  simulation.run({ forMs: 2 * drawLimits.maxSkewMs });
  network.draw(trigger); // what it asks for now is new
  simulation.run({ forMs: 60_000, until: () => drawnBy(trigger.member.node) === 2 });
  expect(drawnBy(trigger.member.node)).toBe(2);
});

it("what is kept of a roster is forgotten when nobody can use it any more, also after a restart", () => {
  const network = drawNetwork({ seed: 2, ...population });
  const { simulation } = network;
  const kept = () =>
    network.nodes.flatMap(({ member }) =>
      simulation
        .context(member.node)
        .disk.keys()
        .filter((key) => key.startsWith("draw/roster/")),
    );
  network.draw(network.nodes[0]!);
  simulation.run({ forMs: 60_000, until: () => network.happened.length > 0 });
  expect(kept().length).toBeGreaterThanOrEqual(3);
  for (const { member } of network.nodes) {
    simulation.crash(member.node);
    simulation.restart(member.node);
  }
  expect(network.nodes.reduce((sum, { state }) => sum + state!.rosters.size, 0)).toBe(kept().length);
  simulation.run({ forMs: 12 * 60_000 });
  expect(kept().length).toBeGreaterThanOrEqual(3); // nobody wakes them
  for (const { member, state } of network.nodes) if (state!.rosters.size > 0) askAgain(network, member.node);
  simulation.run({ forMs: 1_000 });
  expect(kept()).toEqual([]);
});

it("a clock that runs ahead and is set back gives no second value either", () => {
  const network = drawNetwork({ seed: 4, ...population });
  const { simulation } = network;
  const asks: { from: NodeId; to: NodeId; message: DrawMessage }[] = [];
  simulation.intercept = (from, to, message) => {
    if (message.type === "roster-ask") asks.push({ from, to, message });
    return message;
  };
  const said = listen(network, () => {});
  network.draw(network.nodes[0]!);
  simulation.run({ forMs: 60_000, until: () => network.happened.length > 0 });
  simulation.intercept = undefined;
  for (const { to } of asks) simulation.setClockSkew(to, 3_600_000);
  for (const { to } of asks) askAgain(network, to); // it looks what is stale
  simulation.run({ forMs: 100 });
  for (const { to } of asks) {
    expect(network.node(to).state!.rosters.size).toBe(0);
    simulation.setClockSkew(to, 0);
    simulation.crash(to);
    simulation.restart(to);
  }
  for (const { from, to, message } of asks) simulation.send(from, to, message);
  simulation.run({ forMs: 1_000 });
  for (const [key, contents] of said) expect(contents.size, key).toBe(1);
  expect(simulation.counts.refusals.get("draw-stale")).toBeGreaterThanOrEqual(asks.length);
});

/** Another roster is asked for, under a beacon that holds for nobody. */
function askAgain(network: DrawNetwork, witness: NodeId): void {
  const { effect } = network.happened[0]!;
  if (effect.type !== "drawn") throw new Error("not drawn");
  const header = { ...effect.beacon.header, sequence: 1 };
  const beacon = { ...effect.beacon, header };
  const from = network.nodes.find(({ member }) => member.node !== witness)!.member.node;
  network.simulation.send(from, witness, { type: "roster-ask", beacon, attempt: 0, sparse: [], witnesses: [witness] });
}
