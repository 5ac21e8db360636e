// Who may read a query's receipts and the leaves under them: its analyst, on whatever node of hers, and the nodes that its
// plan names for its cells. They show no data; but how much flows, and when, is nobody else's business either.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";

export interface Readers {
  readonly principal: string;
  readonly nodes: readonly NodeId[];
}

/** `readers` is undefined where nothing is known of the query: who asks for it is told no more than any stranger. */
export function mayReadReceipts(
  from: Pick<MemberFacts, "node" | "principal" | "roles">,
  readers: Readers | undefined,
): Result<void> {
  const isHers = from.roles.includes("analyst") && from.principal === readers?.principal;
  const isNamed = readers?.nodes.includes(from.node) === true;
  const isReader = readers !== undefined && (isHers || isNamed);
  return isReader ? accept(undefined) : refuse("receipts-not-yours", { blame: from.node });
}
