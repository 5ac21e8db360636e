// Asking people at this node (docs/protocols/asking.md): one area of messages, and the roles that they are for. Each role is a machine of
// core/asking; what is decided here is only who gets a message.
import { join } from "node:path";
import {
  type AskMessage,
  decodeAsk,
  encodeAsk,
  Forwarder,
  GoDesk,
  type GoDeskPorts,
  Indexer,
} from "../../core/asking/index.ts";
import type { Crypto, NodeId, Refusal, Result } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import type { PortedCell } from "../../io/cells/index.ts";
import type { AgreementKey } from "../../io/curve/index.ts";
import type { Overlay } from "../../io/overlay/index.ts";
import { createPodThread } from "../../io/pod/index.ts";
import { openJournal } from "../../io/storage/index.ts";
import type { PeoplePorts } from "../../operators/index.ts";
import { standardCatalogue } from "../../sdk/catalogue.ts";
import { valueOrThrow } from "../../sdk/index.ts";
import type { Caches } from "../caches.ts";
import type { CellEvidence } from "../cell-evidence.ts";
import type { NodeConfig } from "../config.ts";
import type { Identity } from "../identity.ts";
import type { Log } from "../log.ts";
import type { Members } from "../members.ts";
import type { Metrics } from "../metrics.ts";
import { type AskingCells, createAskingCells } from "./cells.ts";
import { createGround, openerOf } from "./ground.ts";
import { createPeople } from "./people.ts";

export interface AskingOptions {
  readonly folder: string;
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly overlay: Pick<Overlay, "send">;
  readonly members: Pick<Members, "records" | "facts">;
  readonly caches: Pick<Caches, "rules" | "ports">;
  readonly evidence: Pick<CellEvidence, "verify">;
  readonly sealingKey: AgreementKey;
  /** The questions that this node asks. */
  readonly questions: GoDeskPorts;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly refused: (refusal: Refusal, sender: NodeId | null) => void;
}

export interface Asking {
  counts(): { readonly kept: number; readonly unpublished: number; readonly indexed: number };
  portsFor(cell: PortedCell): PeoplePorts | undefined;
  readonly wired: AskingCells["wired"];
  onMessage(from: MemberFacts, body: Uint8Array): void;
  start(): void;
  stop(): Promise<void>;
}

const expireEveryMs = 60_000;

export function createAsking(options: AskingOptions): Asking {
  const { identity, overlay, metrics, log, sealingKey, refused } = options;
  const { facts } = identity;
  const ground = createGround(options);
  const opener = openerOf(sealingKey);
  const index = valueOrThrow(openJournal(join(options.folder, "index.journal")));
  const membersCount = () => options.members.records().length;
  const indexer = new Indexer(
    {
      opener,
      commission: (plan, nowMs) => ground.commissions.read(plan, nowMs, { young: true }),
      certified: (node) => options.members.facts(node) ?? null,
      members: membersCount,
    },
    index.entries(),
  );
  const goes = new GoDesk(options.questions);
  const forwarder = new Forwarder(opener, ground.coins, {
    count: membersCount,
    has: (node) => node === facts.node || options.members.facts(node) !== undefined,
  });
  const held = new Set<NodeJS.Timeout>();
  const cells = createAskingCells({ ...options, ground, self: facts.node, send });
  const pods = createPodThread(standardCatalogue);
  const people = createPeople({ ...options, ground, pods, send });
  let expiring: NodeJS.Timeout | undefined;
  let stopped = false;

  function send(to: NodeId, message: AskMessage): void {
    if (to === facts.node) return queueMicrotask(() => receive(facts, message));
    metrics.messages.inc({ area: "asking", type: message.type });
    void overlay.send(to, "asking", encodeAsk(message)).then((sent) => {
      if (!sent.ok) log.debug("send-failed", { to, code: sent.code });
    });
  }

  function passOn(from: NodeId, sealed: Uint8Array): Result<void> {
    const passing = forwarder.take(from, sealed, Date.now());
    if (!passing.ok) return passing;
    const { to, message, afterMs } = passing.value;
    const timer = setTimeout(() => {
      held.delete(timer);
      send(to, message);
    }, afterMs);
    held.add(timer);
    return { ok: true, value: undefined };
  }

  function store(from: NodeId, sealed: Uint8Array): Result<void> {
    const published = indexer.publish(from, sealed, Date.now());
    if (!published.ok) return published;
    // Nobody was promised that it stays: it is renewed, and others hold other shares.
    for (const { key, value } of published.value) index.note(key, value);
    return { ok: true, value: undefined };
  }

  /** To a look-up, a call and a request for leave something is answered in any case. */
  function answered(from: NodeId, number: number, answer: Result<AskMessage>): Result<void> {
    send(from, answer.ok ? answer.value : { type: "ask-refused", number, code: answer.code });
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  function take(from: MemberFacts, message: AskMessage): Result<void> {
    switch (message.type) {
      case "forward":
        return passOn(from.node, message.sealed);
      case "publish":
        return store(from.node, message.sealed);
      case "lookup":
        return answered(from.node, message.number, indexer.lookup(from.node, message, Date.now()));
      case "call":
        return answered(from.node, message.number, people.onCall(from.node, message));
      case "go-ask":
        return answered(from.node, message.number, goes.tell(from.node, message, Date.now()));
      case "answer":
        return people.onAnswer(from.node, message);
      default:
        return cells.onMessage(from, message);
    }
  }

  function receive(from: MemberFacts, message: AskMessage): void {
    if (stopped) return;
    const taken = take(from, message);
    if (!taken.ok) refused(taken, from.node);
  }

  return {
    counts: () => ({ kept: people.count, unpublished: people.unpublished, indexed: indexer.size }),
    portsFor: cells.portsFor,
    wired: cells.wired,
    onMessage(from, body) {
      const message = decodeAsk(body);
      if (!message.ok) return refused(message, from.node);
      receive(from, message.value);
    },
    start() {
      people.start();
      expiring = setInterval(() => {
        for (const { key, value } of indexer.expire(Date.now())) index.note(key, value);
      }, expireEveryMs);
      expiring.unref();
    },
    async stop() {
      stopped = true;
      clearInterval(expiring);
      for (const timer of held) clearTimeout(timer);
      people.stop();
      cells.stop();
      index.close();
      await pods.close();
    },
  };
}
