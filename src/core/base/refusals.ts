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
  "configuration-invalid": entry(
    "none",
    "The node's configuration has faults. Each is named with its key and what is allowed there.",
  ),
  // api: the node's local API
  "api-input": entry(
    "none",
    "The request does not fit what this call takes. The detail names the field and what is allowed.",
  ),
  "api-unknown-route": entry("none", "The node's API has no such call. The detail names the nearest one."),
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
  "unknown-query": entry("none", "The node knows no such query. `hedgerow query ls` lists those it knows."),
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof refusals;

export function sentenceOf(code: RefusalCode): string {
  return refusals[code].sentence;
}
