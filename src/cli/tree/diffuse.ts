// hedgerow diffuse
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { act, type Host, leaf } from "../leaf.ts";
import { addQuestionOptions } from "./question-options.ts";

export function addDiffuseCommand(program: Command, host: Host): void {
  const diffuse = leaf(program, {
    name: "diffuse",
    summary: "Send a message to the people whom an expression of concepts finds",
    description:
      "It reaches those whose rules take messages from you for this purpose (`messages` in their owner.yaml), and nobody else keeps it. You learn how " +
      "many they are, about: a count with noise.",
    examples: [
      "hedgerow diffuse --to \"profile('city') = 'Paris' AND profile('age') BETWEEN 20 AND 30\" --message examples/message.txt",
    ],
    node: true,
    json: "lines",
  })
    .requiredOption("--to <expression>", "conditions on profile('…'), as in WHERE of a question in SQL")
    .requiredOption("--message <file>", "plain text of at most 4096 characters, or - for standard input")
    .option("--purpose <purpose>", "what it is for; people subscribe to purposes", shortText, "news")
    .option("--name <name>", "its title, as they see it in their inbox", shortText, "message")
    .option("--epsilon <epsilon>", "what being counted costs each who takes it, 0.001 to 10", epsilon, 0.1);
  addQuestionOptions(diffuse, "all");
  act(diffuse, host, async () => (await import("../commands/diffuse.ts")).diffuse);
}

function shortText(text: string): string {
  if (/^[^\p{Cc}]{1,80}$/u.test(text)) return text;
  throw new InvalidArgumentError("Give 1 to 80 characters.");
}

function epsilon(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d{1,6})?$/.test(text) && number >= 0.001 && number <= 10) return number;
  throw new InvalidArgumentError("Give a number from 0.001 to 10.");
}
