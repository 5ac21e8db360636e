import { describe, expect, it } from "vitest";
import type { NodeId } from "../base/index.ts";
import { mayReadReceipts } from "./index.ts";

const ann = "ann";
const readers = { principal: ann, nodes: ["meter", "spare"] as NodeId[] };
const member = (node: string, principal: string, ...roles: ("analyst" | "owner")[]) => ({
  node: node as NodeId,
  principal,
  roles,
});

describe("the receipts of a query", () => {
  it("are for its analyst, on any node of hers", () => {
    expect(mayReadReceipts(member("desk", ann, "analyst"), readers).ok).toBe(true);
    expect(mayReadReceipts(member("laptop", ann, "analyst"), readers).ok).toBe(true);
  });
  it("are for the nodes that its plan names", () => {
    expect(mayReadReceipts(member("meter", "venue"), readers).ok).toBe(true);
    expect(mayReadReceipts(member("spare", "venue"), readers).ok).toBe(true);
  });
  it("are for nobody else: another analyst, her name without the role, a member of the network", () => {
    for (const other of [member("rival", "bob", "analyst"), member("owner", ann, "owner"), member("x", "venue")]) {
      expect(mayReadReceipts(other, readers)).toMatchObject({ ok: false, code: "receipts-not-yours" });
    }
  });
  it("are nobody's where the query is not known", () => {
    const none = mayReadReceipts({ ...member("desk", ann, "analyst"), principal: undefined as never }, undefined);
    expect(none).toMatchObject({ code: "receipts-not-yours" });
  });
});
