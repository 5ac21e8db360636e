// Refusals: what runs: operators, batches, cells, and the life cycle around them.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const cellsRefusals = {
  // batch: the records on an edge
  "batch-malformed": entry(
    "exclude",
    "The bytes are not one well-formed batch. Its sender builds batches wrongly or tampers.",
  ),
  "batch-wrong-shape": entry(
    "exclude",
    "The batch does not carry exactly the declared attributes. The cell that made it is stopped and the batch goes nowhere.",
  ),
  "batch-too-large": entry("exclude", "The batch is larger than allowed. Emit fewer records at once."),

  // operators: params, data files, and what happens inside a running operator
  "operator-params": entry(
    "none",
    "A param of the operator is not one that it takes, or not as it must be. What it takes is named.",
  ),
  "operator-inputs": entry(
    "none",
    "The operator cannot read what these inputs carry. Connect others, or project and map them first.",
  ),
  "operator-equipment": entry(
    "none",
    "The node has no such sensor or outlet, or it failed. Its owner configures it in the node's configuration.",
  ),
  "operator-people": entry(
    "none",
    "The operator asks people, and this node runs no such question here. Ask in SQL: the cells are made from the statement.",
  ),
  "operator-data": entry(
    "none",
    "The operator met a value that it cannot work with. Filter such records out before it.",
  ),
  "operator-timeout": entry(
    "none",
    "The operator took longer over a batch than its limit allows. Give it smaller batches or less to do, or raise limits.batchMs.",
  ),
  "operator-out-of-memory": entry(
    "none",
    "The operator wanted more memory than its limit allows. Raise limits.memoryBytes or keep less.",
  ),
  "operator-trap": entry(
    "none",
    "The WebAssembly module trapped: it hit unreachable code, divided by zero or left its memory.",
  ),
  "operator-malformed": entry(
    "none",
    "The operator's body is not what its manifest says, or lacks what the ABI asks for (docs/protocols/operators.md).",
  ),
  "operator-forbidden-import": entry(
    "none",
    "The module imports something besides env.memory. Operators get no clock, no randomness, no I/O and no host functions.",
  ),
  "operator-lied-about-output": entry(
    "none",
    "The operator said that its output lies where it cannot lie. The cell is stopped and nothing leaves.",
  ),
  "operator-wrong-output": entry(
    "none",
    "The operator's output does not carry exactly what its manifest declares. The cell is stopped and nothing leaves.",
  ),
  "operator-threw": entry("none", "The operator threw an error. `hedgerow operator run` shows it on your own machine."),
  "operator-closed": entry("none", "The operator was stopped before it could answer."),
  "manifest-invalid": entry(
    "none",
    "The operator's manifest has faults. Each is named with file, key and what is allowed.",
  ),

  // lifecycle: who may change a query, and what a participant agrees to (docs/protocols/life-cycle.md)
  "not-an-analyst": entry("disconnect", "Only a node with the role analyst may change queries."),
  "not-the-plans-analyst": entry(
    "disconnect",
    "The query belongs to another analyst. Only nodes of the same analyst may change it.",
  ),
  "wrong-network": entry("disconnect", "The plan is for another network. Ask for it there."),
  "stale-term": entry(
    "ignore",
    "Another process of the same analyst has taken this query over. Commands of the earlier one count no more.",
  ),
  "wrong-plan": entry("disconnect", "The plan is not the one that its digest names, or not the one agreed to."),
  "plan-cycle": entry("none", "The plan's cells form a circle or name an input that is not there."),
  "unknown-vertex": entry("disconnect", "The plan has no such cell."),
  "not-my-vertex": entry("disconnect", "The plan does not place this cell on this node."),
  "not-a-participant": entry("disconnect", "The sender takes no part in this query."),
  "analyst-takes-no-part": entry(
    "none",
    "A node with the role analyst takes no part in queries, except to receive its own result. Place the cell elsewhere.",
  ),
  "equipment-in-use": entry(
    "none",
    "Another query uses this sensor or outlet, and it is exclusive. Stop that query first, or choose another.",
  ),
  "too-many-queries": entry("none", "The node runs as many queries as it can. Try again when one has ended."),
  "wrong-body": entry("exclude", "The operator's body does not have the digest that the plan names."),
  "body-missing": entry("none", "The operator's body is not at hand here. Run the query from a node that has it."),
  "stale-incarnation": entry("ignore", "The cell has been placed anew since. This concerns an earlier one."),
  "out-of-order": entry("ignore", "The command comes before what must precede it. It is repeated until it fits."),
  "wiring-mismatch": entry("disconnect", "The wiring does not connect the cell as the plan does."),
  "keys-changed": entry("exclude", "A cell was announced with two different keys. One of them is not its own."),
  "query-ended": entry("ignore", "The query has ended on this node."),
  "set-up-timeout": entry("none", "Not every node was ready in time. See which one is slow, then run the query again."),
  "node-unreachable": entry("none", "The node does not answer. See whether it runs: `hedgerow node peers`."),
  "lease-expired": entry(
    "none",
    "The analyst's word that the query runs did not arrive in time. The node rolled back.",
  ),
  "neighbour-withdrew": entry("none", "A neighbouring node of the query rolled back, so this one did too."),
  "cells-lost": entry("none", "The node restarted and lost the cells that it ran for this query."),
  "cell-failed": entry("none", "A cell failed. Its reason is named."),
  "no-spare": entry(
    "none",
    "No other node of the plan can run this cell. See why it failed; bring back a node that is gone, or stop the query.",
  ),
  "commit-failed": entry(
    "none",
    "A node rolled back before it learned that the query runs, and no other can replace it. The query was stopped.",
  ),
  orphaned: entry(
    "none",
    "A part of the query failed and no process of its analyst was attached to mend it, so it stopped in order.",
  ),
  "drain-timeout": entry("none", "A cell could not deliver everything in time. What it still held is counted."),
  "taken-over": entry("none", "Another process of the same analyst looks after this query now."),
  "not-flowing": entry("none", "The query is not running yet. Wait until it is, or stop it."),
  "stopped-by-analyst": entry("none", "The analyst stopped the query."),
  "nobody-knows-query": entry("none", "None of the nodes asked holds this query. It has ended, or was never started."),

  // cell: what travels between cells, and what a cell may emit
  "frame-malformed": entry("disconnect", "The bytes on a data edge are not frames of this protocol."),
  "frame-too-large": entry("disconnect", "A frame on a data edge is larger than any batch may be."),
  "frame-out-of-order": entry(
    "disconnect",
    "A frame was skipped or moved on its way. The edge reconnects and the sender repeats what was not acknowledged.",
  ),
  "frame-replayed": entry(
    "disconnect",
    "A frame came a second time. It was refused; the edge reconnects and goes on where it was.",
  ),
  "frame-forged": entry(
    "disconnect",
    "A frame was not sealed by the cell that the plan names, or was altered on its way. It was refused; the edge reconnects.",
  ),
  "frame-after-end": entry("disconnect", "A batch came after the end of its stream."),
  "acknowledgement-out-of-range": entry(
    "disconnect",
    "The next cell acknowledged batches that were never sent, or took an acknowledgement back.",
  ),
  "edge-state-lost": entry(
    "none",
    "The two ends of a data edge no longer agree on what was delivered: one of them lost its memory. Place that cell anew.",
  ),
  "edge-handshake": entry(
    "disconnect",
    "A connection to a data edge did not prove that it comes from the cell that the plan names.",
  ),
  "edge-unreachable": entry(
    "none",
    "The next cell could not be reached, neither directly nor through the overlay. Check that its node is up and its edge port is open.",
  ),
  "edge-reset": entry("ignore", "The cell at the other end of the edge stopped for good. Its reason is named."),
  "bad-cell-key": entry("exclude", "A cell's key is not a usable X25519 public key."),
  "wiring-not-of-plan": entry(
    "none",
    "The cell was told to connect otherwise than its plan says. Nothing was started.",
  ),
  "incarnation-outdated": entry(
    "ignore",
    "The cell has been replaced by a newer one since; the older one counts no more.",
  ),
  "unknown-cell": entry("none", "This node runs no such cell. The query may have ended, or never started here."),
  "cell-exists": entry("none", "This node already runs that cell, in this incarnation or a later one."),
  "too-many-cells": entry("none", "The node runs as many cells as it can. Stop a query, or place this one elsewhere."),
  "plan-too-entangled": entry(
    "none",
    "Too many paths lead to one edge of the query for repeats to be told apart. Put a window or an aggregate in between.",
  ),
  "input-not-as-declared": entry(
    "exclude",
    "The cell before sent something else than the plan declares for this input. The batch was not processed.",
  ),
  "output-not-as-declared": entry(
    "none",
    "The operator's output does not carry exactly the declared attributes. The cell is stopped and the batch did not leave.",
  ),
  "output-too-large": entry(
    "none",
    "The operator's output is larger than its limit allows. Emit fewer records at once, or raise limits.outputBytes.",
  ),
  "no-policy-decision": entry("none", "This node's policy has not allowed this plan. No data leaves before it has."),
  "operator-failed": entry("none", "The operator failed while it worked on a batch. The cell is stopped."),
  "receipt-malformed": entry("none", "A receipt is not a signed receipt of this protocol."),
  "receipt-forged": entry("exclude", "A receipt is not signed by the node that it names."),
  "receipt-foreign": entry(
    "none",
    "A node handed over a receipt that another node signed. It answers for its own cells only, so this was left out.",
  ),
  "receipts-too-many": entry(
    "none",
    "A node handed over more receipts than its cells can have kept. What was over was left out.",
  ),
  "audit-late": entry(
    "none",
    "The node was still handing over receipts, or had not answered, when the time of the audit was over. Audit again: what came is kept once the query has settled.",
  ),
  "audits-busy": entry(
    "none",
    "This node audits as many queries as it can at once. Wait until one of them has ended, then try again.",
  ),
  "receipt-not-of-plan": entry("none", "A receipt speaks of another plan, operator, node or edge than the plan names."),
  "receipt-missing": entry("none", "A cell has not handed over all its receipts. What it did cannot be shown in full."),
  "receipt-not-stored": entry(
    "none",
    "A cell's receipt could not be stored, so the cell stopped. Make room in the node's data folder, or mend its disk.",
  ),
  "receipts-not-yours": entry(
    "none",
    "A query's receipts are for its analyst and for the nodes that its plan names. Ask on one of those.",
  ),
  "receipt-chain-broken": entry("exclude", "A cell's receipts contradict one another."),
  "output-invented": entry("exclude", "A cell sent more batches than it can have made from what it received."),
  "leaves-not-of-root": entry("exclude", "A node's list of batch digests does not lead to the root that it signed."),
  "batch-tampered": entry("none", "The two ends of an edge signed different contents for the same batch."),
  "batch-dropped": entry("none", "A batch that one end signed as sent is missing at the other end."),
  "batch-replayed": entry("none", "The receiving end of an edge signed a batch more often than it was sent."),
  "batch-reordered": entry("none", "The two ends of an edge signed the same batches in another order."),
  "batch-invented": entry("none", "The receiving end of an edge signed batches that the sending end never sent."),
  "batch-mismatch": entry(
    "none",
    "The two ends of an edge signed different batches; without both lists of digests it stays open which one.",
  ),
} as const;
