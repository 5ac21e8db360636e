// What a message may travel with (SEP2P §5.1, use case 2: targeted diffusion): a bare count of the people whom an expression of concepts
// finds. So whoever takes a message is counted, nothing of her pod is read for it, and nobody sends to everybody.
import { accept, type Result, refuse } from "../base/index.ts";
import type { Question } from "../model/index.ts";

export function checkMessageQuestion({ target, local, groups, aggregates }: Question): Result<void> {
  const [count] = aggregates;
  const isBare =
    local.reads.length === 0 &&
    groups.selection.at === "single" &&
    aggregates.length === 1 &&
    count?.function === "count" &&
    count.column === null;
  if (!isBare) return refuse("ask-message-question", { detail: "it asks for more than a count of people" });
  return target === null
    ? refuse("ask-message-question", { detail: "it does not say whom it is for" })
    : accept(undefined);
}
