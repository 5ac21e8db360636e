// The route that draws: asks for a roster, then shows and checks it as anybody else would.
import { accept, type Digest, type NodeId, sentenceOf, toHex } from "../core/base/index.ts";
import { encodeEvidence, evidenceSays } from "../core/cache/index.ts";
import {
  candidatesRound,
  type DensityEstimate,
  type DrawPorts,
  dailyRisk,
  drawOf,
  drawRisk,
  encodeRoster,
  isInside,
  type Location,
  lotOf,
  type Neighbourhood,
  networkRisk,
  regionOf,
  verifyBeacon,
  verifyDrawn,
  verifyRoster,
} from "../core/draw/index.ts";
import type { DrawView, EstimateView, NodeService, PlacedView, ReportView } from "../sdk/index.ts";
import type { Report } from "./caches.ts";
import type { Daemon } from "./daemon.ts";
import { costByRule } from "./draw-cost.ts";
import { positionOf } from "./drawn-view.ts";

/** Reports that one answer carries; proven ones first. */
const maxReports = 100;

export function drawRoutes(daemon: Daemon): Pick<NodeService, "draw" | "drawState"> {
  const { draws, members, crypto, identity, caches } = daemon;
  const nameOf = (node: NodeId) => (members.record(node) ?? members.former(node)?.record)?.name ?? null;

  function reportView({ node, evidence, seen }: Report): ReportView {
    const proof = evidence && Buffer.from(encodeEvidence(evidence)).toString("base64");
    return {
      node,
      name: nameOf(node),
      proven: evidence && { kind: evidence.kind, says: evidenceSays[evidence.kind], evidence: proof! },
      seen: seen && { ...seen, sentence: sentenceOf(seen.code) },
    };
  }

  return {
    async drawState() {
      const around = draws.near();
      if (!around.ok) return around;
      const { table, nodes } = around.value;
      const joined = caches.joined();
      const reports = caches.reports().sort((a, b) => Number(a.evidence === null) - Number(b.evidence === null));
      return accept({
        estimate: estimateView(caches.estimate()),
        colluding: draws.rules.colluding,
        alpha: draws.rules.alpha,
        networkRisk: networkRisk(draws.rules),
        drawRisk: drawRisk(draws.rules),
        dailyRisk: dailyRisk(draws.rules),
        rows: table.rows.map(({ k, rs }) => ({ k, rs, expected: nodes * rs })),
        cache: {
          size: caches.size,
          joinedMs: joined?.atMs ?? null,
          from: (joined?.from ?? []).map((node) => ({ node, name: nameOf(node) })),
          vouched: caches.vouched(),
        },
        reports: reports.slice(0, maxReports).map(reportView),
      });
    },
    async draw({ actors, purpose }, { signal }) {
      const own = toHex(globalThis.crypto.getRandomValues(new Uint8Array(32))) as Digest;
      const drawn = await draws.draw(purpose ?? own, actors, signal);
      if (!drawn.ok) return drawn;
      const around = draws.near();
      if (!around.ok) return around;
      const near = around.value;
      const { roster, beacon, list, restarts, tookMs } = drawn.value;
      const { header, random, attempt } = roster;
      const nowMs = Date.now();
      const counted = counting(draws.freshPorts);
      const first = verifyBeacon(beacon, draws.rules, counted.ports, nowMs);
      const firstOperations = counted.take();
      const second = verifyDrawn(list, random, draws.rules, counted.ports, nowMs);
      const secondOperations = counted.take();
      const third = verifyRoster(roster, draws.rules, counted.ports, { nowMs, purpose: header.purpose });
      const thirdOperations = counted.take();
      const lot = lotOf(crypto, random, attempt);
      const placed = (node: NodeId): PlacedView => {
        const member = near.members.get(node);
        const at = member === undefined ? 0 : positionOf(member.location);
        return { node, name: members.record(node)?.name ?? null, at };
      };
      const trigger = identity.facts.node;
      const [k1, k2] = [beacon.parts.length, list.witnesses.length];
      const view: DrawView = {
        draw: drawOf(crypto, header),
        purpose: header.purpose,
        sequence: header.sequence,
        nodes: near.nodes,
        estimate: estimateView(caches.estimate()),
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
        ...costByRule(beacon, list),
        checks: [
          check("beacon: certificates, legitimacy in R1, signatures over all commitments", first, firstOperations),
          check(
            "what was drawn: certificates, legitimacy in R2, signatures over the processors",
            second,
            secondOperations,
          ),
          check("roster: certificates, legitimacy in R1, seals over the processors", third, thirdOperations),
        ],
        roster: Buffer.from(encodeRoster(roster)).toString("base64"),
      };
      return accept(view);
    },
  };
}

function estimateView({ depth, ...estimate }: DensityEstimate): EstimateView {
  return { ...estimate, share: 2 ** -depth };
}

function check(what: string, result: { ok: boolean; code?: string; detail?: string }, operations: number) {
  const detail = result.ok ? "" : [result.code, result.detail].filter((part) => part !== undefined).join(": ");
  return { what, holds: result.ok, operations, detail };
}

function regionView({ geometry, members }: Neighbourhood, centre: Location, size: number) {
  const region = regionOf(geometry, centre, size);
  return { size, nodes: [...members.values()].filter(({ location }) => isInside(region, location)).length };
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
