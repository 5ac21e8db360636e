// What a node says of itself to everybody, from its configuration.
import type { SelfDescription } from "../core/membership/index.ts";
import { version } from "../sdk/index.ts";
import type { NodeConfig } from "./config.ts";

/** As many as a record takes. */
const maxAddresses = 16;

export function selfDescription(
  config: NodeConfig,
  addresses: readonly string[],
  sealingKey: Uint8Array,
): SelfDescription {
  return {
    name: config.name,
    addresses: addresses.slice(0, maxAddresses),
    functions: config.functions,
    equipment: config.equipment.map(({ name, kind, exclusive, shape }) => ({
      name,
      kind,
      exclusive,
      ...(shape === undefined ? {} : { shape }),
    })),
    policy: config.policy,
    version: version(),
    sealingKey,
  };
}
