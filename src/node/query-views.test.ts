import { expect, it } from "vitest";
import type { NodeId, VertexId } from "../core/base/index.ts";
import { lossReason } from "./query-views.ts";

const loss = { vertex: "twenties" as VertexId, incarnation: 0, node: "12D3KooW" as NodeId };

it("says how many batches went with a node: the sum over what it had taken in, or that nobody knows", () => {
  expect(lossReason({ ...loss, batches: { "a>twenties:0": 17, "b>twenties:1": 3 } }).detail).toContain(
    "at most 20 batches",
  );
  expect(lossReason({ ...loss, batches: {} }).detail).toContain("an unknown number of batches");
});
