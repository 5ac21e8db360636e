// The one table of refusals: code → what the node does to the peer, and the sentence a person reads (DESIGN §4.3).
//   ignore      drop the message, keep the peer (it may be late, lost or older than us)
//   disconnect  close the connection: the peer speaks another language or speaks out of turn
//   exclude     the peer proved its own lie; report it and deal with it no more
//   none        not about a peer: a person's file, query or command
// Add a code in the section of the area that raises it (refusals/*.ts); a code stands in one section only (tested).
// Sentences say what happened and what to do next.

import { admissionRefusals } from "./refusals/admission.ts";
import { cellsRefusals } from "./refusals/cells.ts";
import type { RefusalEntry } from "./refusals/entry.ts";
import { lotteryRefusals } from "./refusals/lottery.ts";
import { nodeRefusals } from "./refusals/node.ts";
import { peopleRefusals } from "./refusals/people.ts";
import { queriesRefusals } from "./refusals/queries.ts";

export type { Consequence, RefusalEntry } from "./refusals/entry.ts";

export const refusalSections = {
  node: nodeRefusals,
  admission: admissionRefusals,
  queries: queriesRefusals,
  cells: cellsRefusals,
  lottery: lotteryRefusals,
  people: peopleRefusals,
} as const;

export const refusals = {
  ...nodeRefusals,
  ...admissionRefusals,
  ...queriesRefusals,
  ...cellsRefusals,
  ...lotteryRefusals,
  ...peopleRefusals,
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof refusals;

export function sentenceOf(code: RefusalCode): string {
  return refusals[code].sentence;
}
