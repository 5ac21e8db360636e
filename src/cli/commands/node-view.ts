// hedgerow node status | peers | metrics
import type { DepartedPeerView, PeerView, StatusView } from "../../sdk/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { bytes, counted, day, duration, listOf, milliseconds, shortNode } from "../words.ts";

export async function nodeStatus(session: Session): Promise<ExitCode> {
  const status = await session.client.status({}, { signal: session.signal });
  await session.data(status);
  await session.say(statusText(status, session.style));
  return exitCodes.done;
}

function statusText(status: StatusView, style: Style): string {
  const { clock, disk, peers, queries } = status;
  const { people, entries } = status.asking;
  const ahead = clock.peersAheadMs === null ? "" : `; peers are ${aheadText(clock.peersAheadMs)}`;
  return `Node ${style.bold(status.name)}\n${facts([
    ["id", status.node],
    ["network", `${status.network}, run by ${status.principal}`],
    ["roles", listOf(status.roles)],
    ["functions", listOf(status.functions)],
    ["assurance", status.assurance],
    ["addresses", listOf(status.addresses, "none: nobody can dial this node")],
    ["peers", `${peers.connected} connected of ${peers.known} known`],
    ["queries", `${queries.active} active, ${queries.settled} settled; ${counted(status.cells, "cell")} here`],
    ...(people === 0 && entries === 0
      ? []
      : [["people", `${counted(people, "pod")} kept here; ${entries} of the concept index's shares held`] as const]),
    ["certificate", `until ${day(status.certificate.notAfterMs)} (serial ${status.certificate.serial})`],
    ["disk", `${bytes(disk.freeBytes)} free; this node uses ${bytes(disk.usedBytes)} in ${disk.folder}`],
    ["clock", `${new Date(clock.wallMs).toISOString()}${ahead}`],
    ["running", `for ${duration(status.uptimeMs)} as process ${status.process}, version ${status.version}`],
  ])}`;
}

function aheadText(ms: number): string {
  const rounded = Math.round(Math.abs(ms));
  return rounded === 0 ? "in step" : `${milliseconds(rounded)} ${ms > 0 ? "ahead" : "behind"}`;
}

export async function nodePeers(session: Session): Promise<ExitCode> {
  const answer = await session.client.peers({}, { signal: session.signal });
  await session.data(answer);
  await session.say(peersText(answer.peers, answer.departed, session.style));
  return exitCodes.done;
}

/** Departed nodes that are listed: the last ones. */
const maxDeparted = 16;

function peersText(peers: readonly PeerView[], departed: readonly DepartedPeerView[], style: Style): string {
  if (peers.length === 0 && departed.length === 0) {
    return "This node knows nobody yet. Give it an address: hedgerow node connect /ip4/…/tcp/4101\n";
  }
  const liveness = { alive: style.good, suspect: style.doubtful, gone: style.bad };
  const rows = [...peers]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((peer) => [
      nameText(peer, style),
      style.dim(shortNode(peer.node)),
      peer.principal ?? "-",
      listOf(peer.roles),
      listOf(peer.functions),
      liveness[peer.liveness](peer.liveness),
      peer.connected ? "yes" : "no",
      peer.assurance ?? "-",
      policyText(peer),
      peer.addresses[0] ?? "-",
    ]);
  const headings = [
    "NODE",
    "ID",
    "PRINCIPAL",
    "ROLES",
    "FUNCTIONS",
    "LIVENESS",
    "CONNECTED",
    "ASSURANCE",
    "POLICY",
    "ADDRESS",
  ];
  const gone = departed.slice(0, maxDeparted).map((peer) => {
    const { node, how, agoMs } = peer;
    const state = how === "left" ? "left" : style.bad("stopped answering");
    return [nameText(peer, style), style.dim(shortNode(node)), state, `${duration(agoMs)} ago`];
  });
  const more = departed.length - gone.length;
  return [
    rows.length === 0 ? "No other node is there now.\n" : table(headings, rows, ""),
    gone.length === 0 ? "" : `\n${table(["GONE", "ID", "HOW", "WHEN"], gone, "")}`,
    more > 0 ? `and ${counted(more, "other")} before\n` : "",
    liarsText([...peers, ...departed], style),
  ].join("");
}

function nameText({ name, provenLie }: Pick<PeerView, "name" | "provenLie">, style: Style): string {
  return provenLie === undefined ? style.bold(name) : `${style.bold(name)} ${style.bad("(liar)")}`;
}

function liarsText(known: readonly Pick<PeerView, "name" | "provenLie">[], style: Style): string {
  const liars = known.flatMap(({ name, provenLie }) =>
    provenLie === undefined ? [] : [`${style.bold(name)} ${provenLie}.\n`],
  );
  if (liars.length === 0) return "";
  return `\n${style.bad("Proven liars")}, until the authority revokes them (hedgerow draw evidence NODE --out FILE):\n${liars.join("")}`;
}

function policyText(peer: PeerView): string {
  const said = peer.policy.rules.filter((rule) => rule.effect !== "dont-care");
  return listOf(said.map((rule) => `${rule.effect} ${rule.attribute}`));
}

export async function nodeMetrics(session: Session): Promise<ExitCode> {
  const text = await session.client.metrics({}, { signal: session.signal });
  await session.data({ metrics: text });
  await session.say(text);
  return exitCodes.done;
}
