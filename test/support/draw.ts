// A draw that went well, for tests that then spoil it; and ports that count asymmetric operations.
import type { NodeId } from "../../src/core/base/index.ts";
import type { Beacon, DrawMessage, DrawnList, DrawPorts, Roster } from "../../src/core/draw/index.ts";
import {
  type DrawNetwork,
  type DrawNetworkOptions,
  type DrawNode,
  drawNetwork,
} from "../../src/sim/draw-protocol/index.ts";

export interface Sent {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: DrawMessage;
}

export interface Drawing {
  readonly network: DrawNetwork;
  readonly trigger: DrawNode;
  readonly beacon: Beacon;
  readonly roster: Roster;
  /** What the witnesses round the lot signed. */
  readonly list: DrawnList;
  readonly sent: readonly Sent[];
  /** Shortly after the draw. */
  readonly nowMs: number;
}

/** k is 3 to 5 nearly everywhere. */
export const population = { nodes: 200, colluding: 10, alpha: 1e-3 } as const;

export function drawn(
  options: Partial<DrawNetworkOptions> & { readonly actors?: number; readonly trigger?: number } = {},
): Drawing {
  const network = drawNetwork({ seed: 1, ...population, ...options });
  const trigger = network.nodes[options.trigger ?? 0]!;
  return draw(network, trigger, options.actors ?? 8);
}

export function draw(network: DrawNetwork, trigger: DrawNode, actors = 8): Drawing {
  const sent: Sent[] = [];
  network.simulation.onSend = (from, to, message) => void sent.push({ from, to, message });
  const before = network.happened.length;
  network.draw(trigger, { actors });
  network.simulation.run({ forMs: 120_000, until: () => network.happened.length > before });
  const effect = network.happened[before]?.effect;
  if (effect?.type !== "drawn") throw new Error(`not drawn: ${JSON.stringify(effect)}`);
  const { roster, beacon, list } = effect;
  return { network, trigger, beacon, roster, list, sent, nowMs: roster.header.atMs + 2_000 };
}

/** Knows the authority and nothing else: what anybody can verify with. */
export function countingPorts({ crypto, ports }: DrawNetwork): {
  readonly ports: DrawPorts;
  readonly counts: { certificates: number; signatures: number };
} {
  const counts = { certificates: 0, signatures: 0 };
  return {
    counts,
    ports: {
      crypto: {
        sha256: (...parts) => crypto.sha256(...parts),
        verify(publicKey, message, signature) {
          counts.signatures++;
          return crypto.verify(publicKey, message, signature);
        },
      },
      certify(certificate) {
        counts.certificates++;
        return ports.certify(certificate);
      },
    },
  };
}

export function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

export function swapped<T>(list: readonly T[], a = 0, b = 1): T[] {
  return list.map((one, i) => (i === a ? list[b]! : i === b ? list[a]! : one));
}
