import { describe, expect, it } from "vitest";
import type { NodeId } from "../core/base/index.ts";
import type { DoctorFacts } from "../sdk/index.ts";
import {
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeFunctions,
  judgeLiars,
  judgeListening,
  judgePeerClocks,
  judgePeers,
  judgePort,
  judgeRuntime,
} from "./doctor-checks.ts";
import { judgePods } from "./doctor-people.ts";

const nowMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const facts = (over: Partial<DoctorFacts>) =>
  ({ peers: [], unreachable: [], listening: [], certificate, ...over }) as unknown as DoctorFacts;
const peer = (name: string, over: object = {}) =>
  ({
    node: name,
    name,
    reachable: true,
    roundTripMs: 1,
    clockAheadMs: 0,
    ...over,
  }) as unknown as DoctorFacts["peers"][number];
const clock = { wallMs: nowMs, wallPassedMs: 100, monotonicPassedMs: 100 };
const certificate = { valid: true, serial: "1", notBeforeMs: 0, notAfterMs: nowMs + 100 * dayMs };

const cases: [string, { verdict: string; mend?: string }, string][] = [
  ["Node 18", judgeRuntime("v18.20.0"), "fail"],
  ["Node 20.18", judgeRuntime("v20.18.9"), "fail"],
  ["Node 20.19", judgeRuntime("v20.19.0"), "ok"],
  ["Node 24", judgeRuntime("v24.1.0"), "ok"],
  ["a clock that stands at 1970", judgeClock({ ...clock, wallMs: 0 }), "fail"],
  ["a clock that is far ahead", judgeClock({ ...clock, wallMs: Date.UTC(2200, 0) }), "fail"],
  ["a clock that was set meanwhile", judgeClock({ ...clock, wallPassedMs: 4_000 }), "warn"],
  ["a clock that goes", judgeClock(clock), "ok"],
  ["a full disk", judgeDisk("/x", 1_000), "fail"],
  ["a disk that gets full", judgeDisk("/x", 1e9), "warn"],
  ["a disk with room", judgeDisk("/x", 1e11), "ok"],
  ["a taken port", judgePort(4101, false), "fail"],
  ["a free port", judgePort(4101, true), "ok"],
  ["a certificate that ended", judgeCertificate({ ...certificate, notAfterMs: nowMs - 1 }, nowMs), "fail"],
  [
    "a certificate that is revoked",
    judgeCertificate({ ...certificate, valid: false, problem: "revoked" }, nowMs),
    "fail",
  ],
  [
    "a certificate with 29 days left",
    judgeCertificate({ ...certificate, notAfterMs: nowMs + 29.5 * dayMs }, nowMs),
    "warn",
  ],
  ["a certificate with 100 days left", judgeCertificate(certificate, nowMs), "ok"],
  ["clocks in step", judgePeerClocks(facts({ peers: [peer("a", { clockAheadMs: -40 })] })), "ok"],
  [
    "clocks six seconds apart",
    judgePeerClocks(facts({ peers: [peer("a"), peer("b", { clockAheadMs: -6_000 })] })),
    "warn",
  ],
  ["clocks ten minutes apart", judgePeerClocks(facts({ peers: [peer("a", { clockAheadMs: 600_000 })] })), "fail"],
  ["clocks unknown", judgePeerClocks(facts({ peers: [peer("a", { clockAheadMs: null })] })), "warn"],
  ["functions as certified", judgeFunctions({ roles: ["exit"], functions: ["exit"] }), "ok"],
  ["fewer functions than certified", judgeFunctions({ roles: ["exit", "transform"], functions: ["exit"] }), "ok"],
  ["an analyst, without functions", judgeFunctions({ roles: ["analyst"], functions: [] }), "ok"],
  ["certified, and without functions", judgeFunctions({ roles: ["exit"], functions: [] }), "warn"],
  ["no address", judgeListening(facts({})), "fail"],
  ["loopback only", judgeListening(facts({ listening: [{ address: "x", loopbackOnly: true }] })), "warn"],
  ["an address for others", judgeListening(facts({ listening: [{ address: "x", loopbackOnly: false }] })), "ok"],
];

