// What honest witnesses seal stands before everybody, whoever the others are: it must be the honest twin's, and one for each draw.
import type { Digest, NodeId } from "../../core/base/index.ts";
import { type Beacon, type DrawMessage, sealStatement } from "../../core/draw/index.ts";
import type { DrawNetwork } from "./network.ts";
import type { Twins } from "./twin.ts";

type Seal = Extract<DrawMessage, { type: "roster-seal" }>;
type Sealed = Extract<DrawMessage, { type: "roster-sealed" }>;

export class Seals {
  readonly #network: DrawNetwork;
  readonly #twins: Twins;
  /** What was to be sealed, by draw and witness. */
  readonly #shown = new Map<string, readonly Seal[]>();
  readonly #sealed = new Map<Digest, string>();

  constructor(network: DrawNetwork, twins: Twins) {
    this.#network = network;
    this.#twins = twins;
  }

  note(to: NodeId, message: DrawMessage): void {
    if (message.type !== "roster-seal") return;
    const key = `${message.draw} ${to}`;
    this.#shown.set(key, [...(this.#shown.get(key) ?? []), message]);
  }

  faultOf(witness: NodeId, { draw, sealed }: Sealed): string | undefined {
    const { crypto } = this.#network;
    const { member, state } = this.#network.node(witness);
    const open = state?.beacons.get(draw);
    // The values are not in what it signed: of all that it was shown, one has to be in order.
    const all = (this.#shown.get(`${draw} ${witness}`) ?? []).flatMap(({ drawn, values }) => {
      const { random, attempt, actors } = drawn;
      const statement = sealStatement(draw, random, attempt, actors, sealed.atMs);
      if (open === undefined || !crypto.verify(member.publicKey, statement, sealed.signature)) return [];
      const parts = values.map((one) => ({ random: one })) as Beacon["parts"];
      const named = { beacon: open.witnesses, roster: namesOf(this.#network, drawn.witnesses) };
      return [{ drawn, fault: this.#twins.faultOf(drawn, { header: open.header, parts }, named) }];
    });
    const shown = all.find(({ fault }) => fault === undefined) ?? all[0];
    if (shown === undefined) return `honest ${witness} sealed what it was not shown`;
    if (shown.fault !== undefined) return shown.fault;
    const { attempt, actors } = shown.drawn;
    const what = `${attempt} ${actors.join(" ")}`;
    const before = this.#sealed.get(draw) ?? what;
    this.#sealed.set(draw, before);
    return before === what ? undefined : `two rosters of the draw ${draw} are sealed`;
  }
}

export function namesOf({ ports }: DrawNetwork, papers: readonly { readonly certificate: Uint8Array }[]): NodeId[] {
  return papers.map(({ certificate }) => {
    const member = ports.certify(certificate);
    return member.ok ? member.value.node : ("" as NodeId);
  });
}
