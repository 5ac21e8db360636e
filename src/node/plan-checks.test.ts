// What a participant refuses of a plan that no honest planner made: the policies on both ends of an edge, as announced.
import { expect, it } from "vitest";
import { exit, hasher, middle, plan, producer, spare } from "../../test/support/lifecycle.ts";
import type { NodeId } from "../core/base/index.ts";
import type { Policy } from "../core/model/index.ts";
import { createPlanChecks, type PlanCheckOptions } from "./plan-checks.ts";

const rule = (effect: "require" | "forbid") => ({ rules: [{ effect, attribute: "elsewhere" }] }) as unknown as Policy;
const indifferent: Policy = { rules: [] };

/** The checks of `self` where nodes announced these policies; the others announced that they do not care. */
function checksAt(self: NodeId, announced: ReadonlyMap<NodeId, Policy | null>, left: readonly NodeId[] = []) {
  const recordOf = (node: NodeId) => {
    const policy = announced.get(node);
    return policy === null ? undefined : { node, policy: policy ?? indifferent };
  };
  const options = {
    ...{ self, network: plan.network, crypto: hasher },
    config: { policy: announced.get(self) ?? indifferent, equipment: [] },
    members: {
      record: (node: NodeId) => (left.includes(node) ? undefined : recordOf(node)),
      former: (node: NodeId) => (left.includes(node) ? { record: recordOf(node) } : undefined),
    },
  };
  return createPlanChecks(options as unknown as PlanCheckOptions);
}
const vertexAt = (node: NodeId) => plan.vertices.find((vertex) => vertex.node === node)!;

const forbidden = new Map<NodeId, Policy | null>([[producer, rule("forbid")]]);

it("agrees where nobody's policy contradicts a neighbour's", () => {
  expect(checksAt(middle, forbidden).checkPolicy(plan, vertexAt(middle))).toMatchObject({ ok: true });
});

it("refuses a neighbour that requires what this node forbids; whoever is further off is not concerned", () => {
  const clash = new Map([...forbidden, [middle, rule("require")]]);
  const refused = { ok: false, code: "policy-conflict", blame: producer };
  expect(checksAt(producer, clash).checkPolicy(plan, vertexAt(producer))).toMatchObject(refused);
  expect(checksAt(exit, clash).checkPolicy(plan, vertexAt(exit))).toMatchObject({ ok: true });
});

it("does not take a neighbour for indifferent whose policy nobody knows, and knows that of one that left", () => {
  const unknown = new Map<NodeId, Policy | null>([[producer, null]]);
  expect(checksAt(middle, unknown).checkPolicy(plan, vertexAt(middle))).toMatchObject({
    ...{ ok: false, code: "policy-unknown", blame: producer },
  });
  expect(checksAt(middle, forbidden, [producer]).checkPolicy(plan, vertexAt(middle))).toMatchObject({ ok: true });
});

it("compares the policy of a node that takes a cell over, not of the one that had it", () => {
  const clash = new Map<NodeId, Policy | null>([
    [exit, rule("require")],
    [spare, rule("forbid")],
  ]);
  expect(checksAt(spare, clash).checkPolicy(plan, vertexAt(middle))).toMatchObject({
    ...{ ok: false, code: "policy-conflict", blame: spare },
  });
  expect(checksAt(middle, clash).checkPolicy(plan, vertexAt(middle))).toMatchObject({ ok: true });
});
