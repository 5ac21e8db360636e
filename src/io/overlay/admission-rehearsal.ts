// Before it listens, a node admits itself: both sides of the exchange, in memory. A node whose own certificate, evidence
// or clock would be refused by its peers says so at its start, and the first real peer finds the code warm.
import {
  type AdmissionContext,
  type AdmissionMessage,
  type AdmissionState,
  admissionStart,
  decodeAdmissionMessage,
  encodeAdmissionMessage,
  stepAdmission,
} from "../../core/attestation/index.ts";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import type { AdmissionPorts } from "./admission-encrypter.ts";

export async function rehearseAdmission(ports: AdmissionPorts): Promise<Result<MemberFacts>> {
  const { self, network, certificate, verifiers, crypto, evidence } = ports;
  const common = {
    self,
    peer: self,
    network,
    certificate,
    verifiers,
    crypto,
    checkCertificate: ports.checkCertificate,
  };
  const sides: { context: AdmissionContext; state: AdmissionState; inbox: AdmissionMessage[] }[] = [
    { context: { ...common, side: "dialler", nonce: new Uint8Array(32).fill(1) }, state: admissionStart, inbox: [] },
    { context: { ...common, side: "listener", nonce: new Uint8Array(32).fill(2) }, state: admissionStart, inbox: [] },
  ];
  const run = async (index: number, event: Parameters<typeof stepAdmission>[2]): Promise<void> => {
    const side = sides[index]!;
    const { state, effects } = stepAdmission(side.context, side.state, event);
    side.state = state;
    for (const effect of effects) {
      if (effect.type === "attest") {
        await run(index, { type: "attested", evidence: await evidence.produce(effect.binding) });
      } else {
        const message = decodeAdmissionMessage(encodeAdmissionMessage(effect.message));
        if (message.ok) sides[1 - index]!.inbox.push(message.value);
      }
    }
  };
  await run(0, { type: "begin" });
  await run(1, { type: "begin" });
  for (let message = sides[1]!.inbox.shift(), at = 1; message !== undefined; message = sides[at]!.inbox.shift()) {
    await run(at, { type: "message", message });
    if (sides[at]!.inbox.length === 0) at = 1 - at;
  }
  const [dialler, listener] = sides;
  for (const { state } of [listener!, dialler!]) if (state.at === "refused") return state.refusal;
  return dialler!.state.at === "admitted" ? accept(dialler!.state.facts) : refuse("evidence-malformed");
}
