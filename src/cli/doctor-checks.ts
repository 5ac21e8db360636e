// What doctor thinks of the facts: pure judgements, each ok, warn or fail, with what to mend.
import { type DoctorFacts, nodeFunctions, type StatusView } from "../sdk/index.ts";
import { bytes, counted, duration, listOf } from "./words.ts";

export type Verdict = "ok" | "warn" | "fail";
export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly says: string;
  readonly mend?: string;
}

const dayMs = 86_400_000;
/** As the daemon says it of its own certificate. */
const revokedProblem = "it has been revoked";
const bounds = {
  /** Below this a certificate should be renewed now: an offline authority takes its keeper's time. */
  certificateDays: 30,
  /** The journal, results and logs of a busy node for a day. */
  roomyBytes: 2_000_000_000,
  /** Below this a journal may fail to be written in the middle of a query. */
  leastBytes: 200_000_000,
  /** Fresh certificates are backdated by five minutes: clocks further apart reject each other. */
  clockFailMs: 5 * 60_000,
  clockWarnMs: 5_000,
  /** Hedgerow did not exist before. */
  leastYear: 2025,
  /** Keys do not last longer than that either. */
  mostYear: 2125,
  /** A monotonic and a wall clock that part by more within a measurement: somebody set the clock, or it is broken. */
  driftMs: 50,
} as const;

export function check(name: string, verdict: Verdict, says: string, mend?: string): Check {
  return mend === undefined ? { name, verdict, says } : { name, verdict, says, mend };
}

export function judgeRuntime(nodeVersion: string): Check {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, "").split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return check("node.js", "ok", nodeVersion);
  return check("node.js", "fail", `${nodeVersion} is too old`, "Install Node.js 20.19 or later: https://nodejs.org");
}

export function judgeClock(measured: { wallMs: number; wallPassedMs: number; monotonicPassedMs: number }): Check {
  const year = new Date(measured.wallMs).getUTCFullYear();
  const said = new Date(measured.wallMs).toISOString();
  if (year < bounds.leastYear || year > bounds.mostYear) {
    return check("clock", "fail", `it says ${said}`, "Set it: timedatectl set-ntp true");
  }
  const drift = Math.abs(measured.wallPassedMs - measured.monotonicPassedMs);
  if (drift > bounds.driftMs) {
    return check(
      "clock",
      "warn",
      `wall and monotonic clock parted by ${Math.round(drift)} ms`,
      "Let NTP slew the clock instead of stepping it: timedatectl set-ntp true",
    );
  }
  return check("clock", "ok", said);
}

export function judgeDisk(folder: string, freeBytes: number): Check {
  const says = `${bytes(freeBytes)} free in ${folder}`;
  if (freeBytes < bounds.leastBytes) return check("disk", "fail", says, "Free some space, or move the node's folder.");
  if (freeBytes < bounds.roomyBytes) return check("disk", "warn", says, "Free some space soon.");
  return check("disk", "ok", says);
}

export function judgePort(port: number, free: boolean): Check {
  return free
    ? check(`port ${port}`, "ok", "free")
    : check(
        `port ${port}`,
        "fail",
        "another program listens there",
        "End that program, or set another port under `listen` in node.yaml.",
      );
}

export function judgeCertificate(certificate: DoctorFacts["certificate"], nowMs: number): Check {
  if (isRevoked(certificate)) {
    return check(
      "certificate",
      "fail",
      "the authority has revoked this node: no other node lets it in",
      "A revoked key stays revoked. Ask the keeper of the authority why; to come back, make a new node: hedgerow node init FOLDER",
    );
  }
  const renew = "Have it renewed: hedgerow authority issue FOLDER/node.request …, then start the node again.";
  const left = certificate.notAfterMs - nowMs;
  if (!certificate.valid) return check("certificate", "fail", certificate.problem ?? "not valid", renew);
  if (left <= 0) return check("certificate", "fail", `ended ${duration(-left)} ago`, renew);
  const days = Math.floor(left / dayMs);
  const says = `valid for ${counted(days, "day")} more`;
  return check(
    "certificate",
    days < bounds.certificateDays ? "warn" : "ok",
    says,
    ...(days < bounds.certificateDays ? [renew] : []),
  );
}

