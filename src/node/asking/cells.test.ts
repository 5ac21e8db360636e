// The cells that ask people hold messages, tags and calls of strangers: what of it is let go, and who hears which answer.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askingWorld } from "../../../test/support/asking.ts";
import type { AskMessage, AskMessageOf } from "../../core/asking/index.ts";
import type { NodeId, Refusal, VertexId } from "../../core/base/index.ts";
import { drawLimits } from "../../core/draw/index.ts";
import type { MemberFacts, Plan } from "../../core/model/index.ts";
import { terms } from "../../core/terms/index.ts";
import type { PortedCell } from "../../io/cells/index.ts";
import { freshAgreementKey } from "../../io/curve/index.ts";
import { nodeCrypto } from "../../io/identity/index.ts";
import type { RunningSource } from "../../operators/index.ts";
import { createAskingCells } from "./cells.ts";
import { type Ground, sealer } from "./ground.ts";

const world = askingWorld({ owners: 0, terms });
const self = "self" as NodeId;
const key = freshAgreementKey();

beforeEach(() => vi.useFakeTimers({ now: world.nowMs }));
afterEach(() => vi.useRealTimers());

function node() {
  const sent: { readonly to: NodeId; readonly message: AskMessage }[] = [];
  const refusals: Refusal[] = [];
  const ground = {
    commissions: world.commissions(self),
    sealer,
    coins: { below: () => 0 },
    random: (bytes: number) => new Uint8Array(bytes).fill(7),
    known: () => [],
    processors: () => 0,
    places: () => ({ nearest: () => [...world.nodes.keys()].slice(0, 1) }),
  } as unknown as Ground;
  const cells = createAskingCells({
    self,
    ground,
    crypto: nodeCrypto,
    send: (to, message) => void sent.push({ to, message }),
    refused: (refusal) => void refusals.push(refusal),
  });
  const ported = (plan: Plan, vertex: string) =>
    ({ query: plan.id, vertex: vertex as VertexId, incarnation: 0, plan, planDigest: plan.query, key }) as PortedCell;
  const portsOf = (plan: Plan, vertex: string) => cells.portsFor(ported(plan, vertex))!;
  const wire = (plan: Plan) => {
    const outputs = plan.vertices
      .filter(({ id }) => id.startsWith("gather"))
      .map(({ id, node: at }) => ({
        ...{ edge: `find>${id}:0`, vertex: id, node: at, incarnation: 0, publicKey: key.publicKey },
        ...{ evidence: new Uint8Array(8), edgeAddresses: [], batches: 0 },
      }));
    cells.wired(plan.id, "find" as VertexId, { inputs: [], outputs } as never);
  };
  const look = (plan: Plan): RunningSource => {
    const source = portsOf(plan, "find").finder();
    wire(plan);
    source.next().catch(() => {}); // no index here ever answers
    return source;
  };
  const lookups = () => sent.flatMap(({ to, message }) => (message.type === "lookup" ? [{ to, message }] : []));
  return { cells, sent, refusals, portsOf, look, lookups };
}
const from = (id: NodeId) => ({ node: id }) as MemberFacts;
const silence = (message: AskMessageOf<"lookup">): AskMessage => ({
  type: "ask-refused",
  number: message.number,
  code: "draw-stale",
});

describe("a node with cells of several questions", () => {
  it("hands an answer to the finder that asked for it, and to no other", () => {
    const { cells, refusals, look, lookups } = node();
    look(world.planned());
    const first = lookups().length;
    look(world.planned());
    expect(first).toBeGreaterThan(0);
    expect(lookups().length).toBe(2 * first);
    const { to, message } = lookups()[0]!;
    expect(cells.onMessage(from(to), { type: "shares", number: message.number, shares: [] })).toMatchObject({
      ok: true,
    });
    expect(refusals).toEqual([]);
  });

  it("blames nobody for an answer that comes when its finder is gone, and whoever answers what was never asked", async () => {
    const { cells, refusals, look, lookups } = node();
    const source = look(world.planned());
    const { to, message } = lookups()[0]!;
    await source.close();
    expect(cells.onMessage(from(to), silence(message))).toMatchObject({ ok: true });
    expect(cells.onMessage(from(to), { ...silence(message), number: 2 ** 40 } as AskMessage)).toMatchObject({
      code: "ask-unasked",
    });
    expect(refusals).toEqual([]);
  });

  it("hears no contribution for a gatherer that is over, however it ended", () => {
    const { cells, portsOf } = node();
    const plan = world.planned();
    const deliver = () =>
      cells.onMessage(from(self), {
        ...{ type: "deliver", query: plan.id, cell: "gather-1" as VertexId, sealed: new Uint8Array(40) },
      });
    const running = portsOf(plan, "gather-1").gatherer();
    expect(deliver()).toMatchObject({ code: "sealed-unreadable" });
    running.close!();
    expect(deliver()).toMatchObject({ code: "ask-over" });
  });

  it("tells what has come to the question's finder alone: to anybody else that were a count without noise", () => {
    const { cells, portsOf, sent } = node();
    const plan = world.planned();
    portsOf(plan, "gather-1").gatherer();
    const come = (id: NodeId) =>
      cells.onMessage(from(id), {
        ...{ type: "come-ask", query: plan.id, cell: "gather-1" as VertexId, number: 3, from: 0 },
      });
    expect(come(plan.analyst.node)).toMatchObject({ code: "ask-not-finder" });
    expect(come(plan.vertices.find(({ id }) => id === "gather-2")!.node)).toMatchObject({ code: "ask-not-finder" });
    expect(sent).toEqual([]);
    const { node: find } = plan.vertices.find(({ id }) => id === "find")!;
    expect(come(find)).toMatchObject({ ok: true });
    expect(sent).toMatchObject([{ to: find, message: { type: "come", number: 3 } }]);
  });

  it("lets a gatherer stand in as long as people may answer, and a finder begin while the roster is young", async () => {
    const { portsOf } = node();
    const plan = world.planned();
    vi.setSystemTime(world.nowMs + drawLimits.maxAgeMs + 1_000);
    expect(() => portsOf(plan, "gather-1").gatherer()).not.toThrow();
    await expect(portsOf(plan, "find").finder().next()).rejects.toMatchObject({ refusal: { code: "draw-stale" } });
    vi.setSystemTime(world.nowMs + drawLimits.maxAgeMs + plan.asked!.settings.answerMs + 1_000);
    expect(() => portsOf(plan, "gather-1").gatherer()).toThrow();
  });
});
