// A port that another program has: said by its key in node.yaml, not by a stack.
import { type Refusal, refuse } from "../core/base/index.ts";
import type { NodeConfig } from "./config.ts";

/** null: the start failed for another reason. node:net says it, or libp2p around it. */
export function addressInUse(cause: unknown, { listen, edges }: NodeConfig): Refusal | null {
  const found = /EADDRINUSE.*?(\S+:(\d+))/s.exec(cause instanceof Error ? cause.message : "");
  if (found === null) return null;
  const [, address = "", port = ""] = found;
  const isEdges = Number(port) === edges.port;
  return refuse("address-in-use", {
    blame: isEdges ? "edges.port" : "listen",
    detail: isEdges ? address : `${address}, asked for by ${listen.join(", ")}`,
  });
}