/** What a node is certified for counts for nothing until its own configuration says that it does it. */
export function judgeFunctions({ roles, functions }: Pick<StatusView, "roles" | "functions">): Check {
  const could = nodeFunctions.filter((name) => roles.includes(name));
  const idle = could.filter((name) => !functions.includes(name));
  const says = could.length === 0 ? "none: it holds no cells of others" : listOf(functions, "none");
  if (idle.length === 0) return check("functions", "ok", says);
  if (functions.length > 0) return check("functions", "ok", `${says}; certified as ${listOf(idle)} too`);
  const mend = `Set functions: [${could.join(", ")}] in node.yaml, then start the node again.`;
  return check("functions", "warn", `none, though it is certified as ${listOf(could)}: no query will use it`, mend);
}

function isRevoked(certificate: DoctorFacts["certificate"]): boolean {
  return certificate.problem === revokedProblem;
}

export function judgePeers(facts: DoctorFacts): Check[] {
  // Nobody speaks to a revoked node: that is said of its certificate, and nothing about the network follows from it.
  if (isRevoked(facts.certificate)) return [];
  const reachable = facts.peers.filter((peer) => peer.reachable);
  const lost = facts.peers.filter((peer) => !peer.reachable);
  const checks: Check[] = [];
  if (facts.peers.length === 0) {
    checks.push(
      check(
        "peers",
        "warn",
        "this node knows nobody",
        "Add an address under `seeds` in node.yaml, or: hedgerow node connect ADDRESS",
      ),
    );
  } else if (reachable.length === 0) {
    checks.push(
      check(
        "peers",
        "fail",
        `none of ${facts.peers.length} answers`,
        "Check this machine's network and firewall, and that the other nodes run.",
      ),
    );
  } else {
    checks.push(check("peers", "ok", `${reachable.length} of ${facts.peers.length} answer`));
  }
  for (const peer of lost.slice(0, 8)) {
    checks.push(
      check(
        `peer ${peer.name}`,
        "warn",
        peer.problem ?? "does not answer",
        "See whether it runs: hedgerow node status there",
      ),
    );
  }
  for (const { address, problem } of facts.unreachable.slice(0, 8)) {
    checks.push(check("seed", "warn", `${address}: ${problem}`, "Check the address under `seeds` in node.yaml."));
  }
  return checks;
}

/** Only the authority excludes; a proof does not expire, so there is no haste, but no reason to wait either. */
export function judgeLiars({ liars = [] }: Pick<DoctorFacts, "liars">): Check[] {
  return liars.slice(0, 8).map(({ name, node, says }) => {
    const mend = `hedgerow draw evidence ${node} --out lie.cbor; its authority: hedgerow authority revoke --evidence lie.cbor`;
    return check(`peer ${name}`, "warn", `it ${says}`, mend);
  });
}

export function judgePeerClocks(facts: DoctorFacts): Check {
  const known = facts.peers.flatMap((peer) =>
    peer.clockAheadMs === null ? [] : [{ name: peer.name, ms: peer.clockAheadMs }],
  );
  const worst = known.sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms))[0];
  if (worst === undefined && isRevoked(facts.certificate)) return check("clocks of peers", "ok", "nobody to ask");
  if (worst === undefined)
    return check("clocks of peers", "warn", "no peer has told its time", "Look again once peers are connected.");
  const apart = Math.abs(worst.ms);
  const says = `at most ${apart < 1_000 ? `${Math.round(apart)} ms` : duration(apart)} apart (${worst.name})`;
  if (apart > bounds.clockFailMs)
    return check("clocks of peers", "fail", says, "Set the clock that is wrong: timedatectl set-ntp true");
  if (apart > bounds.clockWarnMs)
    return check("clocks of peers", "warn", says, "Let both machines keep time: timedatectl set-ntp true");
  return check("clocks of peers", "ok", says);
}

export function judgeListening(facts: DoctorFacts): Check {
  const { listening } = facts;
  if (listening.length === 0) return check("listening", "fail", "on no address", "Set `listen` in node.yaml.");
  const addresses = listening.map(({ address }) => address).join(", ");
  return listening.every(({ loopbackOnly }) => loopbackOnly)
    ? check(
        "listening",
        "warn",
        `${addresses}: from this machine only`,
        "For other machines, set `listen` in node.yaml to an address that they reach.",
      )
    : check("listening", "ok", addresses);
}
