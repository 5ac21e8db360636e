// Options of a question about people, which `query validate`, `plan` and `run` share. A query in YAML takes none of them.
import { type Command, InvalidArgumentError, Option } from "commander";
import { limits } from "../../sdk/limits.ts";
import { wholeNumber } from "./top.ts";

export interface QuestionOptions {
  readonly param?: readonly { readonly name: string; readonly value: string }[];
  readonly catalogue?: string;
  readonly gatherers?: number;
  readonly standby?: number;
  readonly noise?: "one" | "split";
  readonly minimumPeople?: number;
  readonly maximumPeople?: number;
  readonly forwarders?: number;
  readonly within?: number;
  readonly broadcast?: boolean;
}

/** What `query plan` works out beside. */
export interface ExplainOptions {
  readonly people?: number;
  readonly error?: number;
  readonly output?: string;
}

export function addExplainOptions(command: Command): Command {
  return command
    .option(
      "--people <count>",
      "of a question: expected errors and messages with so many people (default: 100, 1000 and 10000)",
      wholeNumber(1, 1_000_000),
    )
    .option("--error <number>", "of a question: find the epsilon with which an output is at most so wrong", positive)
    .option("--output <name>", "which output --error is of, where there are several");
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("Give a number above 0, in the unit of the output.");
}

/** Not of messages: they are for whom a profile names, and read nothing. */
export function addWordsOption(command: Command): Command {
  return command.option(
    "--catalogue <file>",
    "of a question in SQL: words of your own, attributes and tables that the standard catalogue has not",
  );
}

export function addQuestionOptions(command: Command, what: "values" | "all"): Command {
  command.option(
    "--param <name=value>",
    "of a question in SQL: the value of @name; may be given several times",
    parameter,
  );
  if (what === "values") return command;
  return command
    .option(
      "--minimum-people <count>",
      "ask nobody when fewer are found, by a noised count (default: 10)",
      wholeNumber(1, 1_000_000),
    )
    .option(
      "--maximum-people <count>",
      "ask at most so many, chosen by lot (default: 10000)",
      wholeNumber(1, 1_000_000),
    )
    .option("--within <seconds>", "how long people's nodes have to answer (default: 20)", wholeNumber(1, 604_800))
    .option(
      "--gatherers <count>",
      "processors that add up contributions (default: 3 where there are enough)",
      wholeNumber(1, 16),
    )
    .option("--standby <count>", "processors that stand by for each of them", wholeNumber(0, 8))
    .option("--forwarders <count>", "nodes that each contribution passes on its way (default: 1)", wholeNumber(1, 3))
    .addOption(
      new Option("--noise <where>", "who adds it: one processor, or each gatherer a share").choices(["one", "split"]),
    )
    .option("--broadcast", "the answer also goes to everybody who was asked (hedgerow pod results)");
}

/** Of `query run`: a question asked window by window, and what comes out drawn. */
export function addSeriesOptions(command: Command): void {
  const { maxWindows, minEverySeconds, maxEverySeconds, maxWindowSeconds } = limits;
  command
    .option(
      "--every <seconds>",
      "ask again so often, each time other processors, until Ctrl-C",
      wholeNumber(minEverySeconds, maxEverySeconds),
    )
    .option(
      "--windows <count>",
      `ask so many times (default: 1; with --every ${maxWindows})`,
      wholeNumber(1, maxWindows),
    )
    .option(
      "--window <seconds>",
      "what each window covers, from @window_from to @window_to (default: as --every)",
      wholeNumber(1, maxWindowSeconds),
    )
    .option("--from <time>", "where the first window begins, such as 2026-03-01T07:00:00Z (default: one ago)", instant)
    .option("--map <file>", "draw the answer as a map, an SVG file; of several windows a file for each");
}

function instant(text: string): number {
  const atMs = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw new InvalidArgumentError("Give a day such as 2026-03-01, or a time such as 2026-03-01T07:00:00Z.");
}

function parameter(text: string, before: QuestionOptions["param"] = []): QuestionOptions["param"] {
  const [, name, value] = /^([a-z_][a-z0-9_]{0,63})=(.*)$/is.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Write name=value, such as age=40.");
  return [...before, { name: name.toLowerCase(), value }];
}

/** As a submission carries them. */
export function questionOrder(options: QuestionOptions) {
  const { gatherers, standby, noise, minimumPeople, maximumPeople, forwarders, within, broadcast } = options;
  const settings = {
    ...(gatherers === undefined ? {} : { gatherers }),
    ...(standby === undefined ? {} : { standby }),
    ...(noise === undefined ? {} : { noise }),
    ...(minimumPeople === undefined ? {} : { minimumPeople }),
    ...(maximumPeople === undefined ? {} : { maximumPeople }),
    ...(forwarders === undefined ? {} : { forwarders }),
    ...(broadcast === true ? { broadcast } : {}),
    ...(within === undefined ? {} : { answerMs: within * 1_000 }),
  };
  return { parameters: [...(options.param ?? [])], settings };
}
