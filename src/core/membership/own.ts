// What a node says of itself and of others under its own key.
import { assert, type NodeId, type Refusal, refuse, toCanonical } from "../base/index.ts";
import type { GoodbyeStatement, SuspicionStatement } from "./messages.ts";
import type { Known, KnownGoodbye, KnownRecord, KnownSuspicion } from "./reader.ts";
import type { MembershipState } from "./state.ts";
import { storeSequence } from "./storage.ts";
import type { Turn } from "./turn.ts";
import { acceptRecord } from "./view.ts";

/**
 * Signs a new record of ourselves and makes it news.
 * INVARIANT 1: a sequence is durable before it is heard, and none is used twice. It follows the clock, so that even a
 * disk that lost its last write does not bring an old one back.
 * Whoever else holds our key can use up the sequences; then nothing of ours can be newer, and we say nothing.
 */
export function announce(turn: Turn): Refusal | undefined {
  const { state, nowMs } = turn;
  const sequence = Math.max(state.sequence + 1, Math.floor(nowMs));
  if (!Number.isSafeInteger(sequence)) return refuse("sequence-used-up", { detail: state.config.node });
  state.sequence = sequence;
  turn.effects.push(storeSequence(state.sequence));
  const { config } = state;
  const body = toCanonical({
    ...state.description,
    node: config.node,
    network: config.network,
    sequence: state.sequence,
  });
  const wire = { kind: "record", body, signature: config.signer.sign(body), certificate: config.certificate } as const;
  const record = ownWord<KnownRecord>(state, config.reader.read(wire));
  state.self = record;
  acceptRecord(turn, record, null);
  return undefined;
}

export function suspect(state: MembershipState, node: NodeId, sequence: number, nowMs: number): KnownSuspicion {
  const said = {
    type: "suspicion",
    network: state.config.network,
    suspect: node,
    sequence,
    accuser: state.config.node,
  };
  const body = toCanonical({ ...said, atMs: nowMs });
  const wire: SuspicionStatement = { kind: "suspicion", body, signature: state.config.signer.sign(body) };
  return ownWord<KnownSuspicion>(state, state.config.reader.read(wire));
}

export function goodbye(state: MembershipState): KnownGoodbye {
  const { network, node } = state.config;
  const body = toCanonical({ type: "goodbye", network, node, sequence: state.sequence });
  const wire: GoodbyeStatement = { kind: "goodbye", body, signature: state.config.signer.sign(body) };
  return ownWord<KnownGoodbye>(state, state.config.reader.read(wire));
}

function ownWord<K extends Known>(
  state: MembershipState,
  read: ReturnType<MembershipState["config"]["reader"]["read"]>,
): K {
  assert(
    read.ok,
    `our own word does not verify: ${read.ok ? "" : `${read.code} ${read.detail ?? ""}`} (${state.config.node})`,
  );
  return read.value as K;
}
