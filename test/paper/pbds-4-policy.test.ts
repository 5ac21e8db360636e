// PBDS §4, policies: one test per rule of the paper, restated in our words.
import { describe, expect, test } from "vitest";
import type { NodeId, VertexId } from "../../src/core/base/index.ts";
import type { Attribute, Plan, PlanVertex, Policy, RecordShape, RuleEffect } from "../../src/core/model/index.ts";
import {
  checkNeighbours,
  checkPlanAt,
  checkRequired,
  checkShape,
  checkVertices,
  conflicts,
  decide,
} from "../../src/core/policy/index.ts";

const camera = "12D3KooWCamera" as NodeId;
const transform = "12D3KooWTransform" as NodeId;
const exit = "12D3KooWExit" as NodeId;

function policyOf(...rules: [RuleEffect, string, string[]?][]): Policy {
  return {
    rules: rules.map(([effect, attribute, purposes]) => ({
      effect,
      attribute: attribute as Attribute,
      ...(purposes === undefined ? {} : { purposes }),
    })),
  };
}

function shapeOf(...names: string[]): RecordShape {
  return names.map((name) => ({ name: name as Attribute, type: "text", nullable: false }));
}

function vertex(id: string, node: NodeId, inputs: string[], output: string[] | null): PlanVertex {
  return {
    id: id as VertexId,
    operator: { name: id, digest: "00" as PlanVertex["operator"]["digest"], kind: "transform" },
    params: {},
    inputs: inputs as VertexId[],
    consumes: [],
    output: output === null ? null : [...shapeOf(...output)],
    stateless: true,
    limits: { memoryBytes: 65_536, batchMs: 1, outputBytes: 1_024 },
    node,
    spares: [],
  };
}

function planOf(...vertices: PlanVertex[]): Plan {
  return { purpose: "safety", vertices } as unknown as Plan;
}

const effectOf = (policy: Policy, attribute: string, purpose = "safety") =>
  decide(policy, attribute as Attribute, purpose).effect;

describe("a rule is Require, Forbid or Don't-Care over a named attribute", () => {
  test("an attribute that no rule names is unconstrained, as under Don't-Care", () => {
    expect(effectOf(policyOf(), "video.raw")).toBe("dont-care");
    expect(effectOf(policyOf(["dont-care", "video"]), "video.raw")).toBe("dont-care");
  });

  test("a rule on a parent holds for its children, and the most specific rule wins", () => {
    const policy = policyOf(["forbid", "location"], ["dont-care", "location.coarse"]);
    expect(effectOf(policy, "location.precise")).toBe("forbid");
    expect(effectOf(policy, "location.coarse")).toBe("dont-care");
    expect(effectOf(policy, "location.coarse.city")).toBe("dont-care");
  });

  test("at equal depth Forbid beats Require, and Require beats Don't-Care, in either order", () => {
    expect(effectOf(policyOf(["require", "a"], ["forbid", "a"]), "a")).toBe("forbid");
    expect(effectOf(policyOf(["forbid", "a"], ["require", "a"]), "a")).toBe("forbid");
    expect(effectOf(policyOf(["dont-care", "a"], ["require", "a"]), "a")).toBe("require");
  });

  test("a rule with purposes holds for those purposes alone", () => {
    const policy = policyOf(["forbid", "video", ["advertising"]]);
    expect(effectOf(policy, "video", "advertising")).toBe("forbid");
    expect(effectOf(policy, "video", "safety")).toBe("dont-care");
  });
});

describe("Forbid prohibits any exposure of the attribute beyond the local operator", () => {
  const forbid = policyOf(["forbid", "location.precise"]);

  test("no stream out of the node's cells carries it", () => {
    const plan = planOf(vertex("uwb", camera, [], ["location.precise", "tag"]), vertex("sink", exit, ["uwb"], null));
    expect(checkPlanAt(plan, camera, forbid)).toMatchObject({ ok: false, code: "attribute-forbidden", blame: "uwb" });
    expect(checkShape(forbid, shapeOf("tag"), "safety")).toMatchObject({ ok: true });
  });

  test("not even to another operator of the same node", () => {
    const plan = planOf(
      vertex("uwb", camera, [], ["location.precise"]),
      vertex("coarsen", camera, ["uwb"], ["location.coarse"]),
      vertex("sink", exit, ["coarsen"], null),
    );
    expect(checkPlanAt(plan, camera, forbid)).toMatchObject({ code: "attribute-forbidden", blame: "uwb" });
  });

  test("a column named by the parent may carry it, so it may not leave either", () => {
    expect(checkShape(forbid, shapeOf("location"), "safety")).toMatchObject({
      code: "attribute-forbidden",
      blame: "location",
    });
    expect(checkShape(forbid, shapeOf("location.coarse"), "safety").ok).toBe(true);
  });

  test("nothing downstream of the node's operators produces it, however far away", () => {
    const plan = planOf(
      vertex("tags", camera, [], ["tag"]),
      vertex("count", transform, ["tags"], ["tag"]),
      vertex("locate", transform, ["count"], ["location.precise"]),
      vertex("sink", exit, ["locate"], null),
    );
    expect(checkPlanAt(plan, camera, forbid)).toMatchObject({ code: "attribute-forbidden", blame: "locate" });
    expect(checkPlanAt(plan, exit, policyOf()).ok).toBe(true);
  });

  test("a branch that does not come from the node is not the node's to forbid", () => {
    const plan = planOf(
      vertex("tags", camera, [], ["tag"]),
      vertex("uwb", transform, [], ["location.precise"]),
      vertex("left", exit, ["tags"], null),
      vertex("right", exit, ["uwb"], null),
    );
    expect(checkPlanAt(plan, camera, forbid).ok).toBe(true);
  });

  test("an exit that forbids it does not hand it out of the network", () => {
    const plan = planOf(vertex("uwb", camera, [], ["location.precise"]), vertex("sink", exit, ["uwb"], null));
    expect(checkPlanAt(plan, exit, forbid)).toMatchObject({ code: "attribute-forbidden", blame: "sink" });
  });

  test("an operator that takes it in and emits it no more is allowed: the local operator may see it", () => {
    const plan = planOf(
      vertex("uwb", camera, [], ["location.precise"]),
      vertex("coarsen", transform, ["uwb"], ["location.coarse"]),
      vertex("sink", exit, ["coarsen"], null),
    );
    expect(checkPlanAt(plan, transform, forbid).ok).toBe(true);
  });

  test("a node that would take over a cell checks as if it ran it", () => {
    const plan = planOf(vertex("uwb", camera, [], ["location.precise"]), vertex("sink", exit, ["uwb"], null));
    expect(checkPlanAt(plan, transform, forbid).ok).toBe(true);
    expect(checkVertices(plan, ["uwb" as VertexId], forbid)).toMatchObject({ code: "attribute-forbidden" });
  });

  test("the refusal names the cell, the attribute, the rule and its reason", () => {
    const policy: Policy = {
      rules: [{ effect: "forbid", attribute: "location.precise" as Attribute, reason: "it shows where people sit" }],
    };
    const plan = planOf(vertex("uwb", camera, [], ["location.precise"]), vertex("sink", exit, ["uwb"], null));
    const result = checkPlanAt(plan, camera, policy);
    expect(result.ok ? "" : result.detail).toBe(
      "cell uwb (uwb), on the edge out of this cell: location.precise may not leave: the rule " +
        '"forbid location.precise" holds for the purpose "safety" (reason: it shows where people sit).',
    );
  });
});

