// Who may call a person, with what: the finder alone, with the plan and the one gatherer that the lot named.
import { describe, expect, it } from "vitest";
import {
  commission,
  commissions,
  crypto,
  nowMs,
  papers,
  place,
  plan,
  pod,
  random,
  tag,
} from "../../../test/support/asked-owner.ts";
import { fromHex, refuse, toCanonical, toHex } from "../base/index.ts";
import type { Role } from "../model/index.ts";
import { CallDesk } from "./call-desk.ts";
import { limits } from "./limits.ts";
import type { AskMessageOf } from "./messages.ts";

describe("a call", () => {
  const evidence: string[] = [];
  const desk = (certified: { principal: string; roles: Role[] } | null = { ...plan.analyst, roles: ["analyst"] }) =>
    new CallDesk({
      hasher: crypto,
      commission: (bytes, at) => commissions.read(bytes, at, { young: false }),
      certified: (node) => (node === plan.analyst.node ? certified : null),
      verifyEvidence: (claim) => {
        evidence.push(claim.vertex.id);
        return toHex(claim.evidence) === toHex(claim.publicKey)
          ? { ok: true, value: undefined }
          : refuse("evidence-not-fresh");
      },
    });
  const call = (changed: Partial<AskMessageOf<"call">> = {}): AskMessageOf<"call"> => ({
    type: "call",
    number: 1,
    plan: toCanonical(plan),
    gatherers: papers,
    people: [{ pod: fromHex(pod.id), tag }],
    leftMs: 30_000,
    ...changed,
  });

  it("is taken from the finder, with the evidence of the one gatherer that matters, verified once", () => {
    evidence.length = 0;
    const at = desk();
    const taken = at.take(commission.find, call(), nowMs);
    expect(taken).toMatchObject({ ok: true, value: { people: [{ pod: pod.id, gatherer: papers[place(tag)] }] } });
    expect(evidence).toEqual([papers[place(tag)]!.cell]);
    at.take(commission.find, call(), nowMs);
    expect(evidence).toHaveLength(1);
  });

  it("is taken only when the certificate of the asking node names the plan's analyst", () => {
    const refused = { ok: false, code: "ask-analyst-uncertified", blame: plan.analyst.node };
    for (const other of [null, { principal: "Mallory", roles: ["analyst" as const] }])
      expect(desk(other).take(commission.find, call(), nowMs)).toMatchObject(refused);
    const noAnalyst = desk({ principal: plan.analyst.principal, roles: ["owner"] });
    expect(noAnalyst.take(commission.find, call(), nowMs)).toMatchObject(refused);
  });

  it("is not looked into after so many that were not in order, from the same node", () => {
    const at = desk();
    const forged = call({ plan: toCanonical({ ...plan, purpose: "x" }) });
    const stranger = plan.analyst.node;
    for (let i = 0; i < limits.badPlansPerWindow; i++) at.take(stranger, forged, nowMs);
    expect(at.take(stranger, forged, nowMs)).toMatchObject({ code: "ask-flood" });
    expect(at.take(commission.find, call(), nowMs)).toMatchObject({ ok: true });
    expect(at.take(stranger, forged, nowMs + limits.quotaWindowMs)).toMatchObject({ code: "ask-other-roles" });
    // Nor after so many that are in order, and somebody else's: each costs as much.
    const [gatherer] = papers;
    for (let i = 0; i < limits.badPlansPerWindow; i++)
      expect(at.take(gatherer!.node, call(), nowMs)).toMatchObject({ code: "ask-not-finder" });
    expect(at.take(gatherer!.node, call(), nowMs)).toMatchObject({ code: "ask-flood" });
  });

  it("leaves her the same time whatever her clock says", () => {
    for (const wrongMs of [-45_000, 0, 45_000]) {
      const taken = desk().take(commission.find, call({ leftMs: 20_000 }), nowMs + wrongMs);
      expect(taken).toMatchObject({ ok: true, value: { untilMs: nowMs + wrongMs + 20_000 } });
    }
  });

  it("is refused from anybody else, without her gatherer, or with one that the lot did not name", () => {
    const mine = papers[place(tag)]!;
    const others = papers.filter((paper) => paper !== mine);
    const elsewhere = { ...mine, node: others[0]!.node };
    const forged = { ...mine, publicKey: random.bytes(32) };
    const take = (of: AskMessageOf<"call">, from = commission.find, at = nowMs) => desk().take(from, of, at);
    expect(take(call(), plan.analyst.node)).toMatchObject({ code: "ask-not-finder" });
    expect(take(call({ gatherers: others }))).toMatchObject({ code: "ask-other-gatherer" });
    expect(take(call({ gatherers: [elsewhere] }))).toMatchObject({ code: "ask-other-gatherer" });
    expect(take(call({ gatherers: [forged] }))).toMatchObject({ code: "evidence-not-fresh" });
    expect(take(call({ plan: toCanonical({ ...plan, purpose: "x" }) }))).toMatchObject({ code: "ask-other-roles" });
  });
});
