// The routes about the node itself: who it is, whom it knows, how it is doing.

import { decodeRevocations } from "../core/attestation/index.ts";
import { accept, type NodeId, type Result, refuse, sentenceOf } from "../core/base/index.ts";
import { evidenceSays } from "../core/cache/index.ts";
import type { NodeService, PeerView, ServiceAnswer } from "../sdk/index.ts";
import { version } from "../sdk/index.ts";
import type { Daemon } from "./daemon.ts";
import { diskOf } from "./disk.ts";

type NodeRoutes = Pick<
  NodeService,
  "status" | "health" | "metrics" | "doctor" | "peers" | "connect" | "importRevocation" | "shutdown"
>;

/** Peers that `doctor` asks: enough to judge a clock by. */
const maxPeersAsked = 16;
const minFreeBytes = 256 * 1024 * 1024;

export function nodeRoutes(daemon: Daemon, shutdown: () => void): NodeRoutes {
  const { identity, config, overlay, members } = daemon;
  const self = identity.facts.node;
  let aheadMs: number | null = null;

  const others = () => members.records().filter((record) => record.node !== self);
  const clock = () => ({ wallMs: Date.now(), monotonicMs: performance.now(), peersAheadMs: aheadMs });
  const cells = () => daemon.participants.queries().reduce((sum, id) => sum + running(daemon, id), 0);

  async function askPeers(): Promise<ServiceAnswer<"doctor">["peers"]> {
    const asked = await Promise.all(
      others()
        .slice(0, maxPeersAsked)
        .map(async ({ node, name }) => {
          const before = performance.now();
          const reply = await daemon.inquiries.ask(node, { type: "ping" });
          const roundTripMs = performance.now() - before;
          if (!reply.ok)
            return { node, name, reachable: false, roundTripMs: null, clockAheadMs: null, problem: reply.code };
          const theirs = reply.value.type === "pong" ? reply.value.nowMs : null;
          const clockAheadMs = theirs === null ? null : Math.round(theirs - (Date.now() - roundTripMs / 2));
          return { node, name, reachable: true, roundTripMs, clockAheadMs };
        }),
    );
    const known = asked
      .flatMap((peer) => (peer.clockAheadMs === null ? [] : [peer.clockAheadMs]))
      .sort((a, b) => a - b);
    aheadMs = known[Math.floor(known.length / 2)] ?? null;
    return asked;
  }

  async function status(): Promise<Result<ServiceAnswer<"status">>> {
    const { node, network, principal, roles, serial, notAfterMs } = identity.facts;
    const all = daemon.asked.all();
    const parts = daemon.participants.queries().filter((id) => !all.some((query) => query.id === id));
    const alive = parts.filter((id) => running(daemon, id) > 0).length;
    return accept({
      node,
      name: config.name,
      network,
      principal,
      roles,
      functions: config.functions,
      assurance: overlay.facts.assurance ?? "software",
      version: version(),
      addresses: overlay.addresses(),
      uptimeMs: Date.now() - daemon.startedAtMs,
      process: process.pid,
      peers: { known: others().length, connected: overlay.peers().length },
      queries: {
        active: all.filter((query) => query.outcome === null).length + alive,
        settled: all.filter((query) => query.outcome !== null).length + parts.length - alive,
      },
      cells: cells(),
      disk: await diskOf(daemon.folder),
      clock: clock(),
      certificate: { serial, notAfterMs },
      people: daemon.asking.counts(),
    });
  }

  function certificateFacts(nowMs: number) {
    const x509 = identity.certificateDates;
    const problem =
      nowMs >= x509.notAfterMs ? "it has expired" : nowMs < x509.notBeforeMs ? "it is not valid yet" : undefined;
    const banned = members.isBanned(self) || isToldRevoked() ? "it has been revoked" : problem;
    return {
      valid: banned === undefined,
      ...(banned === undefined ? {} : { problem: banned }),
      serial: identity.facts.serial,
      ...x509,
    };
  }

  /** Nobody tells a revoked node directly: it learns it where it knocks. One peer's word counts only while no other lets us in. */
  function isToldRevoked(): boolean {
    const problem = members.dialProblem();
    return overlay.peers().length === 0 && problem?.code === "certificate-revoked" && problem.blame === self;
  }

  /** Nobody is connected: out of reach, or unwilling to have us (a revoked certificate shows here). */
  function loneliness(): string {
    const problem = members.dialProblem();
    return problem === undefined ? "no other node has answered yet" : sentenceOf(problem.code);
  }

  /** By node, as a sentence goes on: "it …". */
  function provenLies(): Map<NodeId, string> {
    const lies = new Map<NodeId, string>();
    for (const { node, evidence } of daemon.caches.reports())
      if (evidence !== null) lies.set(node, evidenceSays[evidence.kind]);
    return lies;
  }

  function lieOf(node: NodeId, lies: ReadonlyMap<NodeId, string>): Pick<PeerView, "provenLie"> {
    const provenLie = lies.get(node);
    return provenLie === undefined ? {} : { provenLie };
  }

  function peerView(record: ReturnType<typeof others>[number]): PeerView {
    const facts = members.facts(record.node);
    const connected = overlay.peers().find((peer) => peer.node === record.node);
    const heard = members.heardAtMs(record.node);
    return {
      node: record.node,
      name: record.name,
      principal: facts?.principal ?? null,
      roles: facts?.roles ?? [],
      functions: record.functions,
      liveness: members.isSuspected(record.node) ? "suspect" : "alive",
      connected: connected !== undefined,
      addresses: record.addresses,
      heardAgoMs: heard === undefined ? null : Date.now() - heard,
      assurance: connected?.assurance ?? null,
      version: record.version,
      policy: record.policy,
      equipment: record.equipment.map(({ name, kind, exclusive }) => ({ name, kind, exclusive })),
    };
  }

  return {
    status,
    async health() {
      const disk = await diskOf(daemon.folder);
      const { valid, problem } = certificateFacts(Date.now());
      const expected = others().length > 0 || config.seeds.length > 0;
      const lonely = overlay.peers().length === 0 && expected;
      const checks = [
        { name: "certificate", ok: valid, detail: problem ?? "valid" },
        { name: "disk", ok: disk.freeBytes >= minFreeBytes, detail: `${Math.round(disk.freeBytes / 1e6)} MB free` },
        {
          name: "peers",
          ok: !lonely,
          detail: lonely ? loneliness() : `${others().length} known, ${overlay.peers().length} connected`,
        },
      ];
      return accept({ healthy: checks.every((check) => check.ok), checks });
    },
    async metrics() {
      const { metrics } = daemon;
      metrics.peersKnown.set(others().length);
      metrics.peersConnected.set(overlay.peers().length);
      const all = daemon.asked.all();
      metrics.queries.set({ part: "analyst" }, all.filter((query) => query.outcome === null).length);
      metrics.queries.set(
        { part: "participant" },
        daemon.participants.queries().filter((id) => running(daemon, id) > 0).length,
      );
      metrics.cells.set(cells());
      const { kept, indexed } = daemon.asking.counts();
      metrics.people.set(kept);
      metrics.indexEntries.set(indexed);
      const statistics = daemon.participants.queries().flatMap((id) => daemon.host.statistics(id));
      metrics.records.set(
        { direction: "in" },
        statistics.reduce((sum, cell) => sum + cell.recordsIn, 0),
      );
      metrics.records.set(
        { direction: "out" },
        statistics.reduce((sum, cell) => sum + cell.recordsOut, 0),
      );
      metrics.memoryBytes.set(process.memoryUsage.rss());
      metrics.uptimeSeconds.set((Date.now() - daemon.startedAtMs) / 1000);
      return accept(await metrics.registry.metrics());
    },
    async doctor() {
      const peers = await askPeers();
      return accept({
        nodeVersion: process.versions.node,
        version: version(),
        certificate: certificateFacts(Date.now()),
        listening: overlay.addresses().map((address) => ({ address, loopbackOnly: /\/(127\.|::1)/.test(address) })),
        disk: await diskOf(daemon.folder),
        clock: clock(),
        peers,
        liars: [...provenLies()].flatMap(([node, says]) => {
          const name = members.record(node)?.name;
          return name === undefined ? [] : [{ node, name, says }];
        }),
        unreachable: [...members.unreachableSeeds()].map(([address, problem]) => ({ address, problem })),
      });
    },
    async peers() {
      const lies = provenLies();
      const views = others()
        .map((record) => ({ ...peerView(record), ...lieOf(record.node, lies) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const departed = members.departed().map(({ record: { node, name }, how, sinceMs }) => {
        return { node, name, how, agoMs: Math.max(0, Date.now() - sinceMs), ...lieOf(node, lies) };
      });
      return accept({ peers: views, departed });
    },
    async connect({ address }) {
      const admitted = await overlay.connect([address]);
      return admitted.ok ? accept({ node: admitted.value.node, principal: admitted.value.principal }) : admitted;
    },
    async importRevocation({ base64 }) {
      const signed = decodeRevocations(new Uint8Array(Buffer.from(base64, "base64")));
      // Whatever else the file is, to a person it is no list of revocations.
      if (!signed.ok) return refuse("revocations-file");
      const revocations: { node: NodeId; serial: string; alreadyKnown: boolean }[] = [];
      for (const statement of signed.value) {
        const opened = daemon.openRevocation(statement);
        if (!opened.ok) return opened;
        const { node, serial } = opened.value;
        revocations.push({ node, serial, alreadyKnown: members.isBanned(node) });
        members.revoke({ kind: "revocation", ...statement });
        if (!members.isBanned(node)) return refuse("revocation-malformed", { blame: node });
      }
      return accept({ revocations });
    },
    async shutdown() {
      setImmediate(shutdown);
      return accept({ draining: true });
    },
  };
}

function running(daemon: Daemon, id: Parameters<Daemon["host"]["statistics"]>[0]): number {
  return daemon.host.statistics(id).filter((cell) => cell.state !== "ended" && cell.state !== "failed").length;
}