describe("Require: the attribute must be available to downstream operators", () => {
  const require = policyOf(["require", "location"]);

  test("every stream into the node's operators carries it, or a part of it", () => {
    const good = planOf(vertex("a", camera, [], ["location.coarse"]), vertex("sink", exit, ["a"], null));
    expect(checkPlanAt(good, exit, require).ok).toBe(true);
    const bad = planOf(
      vertex("a", camera, [], ["location.coarse"]),
      vertex("b", camera, [], ["tag"]),
      vertex("sink", exit, ["a", "b"], null),
    );
    expect(checkPlanAt(bad, exit, require)).toMatchObject({ code: "attribute-required-missing", blame: "sink" });
  });

  test("for a source, the stream that leaves it", () => {
    const plan = planOf(vertex("a", camera, [], ["tag"]), vertex("sink", exit, ["a"], null));
    expect(checkPlanAt(plan, camera, require)).toMatchObject({ code: "attribute-required-missing", blame: "a" });
  });

  test("a parent does not satisfy a requirement of its part, and an overruled Require asks for nothing", () => {
    expect(checkRequired(policyOf(["require", "location.precise"]), shapeOf("location"), "safety").ok).toBe(false);
    expect(checkRequired(policyOf(["require", "a"], ["forbid", "a"]), shapeOf("b"), "safety").ok).toBe(true);
    expect(checkRequired(policyOf(["require", "a", ["sales"]]), shapeOf("b"), "safety").ok).toBe(true);
  });
});

describe("adjacent nodes are compatible when no attribute is Require for one and Forbid for the other", () => {
  test("Require against Forbid conflicts, whichever side has which, also through a parent", () => {
    const requires = policyOf(["require", "video.raw"]);
    expect(conflicts(requires, policyOf(["forbid", "video.raw"]), "safety")).toHaveLength(1);
    expect(conflicts(policyOf(["forbid", "video"]), requires, "safety")).toMatchObject([
      { attribute: "video.raw", requiredBy: "second" },
    ]);
  });

  test("Don't-Care conflicts with nothing, and rules for other purposes do not meet", () => {
    expect(conflicts(policyOf(["dont-care", "a"]), policyOf(["forbid", "a"], ["require", "b"]), "safety")).toEqual([]);
    expect(conflicts(policyOf(["require", "a"]), policyOf(["forbid", "a", ["sales"]]), "safety")).toEqual([]);
  });

  test("a Forbid on a part of what is required leaves another part to satisfy it", () => {
    expect(conflicts(policyOf(["require", "location"]), policyOf(["forbid", "location.precise"]), "safety")).toEqual(
      [],
    );
  });

  test("it is checked for each pair of nodes that an edge joins; an unknown policy is never taken for consent", () => {
    const plan = planOf(
      vertex("a", camera, [], ["tag"]),
      vertex("b", transform, ["a"], ["tag"]),
      vertex("sink", exit, ["b"], null),
    );
    const policies = new Map<NodeId, Policy>([
      [camera, policyOf(["forbid", "tag"])],
      [transform, policyOf()],
      [exit, policyOf(["require", "tag"])],
    ]);
    expect(checkNeighbours(plan, transform, (node) => policies.get(node)).ok).toBe(true);
    policies.set(transform, policyOf(["require", "tag"]));
    expect(checkNeighbours(plan, camera, (node) => policies.get(node))).toMatchObject({
      code: "policy-conflict",
      blame: camera,
    });
    expect(checkNeighbours(plan, exit, (node) => policies.get(node)).ok).toBe(true);
    policies.delete(transform);
    expect(checkNeighbours(plan, exit, (node) => policies.get(node))).toMatchObject({ code: "policy-unknown" });
  });
});
