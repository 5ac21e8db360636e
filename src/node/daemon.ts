// The daemon: the one place that wires core's machines to io's adapters (PBDS §6.4, the Context). It holds no decision of
// its own; it opens what a node needs in order, connects events to machines, and closes everything in the reverse order.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { evidenceVerifiers, openRevocation, softwareVerifier } from "../core/attestation/index.ts";
import { accept, type Crypto, type NodeId, type QueryId, type Result } from "../core/base/index.ts";
import { addresseeOf, decodeMessage, encodeMessage, type Message } from "../core/lifecycle/index.ts";
import { type MemberFacts, type Revocation, type Signed, vertexOf } from "../core/model/index.ts";
import type { CellHost } from "../io/cells/index.ts";
import { createSoftwareEvidence } from "../io/enclave/index.ts";
import { nodeCrypto } from "../io/identity/index.ts";
import { createOverlay, type Overlay } from "../io/overlay/index.ts";
import { createSandbox, type Sandbox } from "../io/sandbox/index.ts";
import { type FolderLock, type Journal, lockFolder, openJournal } from "../io/storage/index.ts";
import { version } from "../sdk/index.ts";
import { addressInUse } from "./address-in-use.ts";
import { type AskedQueries, createAskedQueries } from "./asked.ts";
import { incarnationsOf } from "./asked-cells.ts";
import { type Asking, createAsking } from "./asking/index.ts";
import { type Audits, createAudits } from "./audit/audits.ts";
import { type Bodies, openBodies } from "./bodies.ts";
import type { Caches } from "./caches.ts";
import { type CellEvidence, createCellEvidence } from "./cell-evidence.ts";
import { openCellHost } from "./cell-host.ts";
import { inFolder, type NodeConfig, readConfig } from "./config.ts";
import { createConsequences } from "./consequences.ts";
import { type Coordinators, createCoordinators } from "./coordinators.ts";
import { createDrawing } from "./drawing.ts";
import type { Draws } from "./draws.ts";
import { createFinderLoss } from "./finder-loss.ts";
import { type Identity, openIdentity } from "./identity.ts";
import { createInquiries, type Inquiries } from "./inquiries.ts";
import { type AnswerSources, answerInquiry } from "./inquiry-answers.ts";
import { type Log, openLog } from "./log.ts";
import { createMembers, type Members } from "./members.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createParticipants, type Participants } from "./participants.ts";
import { createPlanChecks, maxQueries } from "./plan-checks.ts";
import { createPlanning } from "./planning.ts";
import { createResults, type Results } from "./results.ts";
import { keptSealingKey } from "./sealing-key.ts";
import { selfDescription } from "./self-description.ts";
import { refreshStatistics, type StatisticsSources } from "./statistics.ts";
import { closeDown } from "./stopping.ts";

export interface Daemon {
  readonly folder: string;
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly startedAtMs: number;
  readonly overlay: Overlay;
  readonly members: Members;
  readonly host: CellHost;
  readonly sandbox: Sandbox;
  readonly participants: Participants;
  readonly coordinators: Coordinators;
  readonly caches: Caches;
  readonly draws: Draws;
  readonly asking: Asking;
  readonly asked: AskedQueries;
  readonly audits: Audits;
  readonly inquiries: Inquiries;
  readonly results: Results;
  readonly evidence: CellEvidence;
  readonly bodies: Bodies;
  readonly crypto: Crypto;
  readonly metrics: Metrics;
  readonly statistics: StatisticsSources;
  readonly log: Log;
  nameOf(node: NodeId): string;
  /** When this node first heard of the query. */
  firstSeenMs(query: QueryId): number;
  openRevocation(signed: Signed): Result<Revocation>;
  /** Moves its cells away, says goodbye, closes everything. */
  stop(): Promise<void>;
}

export async function startDaemon(folder: string, options: { readonly log?: Log } = {}): Promise<Result<Daemon>> {
  const config = readConfig(folder);
  if (!config.ok) return config;
  const lock = lockFolder(folder);
  if (!lock.ok) return lock;
  const opened = await open(folder, config.value, lock.value, options.log).catch((cause) => {
    lock.value.release();
    const taken = addressInUse(cause, config.value);
    if (taken === null) throw cause;
    return taken;
  });
  if (!opened.ok) lock.value.release();
  return opened;
}

async function open(
  folder: string,
  config: NodeConfig,
  lock: FolderLock,
  given: Log | undefined,
): Promise<Result<Daemon>> {
  const startedAtMs = Date.now();
  const logFile = config.log.file === undefined ? {} : { file: inFolder(folder, config.log.file) };
  const log = given ?? openLog({ level: config.log.level, name: config.name, ...logFile });
  const identity = await openIdentity(folder, config, startedAtMs);
  if (!identity.ok) return identity;
  const journal = openJournal(join(folder, "state.journal"));
  if (!journal.ok) return journal;
  mkdirSync(join(folder, "results"), { recursive: true, mode: 0o700 });
  const daemon = await wire(folder, config, identity.value, journal.value, log, lock, startedAtMs);
  return accept(daemon);
}

