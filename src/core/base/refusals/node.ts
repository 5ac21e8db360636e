// Refusals: what a node meets in its own house: its folder, its local API, questions between nodes.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const nodeRefusals = {
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

  // inquiries: one question, one answer
  "no-answer": entry(
    "none",
    "The node did not answer in time. It may be down or unreachable; hedgerow node peers shows what is known of it.",
  ),
  "too-busy": entry("ignore", "Too many questions are waiting for answers. Try again in a moment."),
  "inquiry-malformed": entry(
    "none",
    "The node answered with what is no answer to the question. Nothing of it counts. It may run another version: hedgerow node peers",
  ),
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
} as const;
