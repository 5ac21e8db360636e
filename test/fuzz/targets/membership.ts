// Membership: its decoder, and one live member among members and strangers, all of whom lie. Statements are forged at
// both layers: bent and left under their old signature, and bent and signed anew by whom they are about.
import { fromCanonical, toCanonical } from "../../../src/core/base/index.ts";
import * as membership from "../../../src/core/membership/index.ts";
import { membershipLimits as limits } from "../../../src/core/membership/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { MemberBench, strangerId } from "../../../src/sim/membership/bench.ts";
import { bent, decodedAll, hostileMessage } from "../mutate.ts";
import { recordMembership } from "../recordings.ts";
import { check, type Target, verdictOf } from "../target.ts";

const encoded = recordMembership();
const values = decodedAll(encoded);

let bench = new MemberBench(9).meetAll();
let sincePeace = 0;

/** Liars are banned and flooders silenced, so now and then everybody starts anew. */
function renewedBench(): MemberBench {
  if (++sincePeace > 150) {
    sincePeace = 0;
    bench = new MemberBench(9).meetAll();
  }
  return bench;
}

/** What shows at once that a message lies. Other refusals (an old record, a full view) are of one item alone. */
const lies: ReadonlySet<string> = new Set([
  "bad-signature",
  "uncertified-record",
  "other-network",
  "not-the-authority",
  "no-proof",
  "malformed",
  "unasked-answer",
  "gossip-flood",
]);

type Forged = { body: Uint8Array; signature: Uint8Array };

/** A statement of this network, changed inside, signed by its maker or not. */
function forged(random: Random): membership.WireItem {
  const [liar, other] = random.shuffled(bench.others) as [typeof bench.self, typeof bench.self];
  const sequence = random.pick([0, 1, 2, 3, bench.nowMs, Number.MAX_SAFE_INTEGER]);
  const items: readonly (() => membership.WireItem)[] = [
    () => bench.record(liar, sequence),
    () => bench.record(liar, sequence, { network: "another" }),
    () => bench.record(liar, sequence, { addresses: ["/ip4/1.2.3.4/tcp/1", "nonsense", ""] }),
    () => ({ ...bench.record(liar, sequence), certificate: other.certificate }),
    () => ({ ...bench.record(liar, sequence), certificate: bench.authority.certify(liar.node, 1).certificate }),
    () => bench.record(bench.self, sequence, { name: "not me" }),
    () => bench.suspicion(liar, other.node, sequence),
    () => bench.suspicion(liar, bench.self.node, bench.state.sequence),
    () => bench.suspicion(liar, strangerId, 1),
    () => bench.goodbye(liar, sequence),
    () => bench.authority.revoke(other.node),
    () => ({ ...bench.authority.revoke(other.node), signature: liar.signer.sign(new Uint8Array(1)) }),
    () => ({ kind: "conflict", first: bench.record(liar, 5), second: bench.record(liar, 5, { name: "two" }) }),
    () => ({ kind: "conflict", first: bench.record(liar, 5), second: bench.record(liar, 6) }),
  ];
  const item = random.pick(items)();
  if (item.kind === "conflict" || random.chance(0.5)) return item;
  const body = toCanonical(bent(random, (fromCanonical(item.body) as { value: unknown }).value, values, 1));
  const signer = random.pick([liar.signer, other.signer]);
  const again: Forged = { body, signature: random.chance(0.6) ? signer.sign(body) : item.signature };
  return { ...item, ...again };
}

function hostile(random: Random): Uint8Array {
  if (random.chance(0.5))
    return toCanonical({ type: "tell", items: Array.from({ length: random.between(1, 2) }, () => forged(random)) });
  return random.chance(0.3)
    ? hostileMessage(random, encoded, values)
    : toCanonical(bent(random, random.pick(values), values));
}

export function checkBounds(state: membership.MembershipState): void {
  const bounds: readonly [string, number, number][] = [
    ["members", state.members.size, limits.maxMembers],
    ["departed", state.departed.size, limits.maxDeparted],
    ["banned", state.banned.size, limits.maxBanned],
    ["accusers", state.accusers.size, limits.maxAccusersRemembered],
    ["links", state.links.size, limits.maxStrayLinks + limits.maxNeighbours + 32],
  ];
  for (const [what, size, most] of bounds) check(size <= most, `${size} ${what}, at most ${most}`);
}

export const membershipTargets: readonly Target[] = [
  {
    name: "membership: decoder",
    inputs: 9_000,
    reaches: ["malformed", "too-deep", "too-large"],
    attempt: (random) => verdictOf(membership.decodeMessage(hostileMessage(random, encoded, values))),
  },
  {
    name: "membership: member among liars",
    inputs: 12_000,
    reaches: [
      "bad-signature",
      "uncertified-record",
      "other-network",
      "unasked-answer",
      "not-the-authority",
      "no-proof",
      "conflicting-record",
      "old-record",
      "certificate-revoked",
    ],
    attempt(random) {
      const { state } = renewedBench();
      const decoded = membership.decodeMessage(hostile(random));
      if (!decoded.ok) return decoded.code;
      if (random.chance(0.2)) bench.nowMs += random.between(1, 30_000);
      const from = random.pick([...bench.others.map((member) => member.node), strangerId, bench.self.node]);
      const before = [state.members.size, state.banned.size];
      const { code, effects } = bench.hear(from, decoded.value);
      checkBounds(state);
      for (const effect of effects)
        if (effect.type === "send")
          check(
            membership.decodeMessage(membership.encodeMessage(effect.message)).ok,
            "it sends what its own decoder refuses",
          );
      // One lie in a message and nothing of the message is believed.
      const same = state.members.size === before[0] && state.banned.size === before[1];
      check(code === undefined || !lies.has(code) || same, `refused with ${code}, and yet its view changed`);
      if (sincePeace % 25 === 0) bench.pass(2_000);
      return code ?? "accepted";
    },
  },
];

/** One member hears `times` hostile messages: everything it keeps must stay below its bounds. */
export function memberUnderJunk(random: Random, times: number): MemberBench {
  bench = new MemberBench(9).meetAll();
  for (let i = 0; i < times; i++) {
    const decoded = membership.decodeMessage(hostile(random));
    bench.nowMs += 20;
    if (decoded.ok) bench.hear(random.pick(bench.others).node, decoded.value);
    if (i % 500 === 0) bench.pass(1_000);
  }
  checkBounds(bench.state);
  return bench;
}
