// A port that another program has: said by its key in node.yaml, not by a stack.
import { type Refusal, refuse } from "../core/base/index.ts";
import type { NodeConfig } from "./config.ts";

/** null: the start failed for another reason. node:net says it, or libp2p around it. */
export function addressInUse(cause: unknown, { listen, edges, api }: NodeConfig): Refusal | null {
  const found = /EADDRINUSE.*?(\S+:(\d+))/s.exec(cause instanceof Error ? cause.message : "");
  if (found === null) return null;
  const [, address = "", port = ""] = found;
  const key = Number(port) === edges.port ? "edges.port" : Number(port) === api.port ? "api.port" : "listen";
  const detail = key === "listen" ? `${address}, asked for by ${listen.join(", ")}` : address;
  return refuse("address-in-use", { blame: key, detail });
}
