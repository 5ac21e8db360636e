// One liar in a network of honest machines that draw: what it says on the wire is its own, its machine knows nothing of it.
// Roles are found as the draw goes: whoever first plays the liar's role is the liar, and stays it.
import type { Digest, NodeId, RefusalCode } from "../../src/core/base/index.ts";
import { evidenceFrom, verifyEvidence } from "../../src/core/cache/index.ts";
import type { DrawMessage, Evidence } from "../../src/core/draw/index.ts";
import { type DrawNetwork, type DrawNode, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

export type Role = "trigger" | "witness" | "setter" | "roster witness" | "stranger";

/** What a lie may use: the network, and who is who so far. */
export interface Stage {
  readonly network: DrawNetwork;
  readonly trigger: DrawNode;
  readonly liar: DrawNode;
  readonly witnesses: readonly DrawNode[];
  readonly rosterWitnesses: readonly DrawNode[];
  /** Said so far in the draw, by everybody. */
  readonly heard: readonly { readonly from: NodeId; readonly to: NodeId; readonly message: DrawMessage }[];
  say(to: NodeId, message: DrawMessage): void;
}

export type Tell<Type extends DrawMessage["type"]> = (
  message: Extract<DrawMessage, { type: Type }>,
  stage: Stage,
  to: NodeId,
) => DrawMessage | null;

export interface Attack {
  readonly liar: Role;
  readonly lie: string;
  /** By type of the message that the honest machine would have sent. */
  readonly tells: { readonly [Type in DrawMessage["type"]]?: Tell<Type> };
  /** What it does when it is told something, beside what its machine does. `from` is who told it. */
  readonly hears?: { readonly [Type in DrawMessage["type"]]?: Tell<Type> };
  /** Each distinct refusal of an honest node, "code by role blames role". */
  readonly refused?: readonly string[];
  /** Each distinct naming by an honest node, "code by role of role", with "proven" when anybody can check it. */
  readonly named?: readonly string[];
  /** What the honest trigger ends with. */
  readonly ends: "drawn at once" | "drawn anew" | "nothing" | `gave up: ${RefusalCode}`;
  readonly before?: (network: DrawNetwork, trigger: DrawNode) => void;
  readonly actors?: number;
  /** Nodes that R3 shall hold; default: so many that it is everywhere. */
  readonly cacheNodes?: number;
}

export interface Ending {
  readonly refused: readonly string[];
  readonly named: readonly string[];
  readonly ends: string;
  readonly evidence: readonly { readonly draw: Digest; readonly evidence: Evidence }[];
  readonly network: DrawNetwork;
}

export function stage(attack: Attack, seed = 1): Ending {
  const { cacheNodes } = attack;
  const network = drawNetwork({ seed, ...population, ...(cacheNodes === undefined ? {} : { cacheNodes }) });
  const { simulation } = network;
  const trigger = network.nodes[0]!;
  attack.before?.(network, trigger);
  const [happened, refusals] = [network.happened.length, network.refusals.length];
  let liar: NodeId | null = attack.liar === "trigger" ? trigger.member.node : null;
  const heard: { from: NodeId; to: NodeId; message: DrawMessage }[] = [];
  const [witnesses, rosterWitnesses, setters] = [new Set<NodeId>(), new Set<NodeId>(), new Set<NodeId>()];
  const strangers = new Set(network.nodes.map(({ member }) => member.node));

  const cast = (from: NodeId, to: NodeId, message: DrawMessage): void => {
    if (message.type === "beacon-ask") for (const node of message.witnesses) witnesses.add(node);
    if (message.type === "roster-start") setters.add(to);
    if (message.type === "roster-ask") for (const node of message.witnesses) rosterWitnesses.add(node);
    const busy = [trigger.member.node, ...witnesses, ...setters, ...rosterWitnesses];
    const free = (among: Iterable<NodeId>, but: readonly Set<NodeId>[]) =>
      [...among].find((node) => node !== trigger.member.node && !but.some((set) => set.has(node))) ?? null;
    if (attack.liar === "witness") liar ??= free(witnesses, []);
    if (attack.liar === "setter" && message.type === "roster-start") liar ??= free([to], [witnesses]);
    if (attack.liar === "roster witness" && message.type === "roster-ask")
      liar ??= free([...rosterWitnesses].reverse(), [witnesses, setters]);
    if (attack.liar === "stranger" && message.type === "roster-ask")
      liar ??= [...strangers].find((node) => !busy.includes(node)) ?? null;
    heard.push({ from, to, message });
  };
  let lying = false;
  simulation.intercept = (from, to, message) => {
    if (lying) return message;
    cast(from, to, message);
    const isHeard = to === liar || (attack.liar === "stranger" && liar !== null);
    const hear = isHeard ? attack.hears?.[message.type] : undefined;
    if (hear !== undefined) return act(hear as Tell<DrawMessage["type"]>, message, from);
    const tell = from === liar ? attack.tells[message.type] : undefined;
    return tell === undefined ? message : act(tell as Tell<DrawMessage["type"]>, message, to);
  };
  const act = (tell: Tell<DrawMessage["type"]>, message: DrawMessage, other: NodeId): DrawMessage | null => {
    const nodes = (set: Set<NodeId>) => [...set].map((node) => network.node(node));
    return tell(
      message as never,
      {
        network,
        trigger,
        liar: network.node(liar!),
        witnesses: nodes(witnesses),
        rosterWitnesses: nodes(rosterWitnesses),
        heard,
        say(target, said) {
          simulation.after(1, () => {
            lying = true;
            simulation.send(liar!, target, said);
            lying = false;
          });
        },
      },
      other,
    );
  };
  network.draw(trigger, { actors: attack.actors ?? 8 });
  const isOver = () =>
    network.happened.slice(happened).some(({ effect }) => effect.type === "drawn" || effect.type === "not-drawn");
  const outcome = simulation.run({ forMs: 300_000, until: isOver });
  if (outcome.at === "threw") throw outcome.error;
  simulation.run({ forMs: 3_000 }); // what the end makes others say
  const roleOf = (node: string | undefined): string => {
    if (node === undefined) return "nobody";
    if (node === liar) return "the liar";
    if (node === trigger.member.node) return "trigger";
    if (setters.has(node as NodeId)) return "setter";
    if (rosterWitnesses.has(node as NodeId)) return "roster witness";
    return witnesses.has(node as NodeId) ? "witness" : "stranger";
  };
  const distinct = (lines: readonly string[]) => [...new Set(lines)].sort();
  const told = network.happened.slice(happened);
  const named = told.flatMap(({ node, effect }) =>
    effect.type === "culprit" && node !== liar ? [{ node, effect }] : [],
  );
  const end = told.find(({ effect }) => effect.type === "drawn" || effect.type === "not-drawn")?.effect;
  return {
    network,
    refused: distinct(
      network.refusals
        .slice(refusals)
        // An honest answer that comes after the end is nobody's fault.
        .filter(
          ({ node, refusal }) => node !== liar && (refusal.code !== "draw-not-asked" || refusal.blame !== undefined),
        )
        .map(({ node, refusal }) => `${refusal.code} by ${roleOf(node)} blames ${roleOf(refusal.blame)}`),
    ),
    named: distinct(
      named.map(({ node, effect }) => {
        const { refusal, evidence } = effect;
        const portable = evidenceFrom(network.crypto, effect);
        const convicts = portable !== null && verifyEvidence(portable, network.rules, network.crypto).ok;
        const proof = convicts ? ", proven" : evidence === undefined ? "" : ", signed";
        return `${refusal.code} by ${roleOf(node)} of ${roleOf(refusal.blame)}${proof}`;
      }),
    ),
    evidence: named.flatMap(({ effect: { draw, evidence } }) => (evidence === undefined ? [] : { draw, evidence })),
    ends:
      end?.type === "drawn"
        ? end.restarts === 0
          ? "drawn at once"
          : "drawn anew"
        : end?.type === "not-drawn" && attack.liar !== "trigger"
          ? `gave up: ${end.refusal.detail?.split(" ")[0] ?? end.refusal.code}`
          : "nothing",
  };
}