async function wire(
  folder: string,
  config: NodeConfig,
  identity: Identity,
  journal: Journal,
  log: Log,
  lock: FolderLock,
  startedAtMs: number,
): Promise<Daemon> {
  const crypto = nodeCrypto;
  const metrics = createMetrics();
  const { facts, key } = identity;
  const provider = createSoftwareEvidence(key, version());
  const verifiers = evidenceVerifiers(softwareVerifier);
  const evidence = createCellEvidence(facts.node, provider, verifiers, crypto);
  const results = createResults(join(folder, "results"), facts.node);
  const bodies = openBodies(join(folder, "bodies"), crypto);
  const sandbox = createSandbox();
  const sealingKey = keptSealingKey(journal);

  const consequences = createConsequences(facts.node, () => overlay, log, metrics);
  const overlay = await createOverlay({
    network: facts.network,
    key,
    certificate: identity.certificate,
    authority: identity.authority,
    evidence: provider,
    verifiers,
    listen: config.listen,
    announce: config.announce,
    isRevoked: (node) => journal.get(`membership/banned/${node}`) !== undefined,
    isWanted: (node) => members.isNeighbour(node) || neededNodes().has(node),
    onRefusal: (refusal) => consequences.connectionRefused(refusal),
    crypto,
  });

  const host = await openCellHost({
    folder,
    config,
    signer: key,
    node: facts.node,
    overlay,
    sandbox,
    results,
    assurance: provider.assurance,
    people: (cell) => asking.portsFor(cell),
  });

  const describe = () => selfDescription(config, overlay.addresses(), sealingKey.publicKey);

  const members = createMembers({
    identity,
    crypto,
    overlay,
    journal,
    describe,
    seeds: config.seeds,
    sent: (type) => metrics.messages.inc({ area: "membership", type }),
    refused: (refusal, sender) => consequences.refused("gossip-refused", refusal, sender),
    changed(change, record) {
      log.info(`member-${change}`, { member: record.node });
      caches.changed(change, record.node);
      if (change === "left") gone(record.node);
    },
    banished(node, code) {
      log.warn("member-excluded", { member: node, code });
      host.exclude(node);
      gone(node);
    },
    isNeeded: (node) => neededNodes().has(node),
  });

  const { nameOf } = members;

  function gone(node: NodeId): void {
    finderLoss.gone(node);
    participants.peerDown(node);
    coordinators.peerDown(node);
  }

  /** Nodes of queries that are alive here: their connections are kept although membership needs them no more. */
  function neededNodes(): ReadonlySet<NodeId> {
    const nodes = new Set<NodeId>();
    for (const query of asked.all())
      if (query.outcome === null) for (const vertex of query.plan.vertices) nodes.add(vertex.node);
    for (const id of participants.queries()) {
      const state = participants.state(id);
      if (state === undefined || state.at === "absent" || state.at === "ended") continue;
      nodes.add(state.commander);
      for (const vertex of state.plan.vertices) nodes.add(vertex.node);
    }
    return nodes;
  }

  const sendLifecycle = (to: NodeId, message: Message) => {
    if (to === facts.node) return queueMicrotask(() => onLifecycle(facts, message));
    metrics.messages.inc({ area: "lifecycle", type: message.type });
    overlay.send(to, "lifecycle", encodeMessage(message)).then((sent) => {
      if (!sent.ok) log.debug("send-failed", { to, code: sent.code });
    });
  };

  const participants = createParticipants({
    config: {
      self: facts,
      hasher: crypto,
      ports: createPlanChecks({
        config,
        self: facts.node,
        network: facts.network,
        draws: () => draws,
        crypto,
        members,
        evidence,
        participants: () => participants,
        bodyOf: (digest) => bodies.get(digest),
      }),
    },
    host,
    async evidenceFor(effect, publicKey) {
      const vertex = vertexOf(effect.plan, effect.vertex)!;
      return evidence.make({
        plan: effect.plan,
        planDigest: effect.planDigest,
        vertex,
        incarnation: effect.incarnation,
        publicKey,
      });
    },
    wired: (query, vertex, wiring) => asking.wired(query, vertex, wiring),
    send: sendLifecycle,
    persist: (name, value) => journal.set(name, value),
    refused: (query, refusal, sender) => consequences.refused("command-refused", refusal, sender, { query }),
    progress: (query, phase) => log.info("participant", { query, phase }),
    settled(effect) {
      log.info("participant-settled", {
        query: effect.query,
        outcome: effect.outcome,
        undelivered: effect.undelivered,
      });
      results.wake(effect.query);
    },
    maxQueries,
  });

  const answering: AnswerSources = {
    host,
    participants,
    askedPlan: (query) => asked.get(query)?.plan,
  };
  const inquiries = createInquiries({
    send: (to, body) => overlay.send(to, "audit", body),
    answer: (from, question) => answerInquiry(answering, from, question),
    refused: (from, refusal) => consequences.refused("inquiry-refused", refusal, from.node),
  });
  const audits = createAudits(
    join(folder, "receipts"),
    {
      ask: async (to, question, timeoutMs) =>
        to === facts.node ? accept(answerInquiry(answering, facts, question)) : inquiries.ask(to, question, timeoutMs),
    },
    nameOf,
  );

  const drawing = createDrawing({ identity, crypto, overlay, members, journal, consequences, metrics, log });
  const { caches, draws } = drawing;

  const asking = createAsking({
    ...{ folder, config, identity, crypto, overlay, members, caches, evidence, sealingKey, metrics, log },
    questions: { going: (query) => asked.going(query), called: (query) => asked.called(query) },
    refused: (refusal, sender) => consequences.refused("asking-refused", refusal, sender),
  });

  const statistics: StatisticsSources = { self: facts.node, host, ask: (...question) => inquiries.ask(...question) };
  const asked = createAskedQueries(journal, nameOf, (query) => {
    log.info("query-settled", { query: query.id, outcome: query.outcome?.outcome ?? "" });
    results.wake(query.id);
    const { plan, planDigest } = query;
    query.counting = refreshStatistics(statistics, query);
    finderLoss.settled(query);
    Promise.all([audits.collect({ plan, planDigest, cells: incarnationsOf(query) }), query.counting])
      .then(([receipts]) => {
        if (receipts.ok) query.receipts = receipts.value;
        else log.warn("receipts-not-collected", { query: query.id, code: receipts.code });
        asked.save(query);
      })
      .catch((cause) => log.warn("receipts-not-collected", { query: query.id, cause: String(cause) }));
    setTimeout(() => coordinators.drop(query.id), 0).unref();
  });

  const coordinators = createCoordinators({
    config: {
      self: facts,
      hasher: crypto,
      ports: { bodyOf: (digest) => bodies.get(digest), verifyEvidence: (claim) => evidence.verify(claim) },
    },
    send: sendLifecycle,
    persist: (name, value) => journal.set(name, value),
    refused: (query, refusal, sender) => consequences.refused("answer-refused", refusal, sender, { query }),
    changed(query, state) {
      const record = asked.get(query);
      if (record !== undefined) record.assurance = evidence.lowest(query);
      asked.changed(query, state);
    },
    perform: asked.effect,
    succeeds: asked.succeed,
  });

  const planning = createPlanning({ members, identity, crypto, draws });
  const finderLoss = createFinderLoss({ asked, coordinators, members, log, planning, wake: results.wake });

  function onLifecycle(from: MemberFacts, message: Message): void {
    if (addresseeOf(message) === "coordinator") coordinators.onMessage(from, message);
    else participants.onMessage(from, message);
  }

  overlay.onMessage((from, area, body) => {
    if (area === "membership") return members.onMessage(from, body);
    if (area === "audit") return inquiries.onMessage(from, body);
    if (area === "draw") return drawing.onMessage(from, body);
    if (area === "asking") return asking.onMessage(members.facts(from.node) ?? from, body);
    if (area !== "lifecycle") return;
    const message = decodeMessage(body);
    if (!message.ok) return consequences.refused("message-refused", message, from.node);
    onLifecycle(members.facts(from.node) ?? from, message.value);
  });
  overlay.onPeer(({ type, facts: peer }) => members.onPeer(type, peer));
  overlay.onEdgeStream((_, stream) => host.acceptStream(stream));
  host.onEvent((event) => {
    if (event.type === "failed")
      log.warn("cell-failed", { query: event.query, vertex: event.vertex, code: event.code });
    if (event.type === "frame-refused") metrics.refusals.inc({ code: event.code });
    participants.onCellEvent(event);
  });

  for (const [name, value] of journal.entries("lifecycle/participant/"))
    participants.recover(name.slice(22) as QueryId, value);
  for (const [name, value] of journal.entries("lifecycle/coordinator/"))
    coordinators.recover(name.slice(22) as QueryId, value);
  members.start();
  caches.start();
  asking.start();

  let stopping: Promise<void> | undefined;
  const stop = () =>
    closeDown({ log, asked, coordinators, participants, draws, caches, asking, members, inquiries, audits, host }, [
      () => overlay.stop(),
      () => sandbox.close(),
      () => results.close(),
      () => journal.close(),
      () => lock.release(),
    ]);

  return {
    folder,
    config,
    identity,
    startedAtMs,
    overlay,
    members,
    host,
    sandbox,
    participants,
    coordinators,
    caches,
    draws,
    asking,
    asked,
    audits,
    inquiries,
    results,
    evidence,
    bodies,
    crypto,
    metrics,
    log,
    statistics,
    nameOf,
    firstSeenMs: (query) => participants.firstSeenMs(query),
    openRevocation: (signed) =>
      openRevocation(signed, { network: facts.network, authority: identity.authority.publicKey }, crypto),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
