// Drives the admission machine over an encrypted stream: length-bounded messages, one clock, in strict turns.
//   frame = u16 length (big-endian), then that many bytes of canonical CBOR
import type { MessageStream } from "@libp2p/interface";
import { type ByteStream, byteStream } from "@libp2p/utils";
import {
  type AdmissionContext,
  type AdmissionEffect,
  type AdmissionEvent,
  type AdmissionMessage,
  type AdmissionState,
  admissionStart,
  attestationLimits,
  decodeAdmissionMessage,
  type EvidenceProvider,
  encodeAdmissionMessage,
  stepAdmission,
} from "../../core/attestation/index.ts";
import { accept, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { limits } from "./limits.ts";

export interface Admitted {
  readonly facts: MemberFacts;
  readonly connection: MessageStream;
}

export async function performAdmission(
  context: AdmissionContext,
  provider: EvidenceProvider,
  connection: MessageStream,
  bounds: { timeoutMs: number; outer: AbortSignal | undefined },
): Promise<Result<Admitted>> {
  const clock = new AbortController();
  const stop = () => clock.abort();
  const timer = setTimeout(stop, bounds.timeoutMs);
  bounds.outer?.addEventListener("abort", stop, { once: true });
  const bytes = byteStream(connection, { maxBufferSize: limits.maxAdmissionReadBytes });
  let state: AdmissionState = admissionStart;
  try {
    let event: AdmissionEvent = { type: "begin" };
    for (;;) {
      const step = stepAdmission(context, state, event);
      state = step.state;
      const evidence = await perform(step.effects, bytes, provider, clock.signal);
      if (state.at === "admitted" || state.at === "refused") break;
      event = evidence ?? (await nextEvent(bytes, clock.signal));
    }
  } catch (cause) {
    // Writing failed, or the provider did: nothing more can be said to the peer.
    const detail = cause instanceof Error ? cause.message : "";
    state = {
      at: "refused",
      refusal: refuse("admission-cut-short", { blame: context.peer, detail }),
      by: context.self,
    };
  } finally {
    clearTimeout(timer);
    bounds.outer?.removeEventListener("abort", stop);
  }
  if (state.at === "admitted") return accept({ facts: state.facts, connection: bytes.unwrap() });
  if (state.by === context.self) await linger(bytes);
  return state.refusal;
}

/** Says what is to be said in one write; gives our evidence back to the machine when it asked for it. */
async function perform(
  effects: readonly AdmissionEffect[],
  bytes: ByteStream<MessageStream>,
  provider: EvidenceProvider,
  signal: AbortSignal,
): Promise<AdmissionEvent | null> {
  const frames = effects.flatMap((effect) => (effect.type === "say" ? [frameOf(effect.message)] : []));
  if (frames.length > 0) await bytes.write(Buffer.concat(frames), { signal });
  for (const effect of effects) {
    if (effect.type !== "attest") continue;
    // A provider that hangs must not hold the connection longer than the peer may.
    return { type: "attested", evidence: await raceSignal(provider.produce(effect.binding), signal) };
  }
  return null;
}

function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error("our own evidence was not ready in time"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

export function frameOf(message: AdmissionMessage): Buffer {
  const body = encodeAdmissionMessage(message);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(body.length);
  return Buffer.concat([head, body]);
}

async function nextEvent(bytes: ByteStream<MessageStream>, signal: AbortSignal): Promise<AdmissionEvent> {
  const failed = (refusal: Refusal): AdmissionEvent => ({ type: "failed", refusal });
  try {
    const head = (await bytes.read({ bytes: 2, signal })).subarray();
    const length = head[0]! * 256 + head[1]!;
    // INVARIANT 1: the length is judged before a byte of the body is waited for.
    if (length === 0 || length > attestationLimits.maxMessageBytes) {
      return failed(refuse("admission-oversized", { detail: `${length} bytes` }));
    }
    const body = (await bytes.read({ bytes: length, signal })).slice();
    const message = decodeAdmissionMessage(body);
    return message.ok ? { type: "message", message: message.value } : failed(refuse("admission-malformed"));
  } catch (cause) {
    if (signal.aborted) return failed(refuse("admission-timeout"));
    return failed(refuse("admission-cut-short", { detail: cause instanceof Error ? cause.message : "" }));
  }
}

/** A reset would overtake the refusal that we have just written: let the peer read it and hang up first. */
async function linger(bytes: ByteStream<MessageStream>): Promise<void> {
  const signal = AbortSignal.timeout(limits.refusalLingerMs);
  try {
    while ((await bytes.read({ signal })) !== null);
  } catch {
    // the peer hung up, or the time is over: either way there is nothing left to do
  }
}
