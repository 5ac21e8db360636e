// Refusals: who is there, and who is drawn: membership, the draw, attested caches.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const lotteryRefusals = {
  // membership: gossip, suspicions and revocations (docs/protocols/membership.md)
  "other-network": entry("disconnect", "The peer or its message belongs to another network than this node's."),
  "uncertified-record": entry(
    "exclude",
    "A node record came with a certificate that the authority did not issue for that node. Whoever relays one lies.",
  ),
  "not-the-authority": entry(
    "exclude",
    "A revocation is not signed by this network's authority. Whoever relays one lies.",
  ),
  "sequence-used-up": entry(
    "ignore",
    "Somebody who holds this node's key announced it under the highest number there is, so this node can no longer announce itself. Revoke its certificate and give it a new key.",
  ),
  "no-proof": entry("exclude", "Two records were shown as proof of a lie and prove none. Whoever relays them lies."),
  "conflicting-record": entry(
    "exclude",
    "A node signed two different records under one sequence. It is excluded by its own proof; issue it a new key.",
  ),
  "gossip-flood": entry("disconnect", "The peer sends far more than its share. It may connect again and go slower."),
  "old-record": entry("ignore", "A newer record of that node is known already."),
  "unknown-accuser": entry("ignore", "A node nobody knows accuses another of being dead. Only members are heard."),
  "false-suspicion": entry("ignore", "The accuser has been refuted too often lately and is not heard for a while."),
  "unasked-answer": entry("ignore", "The peer answers a question that was not asked, or answers it twice."),
  "view-full": entry("ignore", "This node knows as many members as it can keep. The network needs a lookup service."),
  "query-not-flowing": entry(
    "none",
    "The query does not run (yet), so it cannot be left to itself. Wait until it runs, or stop it.",
  ),
  "not-a-neighbour": entry("ignore", "The connection is not needed any more; it opens again when it is."),
  "node-stopping": entry("none", "The node is being stopped. Its cells move to other nodes where there are any."),

  // draw: choosing processors by lot (SEP2P §3)
  "draw-parameters": entry(
    "none",
    "These numbers describe no network. The one at fault is named, with what is allowed there.",
  ),
  "draw-table-too-long": entry(
    "none",
    "With so many colluding nodes, no region of a useful size is safe. Assume fewer of them, or allow a larger alpha.",
  ),
  "draw-other-network": entry("disconnect", "The draw belongs to another network."),
  "draw-other-purpose": entry("none", "The roster was drawn for another query. Draw one for this query."),
  "draw-stale": entry(
    "ignore",
    "The draw is too old, or a clock is wrong. Check the clocks (hedgerow doctor), then draw again.",
  ),
  "draw-sequence": entry("ignore", "The trigger's witnesses have served this draw before. Begin a new one."),
  "draw-rate": entry(
    "ignore",
    "A node may draw 12 times in 10 minutes, and each question, message and window is a draw. Wait some minutes, then ask again.",
  ),
  "draw-busy": entry("ignore", "The node takes part in as many draws as it can. Try again in a moment."),
  "draw-sparse-network": entry(
    "none",
    "Too few nodes are known round the point. Wait until more have joined, or draw fewer.",
  ),
  "draw-too-few-processors": entry(
    "none",
    "So many processors are not in this network: only nodes with the role transform are drawn. Draw fewer, or wait until more have joined.",
  ),
  "draw-degree": entry("ignore", "The number of witnesses is not the one that the k-table asks for here."),
  "draw-own-witness": entry("disconnect", "A trigger is not its own witness."),
  "draw-same-witness": entry("disconnect", "One node stands among the witnesses twice."),
  "draw-not-legitimate": entry("disconnect", "A witness does not live in the region that it must come from."),
  "draw-not-nearest": entry(
    "ignore",
    "These are not the witnesses that this node would ask. Views differ for a moment after a node came or went.",
  ),
  "draw-spread": entry(
    "ignore",
    "The region for candidates is not as large as this node's estimate of the network asks for, or holds more nodes than fit into a list. Draw again.",
  ),
  "draw-not-asked": entry("ignore", "The node has no part in this draw, or the step is not due."),
  "draw-commitment-lost": entry("disconnect", "The list does not hold this node's commitment in its place."),
  "draw-second-list": entry(
    "disconnect",
    "The node has disclosed its value for another list already: a second one could be steered.",
  ),
  "draw-second-roster": entry(
    "disconnect",
    "The node has sealed another roster of this draw already: a trigger that might choose would choose.",
  ),
  "draw-value-changed": entry(
    "exclude",
    "A witness disclosed something else than it had committed to, and signed that.",
  ),
  "draw-two-answers": entry(
    "exclude",
    "A node signed two statements in one draw that contradict each other. See hedgerow draw status for the proof.",
  ),
  "draw-unsigned": entry("disconnect", "A statement of the draw is not signed by whom it must be signed by."),
  "draw-beacon-forged": entry(
    "disconnect",
    "The beacon does not verify: a part was not signed over these commitments.",
  ),
  "draw-sparse-forged": entry(
    "disconnect",
    "Nobody attests that the region was too sparse, so the lot must not fall again.",
  ),
  "draw-roster-forged": entry("disconnect", "The roster does not verify."),
  "draw-roster-differs": entry("ignore", "A witness signed another roster than the others, or none."),
  "draw-candidate-false": entry(
    "exclude",
    "A witness named a candidate that does not live in the region, or is no node of this network, and signed that.",
  ),
  "draw-candidates-hidden": entry("none", "A witness named far fewer candidates than all the others, and signed that."),
  "draw-papers-missing": entry("ignore", "The certificate of a drawn node did not come along."),
  "draw-silent": entry("none", "A node that is needed for the draw did not answer in time."),
  "draw-pretext": entry("none", "A node would not do its part in a draw, and showed no reason that holds."),
  "draw-gave-up": entry("none", "The draw failed several times. The last cause is named; try again later."),

  // cache: attested caches, and evidence of lies (docs/protocols/draw.md)
  "cache-unsigned": entry("disconnect", "A cache's list or promise is not signed by whom it must be signed by."),
  "cache-not-attested": entry("ignore", "A cache is not attested by enough nodes of its owner's region."),
  "cache-forged": entry("exclude", "A cache was handed out as attested under a signature that is false."),
  "cache-two-lists": entry("exclude", "A node signed two different caches under one version."),
  "lie-unreadable": entry(
    "none",
    "The file is no evidence. Give the one that `hedgerow draw evidence NODE --out FILE` wrote.",
  ),
  "lie-unproven": entry(
    "exclude",
    "The evidence convicts nobody. Whoever passes such a thing on lies; revoke no node for it.",
  ),
} as const;
