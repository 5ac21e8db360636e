// Lies of a member, each by its name: what it sends, with which code it is refused, and whom that blames.
import { type NodeId, type RefusalCode, toCanonical } from "../../src/core/base/index.ts";
import type { MembershipMessage, WireItem } from "../../src/core/membership/index.ts";
import { Random, simulatedIdentity } from "../../src/sim/kernel/index.ts";
import { type MemberBench, simulatedAuthority, simulatedMembers } from "../../src/sim/membership/index.ts";

export interface Lie {
  readonly name: string;
  readonly code: RefusalCode;
  /** Default: the liar who sent it. */
  readonly blames?: "accuser" | "subject" | "nobody";
  /** What the first of the others sends, after everybody has met. */
  lie(bench: MemberBench): MembershipMessage;
}

export const tell = (...items: WireItem[]): MembershipMessage => ({ type: "tell", items });
const flipped = (bytes: Uint8Array, at = 0): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

export const lies: Lie[] = [
  {
    name: "record of another under its own signature",
    code: "bad-signature",
    lie: (bench) => {
      const [liar, victim] = bench.others;
      return tell(bench.record({ ...victim!, signer: liar!.signer }, 9));
    },
  },
  {
    name: "record altered after signing",
    code: "bad-signature",
    lie: (bench) => {
      const [, victim] = bench.others;
      return tell({ ...bench.record(victim!, 9), body: bench.record(victim!, 10).body });
    },
  },
  {
    name: "record with a signature flipped by one bit",
    code: "bad-signature",
    lie: (bench) => {
      const record = bench.record(bench.others[0]!, 9);
      return tell({ ...record, signature: flipped(record.signature, 5) });
    },
  },
  {
    name: "our own record under the highest sequence, by who has our key: nothing newer can be said",
    code: "sequence-used-up",
    blames: "nobody",
    lie: (bench) => tell(bench.record(bench.self, Number.MAX_SAFE_INTEGER, { name: "copy" })),
  },
  {
    name: "suspicion of what looks like a node id and holds no key",
    code: "malformed",
    lie: (bench) => tell(bench.suspicion(bench.others[0]!, `12D3Koo${"z".repeat(45)}` as NodeId, 1)),
  },
  {
    name: "our own goodbye under the highest sequence",
    code: "sequence-used-up",
    blames: "nobody",
    lie: (bench) => tell(bench.goodbye(bench.self, Number.MAX_SAFE_INTEGER)),
  },
  {
    name: "record of another network",
    code: "other-network",
    lie: (bench) => tell(bench.record(bench.others[0]!, 9, { network: "elsewhere" })),
  },
  {
    name: "record with another node's certificate",
    code: "uncertified-record",
    lie: (bench) => tell({ ...bench.record(bench.others[0]!, 9), certificate: bench.others[1]!.certificate }),
  },
  {
    name: "record of a node that the authority never certified",
    code: "uncertified-record",
    lie: (bench) => {
      const foreign = simulatedAuthority(99);
      return tell(bench.record(simulatedMembers(1, 77, foreign)[0]!, 9));
    },
  },
  {
    name: "record whose body is no record",
    code: "malformed",
    lie: (bench) => {
      const liar = bench.others[0]!;
      const body = toCanonical({ node: liar.node, network: liar.facts.network, sequence: -1 });
      return tell({ kind: "record", body, signature: liar.signer.sign(body), certificate: liar.certificate });
    },
  },
  {
    name: "record whose body is not in its one encoding",
    code: "malformed",
    lie: (bench) => {
      const liar = bench.others[0]!;
      const body = Uint8Array.from([0xbf, 0xff]); // a map of indefinite length
      return tell({ kind: "record", body, signature: liar.signer.sign(body), certificate: liar.certificate });
    },
  },
  {
    name: "old sequence, replayed",
    code: "old-record",
    lie: (bench) => tell(bench.record(bench.others[1]!, 0)),
  },
  {
    name: "two records under one sequence",
    code: "conflicting-record",
    lie: (bench) => tell(bench.record(bench.others[0]!, 1, { name: "two-faced" })),
  },
  {
    name: "record with a certificate that ran out",
    code: "certificate-expired",
    lie: (bench) => {
      const liar = bench.others[0]!;
      return tell(bench.record({ ...liar, ...bench.authority.certify(liar.node, bench.nowMs - 1) }, 9));
    },
  },
  {
    name: "suspicion in another's name",
    code: "bad-signature",
    lie: (bench) => {
      const [liar, other, victim] = bench.others;
      return tell(bench.suspicion({ ...other!, signer: liar!.signer }, victim!.node, 1));
    },
  },
  {
    name: "suspicion by nobody's node",
    code: "unknown-accuser",
    blames: "accuser",
    lie: (bench) => {
      const stranger = simulatedIdentity(new Random(1234));
      return tell(bench.suspicion({ ...bench.others[0]!, ...stranger }, bench.others[1]!.node, 1));
    },
  },
  {
    name: "goodbye in another's name",
    code: "bad-signature",
    lie: (bench) => {
      const [liar, victim] = bench.others;
      return tell(bench.goodbye({ ...victim!, signer: liar!.signer }, 5));
    },
  },
  {
    name: "revocation not by the authority",
    code: "not-the-authority",
    lie: (bench) => {
      const [liar, victim] = bench.others;
      const genuine = bench.authority.revoke(victim!.node);
      return tell({ ...genuine, signature: liar!.signer.sign(genuine.body) });
    },
  },
  {
    name: "revocation by another network's authority",
    code: "not-the-authority",
    lie: (bench) => tell(simulatedAuthority(4321).revoke(bench.others[1]!.node)),
  },
  {
    name: "revocation for another network",
    code: "other-network",
    lie: (bench) => tell(simulatedAuthority(1, "elsewhere").revoke(bench.others[1]!.node)),
  },
  {
    name: "proof that shows one record twice",
    code: "no-proof",
    lie: (bench) => {
      const record = bench.record(bench.others[1]!, 1);
      return tell({ kind: "conflict", first: record, second: { ...record } });
    },
  },
  {
    name: "proof from two sequences",
    code: "no-proof",
    lie: (bench) => {
      const [, victim] = bench.others;
      return tell({ kind: "conflict", first: bench.record(victim!, 1), second: bench.record(victim!, 2) });
    },
  },
  {
    name: "proof from two nodes",
    code: "no-proof",
    lie: (bench) => {
      const [, one, other] = bench.others;
      return tell({ kind: "conflict", first: bench.record(one!, 1), second: bench.record(other!, 1) });
    },
  },
  {
    name: "proof with a forged half",
    code: "bad-signature",
    lie: (bench) => {
      const [liar, victim] = bench.others;
      const forged = bench.record({ ...victim!, signer: liar!.signer }, 1, { name: "forged" });
      return tell({ kind: "conflict", first: bench.record(victim!, 1), second: forged });
    },
  },
  {
    name: "a good record beside a forged one: neither is believed",
    code: "bad-signature",
    lie: (bench) => {
      const [liar, victim] = bench.others;
      return tell(bench.record(victim!, 50), bench.record({ ...victim!, signer: liar!.signer }, 51));
    },
  },
  {
    name: "answer to a probe that was never sent",
    code: "unasked-answer",
    lie: () => ({ type: "alive", nonce: 123_456, digest: new Uint8Array(8) }),
  },
  {
    name: "entries that nobody asked for",
    code: "unasked-answer",
    lie: () => ({ type: "entries", covered: new Uint8Array(8).fill(255), entries: [] }),
  },
];
