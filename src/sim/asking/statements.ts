// The statements of a simulated world, each read once for all nodes.
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { Asked, Question } from "../../core/model/index.ts";
import { parseQuestion } from "../../core/sql/index.ts";
import type { AskingOptions } from "./options.ts";

export class Statements {
  readonly #catalogues: Pick<AskingOptions, "catalogue" | "askable">;
  readonly #read = new Map<string, Question>();

  constructor(catalogues: Pick<AskingOptions, "catalogue" | "askable">) {
    this.#catalogues = catalogues;
  }

  read({ text, name, words }: Pick<Asked, "text" | "name" | "words">): Result<Question> {
    const key = `${name} ${JSON.stringify(words)} ${text}`;
    const known = this.#read.get(key);
    if (known !== undefined) return accept(known);
    const { catalogue: standard, askable } = this.#catalogues;
    const catalogue = words === undefined ? accept(standard) : (askable?.(words) ?? refuse("ask-words"));
    if (!catalogue.ok) return catalogue;
    const parsed = parseQuestion(text, "question.sql", { catalogue: catalogue.value, name });
    if (!parsed.ok) {
      const [fault] = parsed.faults;
      return refuse(fault?.code === "ask-words" ? "ask-words" : "ask-statement", { detail: fault?.message ?? "" });
    }
    this.#read.set(key, parsed.question);
    return accept(parsed.question);
  }
}
