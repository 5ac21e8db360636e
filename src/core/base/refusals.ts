// The one table of refusals: code → what the node does to the peer, and the sentence a person reads (DESIGN §4.3).
//   ignore      drop the message, keep the peer (it may be late, lost or older than us)
//   disconnect  close the connection: the peer speaks another language or speaks out of turn
//   exclude     the peer proved its own lie; report it and deal with it no more
//   none        not about a peer: a person's file, query or command
// Add codes in the section of the area that raises them. Sentences say what happened and what to do next.

export type Consequence = "ignore" | "disconnect" | "exclude" | "none";

export interface RefusalEntry {
  readonly consequence: Consequence;
  readonly sentence: string;
}

function entry(consequence: Consequence, sentence: string): RefusalEntry {
  return { consequence, sentence };
}

export const refusals = {
  // base: bytes and shapes
  malformed: entry(
    "disconnect",
    "The bytes are not a valid message of this protocol. Check that both nodes run compatible versions.",
  ),
  "too-large": entry("disconnect", "The message is larger than the protocol allows. Send less at once."),
  "too-deep": entry("disconnect", "The message is nested deeper than the protocol allows."),
  "bad-signature": entry("exclude", "A signature does not verify. Whoever sent it forged or altered it."),

  // storage and configuration: the node's own folder
  "journal-damaged": entry(
    "none",
    "The node's state file is damaged in the middle. Keep a copy, restore the folder from a backup, or move the file away to start without that state.",
  ),
  "folder-in-use": entry(
    "none",
    "Another node runs on this data folder. Stop it first (hedgerow node status shows it), or give this node a folder of its own.",
  ),
  "address-in-use": entry(
    "none",
    "Another program has the port already. Stop it, or give this node another one in node.yaml.",
  ),
  "network-running": entry(
    "none",
    "A local network already runs here. End it (Ctrl-C where it was started), or start this one in another folder.",
  ),
  "network-in-node": entry(
    "none",
    "A node lives in this folder, so no local network is made in it. Start the network in another folder.",
  ),
  "configuration-invalid": entry(
    "none",
    "The node's configuration has faults. Each is named with its key and what is allowed there.",
  ),
  // api: the node's local API
  "api-input": entry(
    "none",
    "The request does not fit what this call takes. The field is named, with what is allowed there.",
  ),
  "api-unknown-route": entry("none", "The node's API has no such call. The nearest one is named."),
  "api-method": entry("none", "This call exists, but not with that HTTP method."),
  "api-token": entry("none", "The token is missing or wrong. It is in the file `api/token` of the node's folder."),
  "api-foreign": entry(
    "none",
    "The request came through a foreign web page or host name. The API answers only programs on its own machine.",
  ),
  "api-too-large": entry("none", "The request is larger than the API takes. Send fewer or smaller operators."),
  "api-timeout": entry("none", "The request did not arrive in time. Send it again in one go."),
  "api-busy": entry("none", "The node serves as many calls as it can at once. Try again in a moment."),
  "api-answer": entry(
    "none",
    "The node answered in a way that this client does not understand. Update both to one version.",
  ),
  "api-shutdown": entry("none", "The node is shutting down. Start it again with `hedgerow node start`."),
  "api-internal": entry(
    "none",
    "Something went wrong inside the node; its log has the cause. Please report it if it happens again.",
  ),
  "node-exists": entry(
    "none",
    "A node has been made in this folder already. Choose another folder, or start that one with `hedgerow node start`.",
  ),
  "unknown-query": entry("none", "The node knows no such query. `hedgerow query ls` lists those it knows."),

  // attestation: keys, evidence and admission (docs/protocols/admission.md)
  "key-malformed": entry("disconnect", "A public key is not 32 bytes of Ed25519."),
  "key-not-canonical": entry("disconnect", "A public key is not in its one valid encoding. Make a new key."),
  "small-order-key": entry("disconnect", "A public key has small order: anybody could sign for it. Make a new key."),
  "evidence-malformed": entry("disconnect", "The evidence is not in a form that this version reads."),
  "evidence-unknown-provider": entry("disconnect", "No verifier for this kind of evidence. Update the older node."),
  "evidence-overclaimed": entry("disconnect", "The evidence claims more assurance than its kind can give."),
  "evidence-bad-signature": entry("disconnect", "The evidence was not made by the node that shows it."),
  "evidence-not-fresh": entry("disconnect", "The evidence was made for another connection. It may be a replay."),
  "admission-malformed": entry(
    "disconnect",
    "An admission message is not valid. Check that both nodes run compatible versions.",
  ),
  "admission-oversized": entry("disconnect", "An admission message is longer than the protocol allows."),
  "admission-cut-short": entry("disconnect", "The connection ended in the middle of admission."),
  "admission-timeout": entry(
    "ignore",
    "The peer did not finish admission in time. Try again; see whether it is overloaded.",
  ),
  "admission-out-of-order": entry("disconnect", "An admission message came out of turn."),
  "admission-other-version": entry(
    "disconnect",
    "The peer speaks another version of admission. Update the older node.",
  ),
  "admission-wrong-network": entry(
    "disconnect",
    "The peer belongs to another network. Check the address and the network's name.",
  ),
  "admission-refused": entry(
    "disconnect",
    "The peer refused the connection and gave no reason that this version knows.",
  ),
  "admission-not-spoken": entry(
    "disconnect",
    "What answers at this address is not a node of this kind. Check the address and the port.",
  ),

  // identity: certificates, keys and the authority
  "certificate-malformed": entry("disconnect", "The certificate cannot be read. Have the authority issue it again."),
  "certificate-other-authority": entry("disconnect", "The certificate was not signed by this network's authority."),
  "certificate-expired": entry(
    "disconnect",
    "The certificate has expired. Have the authority issue a new one, and check the clock.",
  ),
  "certificate-not-yet-valid": entry(
    "disconnect",
    "The certificate is not valid yet. Check the clocks of the node and of the authority.",
  ),
  "certificate-wrong-network": entry("disconnect", "The certificate is for another network."),
  "certificate-wrong-key-type": entry("disconnect", "The certificate does not hold an Ed25519 key."),
  "certificate-not-a-device": entry(
    "disconnect",
    "The certificate is not a device's: an authority's may not be used by a node.",
  ),
  "certificate-key-mismatch": entry("disconnect", "The certificate names another node than its key gives."),
  "certificate-other-node": entry("disconnect", "The certificate belongs to another node than the one that shows it."),
  "certificate-revoked": entry(
    "disconnect",
    "The authority has revoked this node. It takes no part in the network any more.",
  ),
  "revocation-malformed": entry("ignore", "The revocation cannot be read. Get the file from the authority again."),
  "revocations-file": entry(
    "none",
    "The file is no list of revocations. Give the one that `hedgerow authority revoke` wrote: revocations.hedgerow in the authority's folder.",
  ),
  "revocation-other-authority": entry("ignore", "The revocation was not signed by this network's authority."),
  "revocation-wrong-network": entry("ignore", "The revocation is for another network."),
  "revocations-full": entry("ignore", "The list of revocations is full. Give the network a new authority."),
  "key-file-exposed": entry(
    "none",
    "The key file can be read by other users. Run `chmod 600` on it; if others may have read it, make a new key.",
  ),
  "key-file-malformed": entry("none", "The key file does not hold an Ed25519 private key in PEM (PKCS #8)."),
  "key-configuration-malformed": entry("none", "The key in the configuration is not the base64 of a 32-byte seed."),
  "certificate-file-missing": entry(
    "none",
    "The certificate file cannot be read. Have the authority issue one: `hedgerow authority issue`.",
  ),
  "request-malformed": entry("none", "The certificate request is not a PKCS #10 request with an Ed25519 key."),
  "request-bad-proof": entry(
    "none",
    "The certificate request is not signed by its own key. Make it again on the node itself.",
  ),
  "name-not-allowed": entry(
    "none",
    "A network is named with a-z, 0-9, dots and dashes (at most 63); a principal with up to 80 printable characters.",
  ),
  "authority-exists": entry(
    "none",
    "The folder already holds an authority. Choose another folder; a second authority makes a second network.",
  ),
  "authority-missing": entry("none", "The folder holds no authority. Make one first: `hedgerow authority init`."),
  "certificate-unknown": entry(
    "none",
    "The authority has issued no such certificate. Give the node's id, or the serial of its certificate.",
  ),

  // overlay: connections, messages and streams between nodes
  "address-malformed": entry("none", "Not an address. One looks like /ip4/192.0.2.7/tcp/4100/p2p/12D3Koo…"),
  "address-own": entry("none", "This is the node's own address. Give the address of another node."),
  "peer-unreachable": entry(
    "none",
    "Nothing answers at the peer's addresses. See whether it runs and whether its port is open.",
  ),
  "peer-unknown": entry("none", "No address is known for this node, and it is not connected."),
  "peer-other-identity": entry("none", "Another node answers at this address. Check the node id in the address."),
  "peer-too-slow": entry(
    "ignore",
    "The peer takes messages more slowly than they are sent. The message was not queued; try later.",
  ),
  "peer-lost": entry("none", "The connection to the peer ended before the message was handed over."),
  "message-too-large": entry("disconnect", "A control message may have at most 6 MiB."),
  "overlay-stopped": entry("none", "The node is shutting down."),

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

  // policy: what owners and venues require and forbid (PBDS §4)
  "attribute-forbidden": entry(
    "none",
    "A policy in force forbids this attribute to leave. Drop or coarsen it before it leaves the node, or offer an alternative plan.",
  ),
  "alternatives-tried": entry(
    "none",
    "The query has no further plan to try. Ask the owner who refused, or write a plan that does without.",
  ),
  "attribute-required-missing": entry(
    "none",
    "A policy in force requires an attribute that this stream does not carry. Add the attribute, or place the step on another node.",
  ),
  "policy-conflict": entry(
    "none",
    "Two adjacent nodes disagree: one requires an attribute that the other forbids. Place one of the steps on another node.",
  ),
  "policy-unknown": entry(
    "ignore",
    "The policy of a neighbouring node is not known yet. Try again once its record has arrived.",
  ),

  // sql: a question as a person wrote it
  "sql-syntax": entry("none", "The statement is not valid SQL at this place. See what is expected there."),
  "sql-not-offered": entry(
    "none",
    "This part of SQL is not offered here, because it would not stay private or not stay the same everywhere. See what can be written instead.",
  ),
  "sql-unknown-name": entry(
    "none",
    "There is no table, column, function or option of this name. Use one that is named.",
  ),
  "sql-type": entry(
    "none",
    "A value has another type or unit than this place takes. Convert it, or use another column.",
  ),
  "sql-privacy": entry(
    "none",
    "The options of the differential privacy clause are missing or out of range. Write them as shown.",
  ),
  "sql-bounds": entry(
    "none",
    "An aggregate does not say between which values a contribution counts. Write contribution bounds.",
  ),
  "sql-target": entry(
    "none",
    "profile(…) chooses who is asked: it stands in WHERE, joined with AND, and compares with values that an index can find.",
  ),
  "sql-groups": entry(
    "none",
    "The groups of the result are neither a public list nor protected by a threshold. List them, or allow a threshold.",
  ),
  "sql-parameter": entry("none", "A parameter has no value. Give it with the query, or write the value in its place."),

  // query: a person's file, and the placement of what it asks
  "yaml-invalid": entry("none", "The file is not valid YAML. Mend the line that is named."),
  "yaml-alias": entry("none", "Anchors, aliases and tags are not used in these files. Write the value out."),
  "query-too-large": entry("none", "The file is larger than a query may be. Split the query, or shorten it."),
  "query-too-deep": entry("none", "The file is nested deeper than a query ever is. Flatten it."),
  "unknown-key": entry("none", "The file has a key that is not known here. Use one of the keys that are named."),
  "missing-key": entry("none", "A key is missing. Add it."),
  "wrong-value": entry("none", "A value is not one of those allowed. Use one of the values that are named."),
  "name-clash": entry("none", "Two things have the same name. Rename one of them."),
  "operator-file": entry(
    "none",
    "A file of the operator cannot be read. Name the folder that its operator.yaml is in; in a query, relative to the query's file.",
  ),
  "operator-exists": entry(
    "none",
    "There is something in this folder already, and it is not overwritten. Choose another folder.",
  ),
  "operator-name": entry(
    "none",
    "An operator is named after its folder: a-z, 0-9 and -, beginning with a letter, at most 40 characters.",
  ),
  "input-file": entry(
    "none",
    "The records to try the operator on cannot be read. Give a .csv, .ndjson or .jsonl file with --input.",
  ),
  "unknown-operator": entry(
    "none",
    "There is no operator of this name. Use a standard one, or name your own under operators.",
  ),
  "unknown-input": entry("none", "A cell takes its input from a cell that does not exist. Name an existing cell."),
  "wrong-input-count": entry("none", "A cell has more or fewer inputs than its operator takes. Change `from`."),
  "query-cycle": entry("none", "The cells form a circle, but data must flow from sources to sinks. Cut the circle."),
  "sink-in-the-middle": entry(
    "none",
    "A sink ends a flow and hands nothing on. Take the input from the cell before it.",
  ),
  "not-delivered": entry("none", "What this cell emits reaches no sink. Add a sink, or remove the cell."),
  "edge-type-mismatch": entry(
    "none",
    "An operator takes another type than its input carries. Convert the attribute before it.",
  ),
  "attribute-not-produced": entry(
    "none",
    "An operator consumes an attribute that none of its inputs carries. Produce it upstream, or name another.",
  ),
  "equipment-unnamed": entry("none", "The operator needs a sensor or outlet of its node. Name it with `use`."),
  "equipment-unneeded": entry("none", "The operator uses no sensor or outlet of its node. Remove `use`."),
  "placement-unfit": entry(
    "none",
    "This kind of operator cannot run there. Sources run at producers and localizers, sinks at exits.",
  ),
  "placement-not-offered": entry(
    "none",
    "This network does not offer that placement yet. Place the cell at a venue function or a named node.",
  ),
  "drawn-node-unfit": entry("none", "The lot fell on a node that cannot run the cell. Plan again, and it falls anew."),
  "plan-roster": entry("none", "The plan's drawn cells are not where a roster for this query puts them."),
  "no-eligible-node": entry("none", "No node of the network can run this cell. See what was considered, and why not."),
  "ambiguous-node": entry("none", "Several nodes call themselves by that name. Use the node's id instead."),
  "exclusive-sensor-twice": entry(
    "none",
    "Two cells want the same exclusive sensor or outlet. Read it once and branch after it.",
  ),
  "placement-search-exhausted": entry(
    "none",
    "No placement that every policy allows was found within the search bound. Pin some cells to named nodes.",
  ),

  // query: a plan received from an analyst, re-checked before anything is agreed to. Not proof of a lie: an analyst of
  // another version may hold another catalogue.
  "plan-malformed": entry("ignore", "The plan is not well formed. Nothing was started."),
  "plan-duplicate-vertex": entry("ignore", "Two cells of the plan have the same name. Nothing was started."),
  "plan-unknown-input": entry(
    "ignore",
    "A cell of the plan takes its input from a cell that is not in it. Nothing was started.",
  ),
  "plan-input-count": entry(
    "ignore",
    "A cell of the plan has more or fewer inputs than its operator takes. Nothing was started.",
  ),
  "plan-not-delivered": entry("ignore", "A cell of the plan emits what reaches no sink. Nothing was started."),
  "plan-unknown-operator": entry(
    "ignore",
    "The plan names an operator that this node does not have. Compare the versions.",
  ),
  "plan-operator-manifest": entry(
    "ignore",
    "The plan carries an operator's manifest that is not valid. Nothing was started.",
  ),
  "plan-operator-digest": entry(
    "ignore",
    "An operator of the plan is not the one of that name here. Compare the versions.",
  ),
  "plan-operator-kind": entry(
    "ignore",
    "The plan gives an operator a kind that it does not have. Nothing was started.",
  ),
  "plan-operator-limits": entry(
    "ignore",
    "The plan gives an operator other limits than it declares. Nothing was started.",
  ),
  "plan-params": entry("ignore", "An operator of the plan refuses its parameters or inputs. Nothing was started."),
  "plan-edge-type": entry(
    "ignore",
    "An edge of the plan carries another type than the operator after it takes. Nothing was started.",
  ),
  "plan-consumes": entry(
    "ignore",
    "The plan says that an operator consumes other attributes than it does. Nothing was started.",
  ),
  "plan-output": entry(
    "ignore",
    "The plan says that an operator emits other records than it does. Nothing was started.",
  ),
  "plan-stateless": entry("ignore", "The plan misstates whether a cell keeps state. Nothing was started."),
  "plan-unknown-node": entry(
    "ignore",
    "The plan places a cell on a node that is not a member here. Nothing was started.",
  ),
  "plan-node-unfit": entry("ignore", "The plan places a cell on a node that may not run it. Nothing was started."),
  "plan-equipment": entry("ignore", "The plan and the node's equipment do not match. Nothing was started."),
  "plan-spares": entry("ignore", "The plan lists spare nodes that cannot be spares. Nothing was started."),

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
  "no-spare": entry("none", "No other node of the plan can run this cell. Bring its node back or stop the query."),
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

  // inquiries: one question, one answer
  "no-answer": entry(
    "none",
    "The node did not answer in time. It may be down or unreachable; hedgerow node peers shows what is known of it.",
  ),
  "too-busy": entry("ignore", "Too many questions are waiting for answers. Try again in a moment."),
  "inquiry-refused": entry("none", "The node would not answer the question. Its reason is named."),

  // node: what the daemon itself meets
  "certificate-missing": entry(
    "none",
    "A certificate file is not there. Ask the network's authority to issue one (hedgerow authority issue) and put it in the node's folder.",
  ),
  "batches-lost": entry(
    "none",
    "A cell's node died and took what the cell held with it. The loss is counted; run the query again if every record matters.",
  ),
  "query-unknown": entry("none", "This node knows no query with that id. See hedgerow query ls."),
  "node-not-analyst": entry(
    "none",
    "Only an analyst's node may ask queries. Use the analyst's node (--node FOLDER), or have the authority issue this one a certificate with the role analyst.",
  ),
  "query-not-asked-here": entry(
    "none",
    "This node takes part in the query but did not ask it: only its analyst may stop it.",
  ),

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
  "draw-rate": entry("ignore", "The trigger has drawn too often. Wait for the window to pass."),
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
    "The region for candidates is not as large as this node's estimate of the network asks for.",
  ),
  "draw-not-asked": entry("ignore", "The node has no part in this draw, or the step is not due."),
  "draw-commitment-lost": entry("disconnect", "The list does not hold this node's commitment in its place."),
  "draw-second-list": entry(
    "disconnect",
    "The node has disclosed its value for another list already: a second one could be steered.",
  ),
  "draw-value-changed": entry(
    "exclude",
    "A witness disclosed something else than it had committed to, and signed that.",
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

  // sealing and sharing: messages to one key, secrets in shares (SEP2P §5.3)
  "sealing-key": entry("exclude", "The key to seal to is none that only its owner can use."),
  "sealed-unreadable": entry(
    "ignore",
    "The message was not sealed for this node and this use, or it was changed on the way.",
  ),
  "shares-too-few": entry(
    "none",
    "There are not enough shares to put the secret together. Ask more of those who hold one.",
  ),
  "shares-mismatch": entry("ignore", "The shares are not of one secret."),

  // privacy: noise, sensitivity and an owner's budget (docs/concepts/differential-privacy.md)
  "privacy-number": entry("none", "A number is not one that differential privacy can use. What is allowed is named."),
  "privacy-bounds": entry(
    "none",
    "The plan does not bound what one owner contributes. Give a lower and an upper bound, and how many groups one owner may be in.",
  ),
  "privacy-scale": entry(
    "none",
    "So much noise, or so large a sum, cannot be computed exactly. Narrow the bounds, use fewer decimals, or allow more ε.",
  ),
  "privacy-groups": entry(
    "none",
    "The result would have more groups or candidates than a query may have. Ask for fewer.",
  ),
  "privacy-error": entry(
    "none",
    "No ε that protects anybody gives so small an error. Allow a larger error, or ask more owners.",
  ),
  "privacy-shares-missing": entry(
    "none",
    "Too few cells have added their part of the noise, so nothing is released. Run the query again.",
  ),
  "budget-exhausted": entry(
    "none",
    "The owner's privacy budget for this analyst and purpose is used up for this period. The time when it renews is named.",
  ),
  "budget-too-large": entry(
    "none",
    "The query costs more than the owner's whole budget for one period, so waiting does not help. Ask for less precise results.",
  ),
  "budget-none": entry("none", "The owner allows this analyst no differentially private query for this purpose."),
  "budget-other-plan": entry(
    "none",
    "The owner has paid for this round under another plan. A changed plan is a new query, with its own round.",
  ),
  "budget-full": entry(
    "ignore",
    "The owner keeps as many accounts as she can in one period. Ask again when it renews.",
  ),
  "budget-clock": entry(
    "none",
    "The owner's clock stands before a time that her budget has seen. Check the clock (hedgerow doctor).",
  ),

  // pods: an owner's store, and the files she imports (docs/guide/pods.md)
  "pod-missing": entry(
    "none",
    "There is no pod in this node's folder yet. Make one by importing: hedgerow pod import FILE",
  ),
  "pod-busy": entry("none", "Another command writes to this pod. Wait until it has ended, then try again."),
  "pod-key-missing": entry(
    "none",
    "The pod's key file is gone, and nothing else opens the pod. Restore pod.key from a backup, or begin anew: hedgerow pod forget --all",
  ),
  "pod-key-malformed": entry("none", "The pod's key file does not hold a key. Restore pod.key from a backup."),
  "pod-key-exposed": entry(
    "none",
    "The pod's key file can be read by other users. Run `chmod 600` on it; whoever read it may read the pod.",
  ),
  "pod-damaged": entry(
    "none",
    "The pod cannot be opened: its key is another one, or the file is damaged. Restore the pod's folder from a backup.",
  ),
  "pod-other-version": entry("none", "A newer version of this software made the pod. Update this one."),
  "pod-format-unknown": entry(
    "none",
    "It cannot be told what kind of file this is. Name it with --format; `hedgerow pod import --help` lists them.",
  ),
  "pod-file-malformed": entry(
    "none",
    "The file is not what its format asks for; the place is named. Download it again, or name another --format.",
  ),
  "pod-file-empty": entry(
    "none",
    "There is nothing in the file that could be imported. Check that it is the right one.",
  ),
  "pod-file-encoding": entry("none", "The file is not UTF-8. Name its encoding, for example: --encoding windows-1252"),
  "pod-file-deep": entry("none", "The file is nested deeper than anybody's data. It was not read further."),
  "pod-record-too-long": entry(
    "none",
    "A record has no end within 16 MB. A quote may be left open at the place that is named; mend it there.",
  ),
  "pod-zip-unfit": entry(
    "none",
    "The archive holds nothing that can be imported, is damaged, or unpacks to more than it should. Unpack it yourself and import the file in it.",
  ),
  "pod-table-full": entry(
    "none",
    "A table of a pod takes 8 million rows. Import the rest into another one: --table NAME",
  ),
  "pod-table-differs": entry(
    "none",
    "The pod has a table of this name with other columns or types. Give this file another one: --table NAME",
  ),
  "pod-unknown-table": entry("none", "The pod has no such table or column. `hedgerow pod schema` lists them."),
  "pod-unknown-source": entry("none", "Nothing of this name was imported. `hedgerow pod ls` lists the sources."),
  "pod-sql": entry(
    "none",
    "The database does not take this SQL. What it says is named; `hedgerow pod schema` lists tables and columns.",
  ),
  "pod-sql-writes": entry(
    "none",
    "Only questions can be asked here: one statement that begins with SELECT, WITH, VALUES or EXPLAIN.",
  ),
  "pod-mapping": entry("none", "A column cannot stand for this attribute. What is allowed is named."),
  "catalogue-invalid": entry(
    "none",
    "The attribute catalogue has faults. Each is named with its key and what is allowed there.",
  ),
  "pod-order": entry("none", "The import cannot be done as asked. What does not fit is named."),
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof refusals;

export function sentenceOf(code: RefusalCode): string {
  return refusals[code].sentence;
}
