// The route that draws: asks for a roster, then shows and checks it as anybody else would.
import { accept, type Digest, type NodeId, toHex } from "../core/base/index.ts";
import {
  candidatesRound,
  type DrawPorts,
  drawOf,
  encodeRoster,
  isInside,
  type Location,
  lotOf,
  type Neighbourhood,
  regionOf,
  verifyBeacon,
  verifyRoster,
} from "../core/draw/index.ts";
import type { DrawView, NodeService, PlacedView } from "../sdk/index.ts";
import type { Daemon } from "./daemon.ts";

export function drawRoutes({ draws, members, crypto, identity }: Daemon): Pick<NodeService, "draw"> {
  return {
    async draw({ actors, purpose }, { signal }) {
      const own = toHex(globalThis.crypto.getRandomValues(new Uint8Array(32))) as Digest;
      const drawn = await draws.draw(purpose ?? own, actors, signal);
      if (!drawn.ok) return drawn;
      const around = draws.near();
      if (!around.ok) return around;
      const near = around.value;
      const { roster, beacon, restarts, tookMs } = drawn.value;
      const { header, random, attempt } = roster;
      const nowMs = Date.now();
      const counted = counting(draws.freshPorts);
      const first = verifyBeacon(beacon, draws.rules, counted.ports, nowMs);
      const firstOperations = counted.take();
      const second = verifyRoster(roster, draws.rules, counted.ports, { nowMs, purpose: header.purpose });
      const secondOperations = counted.take();
      const lot = lotOf(crypto, random, attempt);
      const placed = (node: NodeId): PlacedView => {
        const member = near.members.get(node);
        const at = member === undefined ? 0 : positionOf(member.location);
        return { node, name: members.record(node)?.name ?? null, at };
      };
      const trigger = identity.facts.node;
      const [k1, k2] = [beacon.parts.length, roster.witnesses.length];
      const view: DrawView = {
        draw: drawOf(crypto, header),
        purpose: header.purpose,
        sequence: header.sequence,
        nodes: near.nodes,
        colluding: draws.rules.colluding,
        alpha: draws.rules.alpha,
        trigger: placed(trigger),
        lot: positionOf(lot),
        attempt,
        restarts,
        tookMs,
        beaconWitnesses: first.ok ? first.value.witnesses.map(({ node }) => placed(node)) : [],
        rosterWitnesses: second.ok ? second.value.witnesses.map(({ node }) => placed(node)) : [],
        actors: roster.actors.map(placed),
        regions: {
          r1: regionView(near, near.members.get(trigger)!.location, draws.rules.sizeOf(k1)),
          r2: regionView(near, lot, draws.rules.sizeOf(k2)),
          r3: { size: 2 ** -header.spread, nodes: candidatesRound(near, lot, header.spread).length },
        },
        // Beacon: ask, commit, list, part. Start. Each attempt: ask, commit, list, disclosure, list, signature. Roster.
        messages: 4 * k1 + (attempt + 1) * (1 + 6 * k2) + 1,
        // Parts signed, and verified by the trigger; the beacon verified by each witness; disclosures and rosters signed;
        // the roster verified by the trigger.
        operations: 2 * k1 + (attempt + 1) * (k2 * 2 * k1 + 2 * k2) + 2 * k2,
        checks: [
          check("beacon: certificates, legitimacy in R1, signatures over all commitments", first, firstOperations),
          check("roster: certificates, legitimacy in R2, signatures over the processors", second, secondOperations),
        ],
        roster: Buffer.from(encodeRoster(roster)).toString("base64"),
      };
      return accept(view);
    },
  };
}

function check(what: string, result: { ok: boolean; code?: string; detail?: string }, operations: number) {
  const detail = result.ok ? "" : [result.code, result.detail].filter((part) => part !== undefined).join(": ");
  return { what, holds: result.ok, operations, detail };
}

function regionView({ geometry, members }: Neighbourhood, centre: Location, size: number) {
  const region = regionOf(geometry, centre, size);
  return { size, nodes: [...members.values()].filter(({ location }) => isInside(region, location)).length };
}

function positionOf(location: Location): number {
  return new DataView(location.buffer, location.byteOffset).getUint32(0) / 2 ** 32;
}

/** Counts asymmetric operations: a certificate's, a signature's. */
function counting({ crypto, certify }: DrawPorts): { readonly ports: DrawPorts; take(): number } {
  let operations = 0;
  const ports: DrawPorts = {
    crypto: {
      sha256: (...parts) => crypto.sha256(...parts),
      verify(publicKey, message, signature) {
        operations++;
        return crypto.verify(publicKey, message, signature);
      },
    },
    certify(certificate) {
      operations++;
      return certify(certificate);
    },
  };
  return {
    ports,
    take() {
      const taken = operations;
      operations = 0;
      return taken;
    },
  };
}
