// The end of each act: whether the chain of receipts holds, as the analyst's node finds it.
import type { QueryView } from "../../sdk/index.ts";
import type { LocalNetwork } from "../../sdk/local-network.ts";
import type { Voice } from "./voice.ts";

export async function audit(network: LocalNetwork, voice: Voice, view: QueryView): Promise<boolean> {
  const found = await network.analyst.client.queryAudit({ id: view.id });
  const batches = found.edges
    .map((edge) => `${edge.from} → ${edge.to} ${edge.batches} batches ${edge.verdict}`)
    .join("; ");
  const verdict = `audit of ${found.receipts} receipts: the chain from source to sink ${found.complete ? "holds" : found.holds ? `holds as far as receipts go: ${found.open.join("; ")}` : "DOES NOT hold"} (${batches}; assurance ${found.assurance ?? "unknown"})`;
  if (found.complete) voice.good(verdict);
  else voice.fault(verdict);
  return found.complete;
}