describe("doctor's judgement", () => {
  for (const [name, check, verdict] of cases) {
    it(`${name}: ${verdict}`, () => {
      expect(check.verdict).toBe(verdict);
      // Whoever is told that something is wrong is told what to do.
      expect(check.mend === undefined).toBe(verdict === "ok");
    });
  }
  it("a revoked node: it is said, and neither the network nor its peers are to blame", () => {
    const revoked = { ...certificate, valid: false, problem: "it has been revoked" };
    expect(judgeCertificate(revoked, nowMs)).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("has revoked this node"),
      mend: expect.stringContaining("hedgerow node init"),
    });
    const about = facts({
      certificate: revoked,
      peers: [peer("a", { reachable: false, clockAheadMs: null, problem: "certificate-revoked" })],
      unreachable: [{ address: "/ip4/192.0.2.1/tcp/1", problem: "certificate-revoked" }],
    });
    expect([...judgePeers(about), judgePeerClocks(about)].filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  });
  it("names the peer whose clock is worst", () => {
    const { says } = judgePeerClocks(facts({ peers: [peer("a"), peer("late", { clockAheadMs: -6_000 })] })) as {
      says: string;
    };
    expect(says).toContain("late");
  });
  it("peers: none known, none answering, some answering", () => {
    expect(judgePeers(facts({}))[0]?.verdict).toBe("warn");
    const silent = peer("a", { reachable: false, problem: "connection refused" });
    expect(judgePeers(facts({ peers: [silent] })).map(({ verdict }) => verdict)).toEqual(["fail", "warn"]);
    expect(judgePeers(facts({ peers: [silent, peer("b")] })).map(({ verdict }) => verdict)).toEqual(["ok", "warn"]);
    const seed = judgePeers(
      facts({ peers: [peer("b")], unreachable: [{ address: "/ip4/192.0.2.1/tcp/1", problem: "timed out" }] }),
    );
    expect(seed[1]).toMatchObject({ verdict: "warn", says: "/ip4/192.0.2.1/tcp/1: timed out" });
  });
});

it("names whoever is proven to have lied, and how to exclude it", () => {
  const liars = [
    { node: "12D3KooLiar" as NodeId, name: "camera", says: "signed two statements that contradict each other" },
  ];
  const [check] = judgeLiars({ liars });
  expect(check).toMatchObject({ name: "peer camera", verdict: "warn" });
  expect(check!.mend).toContain("hedgerow draw evidence 12D3KooLiar");
  expect(judgeLiars({})).toEqual([]);
});

describe("doctor's judgement of people", () => {
  const health = { isFolderMissing: false, pods: 3, examined: 3, problems: [], unaskable: [], unfindable: [] };
  const concepts = (kept: number, unpublished: number) =>
    judgePods(health, { kept, unpublished, indexed: 0 }).find(({ name }) => name === "people's concepts");

  it("what they publish is out, or not yet, or the node has not met them all", () => {
    expect(concepts(3, 0)).toMatchObject({ verdict: "ok" });
    expect(concepts(3, 12)).toMatchObject({ verdict: "warn", says: expect.stringContaining("12 shares") });
    expect(concepts(2, 0)).toMatchObject({ verdict: "warn", says: "the node has met 2 of 3 pods" });
    expect(judgePods(health, null).map(({ name }) => name)).toEqual(["people"]);
    expect(judgePods({ ...health, pods: 0, examined: 0 }, { kept: 0, unpublished: 0, indexed: 9 })).toEqual([]);
  });

  it("many with the same fault are one line, of bounded length", () => {
    const pods = Array.from({ length: 500 }, (_, at) => at + 1);
    const problems = [{ code: "pod-key-missing", sentence: "Mend it.", pods: [null, ...pods] }] as const;
    const [, check] = judgePods({ ...health, pods: 2_000, examined: 501, problems }, null);
    expect(check).toEqual({
      name: "people",
      verdict: "fail",
      says: "the node's own pod; pods 1, 2, 3, 4, 5, 6, 7, 8 and 492 more in `people`, by name: pod-key-missing",
      mend: "Mend it.",
    });
  });
});
