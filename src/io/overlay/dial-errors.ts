// From what libp2p throws when a dial fails to the refusal that says most to an operator.
import { type Refusal, refuse } from "../../core/base/index.ts";
import { refusalIn } from "./admission-refused.ts";

export function refusalOfDial(cause: unknown): Refusal {
  const found = everyError(cause).map(refusalOfError);
  // An answer from the peer says more than an address where nothing answered.
  return found.find((refusal) => refusal.code !== "peer-unreachable") ?? found[0] ?? refuse("peer-unreachable");
}

function everyError(cause: unknown, depth = 0): unknown[] {
  if (depth > 4) return [];
  if (cause instanceof AggregateError) return cause.errors.flatMap((inner) => everyError(inner, depth + 1));
  return [cause];
}

function refusalOfError(cause: unknown): Refusal {
  const { name, message } = cause instanceof Error ? cause : { name: "", message: String(cause) };
  const refusal = refusalIn(message);
  if (refusal !== null) return refusal;
  if (/dial self/i.test(message)) return refuse("address-own");
  if (/does not match expected remote identity/i.test(message)) return refuse("peer-other-identity");
  if (/protocol selection failed|UnsupportedProtocol/i.test(`${name} ${message}`))
    return refuse("admission-not-spoken");
  if (name === "EncryptionFailedError") return refuse("admission-not-spoken", { detail: shortened(message) });
  return refuse("peer-unreachable", { detail: shortened(message) });
}

function shortened(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, " ").slice(0, 160);
}
