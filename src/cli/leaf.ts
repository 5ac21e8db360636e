// One command of the tree: how it is declared, and how its action is run. What a command does lies in commands/, loaded
// only when it runs, so that help is quick.
import type { Command } from "commander";
import { type ExitCode, exitCodes, report } from "./failure.ts";
import { openSession, type Session } from "./session.ts";
import { styleFor } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Where actions leave their exit code. */
export interface Host {
  readonly terminal: Terminal;
  exitCode: ExitCode;
}

export interface LeafSpec {
  readonly name: string;
  readonly summary: string;
  /** More than the summary, where there is more to say. */
  readonly description?: string;
  readonly examples: readonly [string, ...string[]];
  /** It speaks to a node, so --node makes sense. */
  readonly node?: boolean;
  /** What --json gives: one document, or a line for each item. */
  readonly json: "document" | "lines";
}

type Action<Options> = (session: Session, args: string[], options: Options) => Promise<ExitCode>;

export function group(parent: Command, name: string, summary: string, example: string): Command {
  const command = parent.command(name).summary(summary).description(`${summary}.`).helpCommand(false);
  command.addHelpText("after", `\nExample:\n  $ ${example}`);
  return command.showHelpAfterError(`See: ${pathOf(command)} --help`);
}

/** Declares a command; give it options and arguments' descriptions, then `act`. */
export function leaf(parent: Command, spec: LeafSpec): Command {
  const command = parent.command(spec.name).summary(spec.summary);
  command.description(spec.description === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.description}`);
  command.option(
    "--json",
    spec.json === "document" ? "one JSON document on stdout" : "one JSON document per line on stdout",
  );
  if (spec.node === true) {
    command.option(
      "--node <folder>",
      "the node's folder (else HEDGEROW_NODE, the local network's analyst, ~/.hedgerow)",
    );
  }
  const shown = spec.examples.map((example) => `  $ ${example}`).join("\n");
  command.addHelpText("after", `\n${spec.examples.length === 1 ? "Example" : "Examples"}:\n${shown}`);
  command.showHelpAfterError(`See: ${pathOf(command)} --help`);
  return command;
}

export function act<Options extends object>(
  command: Command,
  host: Host,
  action: () => Promise<Action<Options>>,
  // A command that runs until Ctrl-C or SIGTERM has done its work when that comes; any other was cut short.
  ends: "by itself" | "when interrupted" = "by itself",
): void {
  command.action(async (...given: unknown[]) => {
    given.pop(); // the command itself
    const options = given.pop() as Options & { json?: boolean; node?: string };
    const args = given.flat().filter((arg): arg is string => typeof arg === "string");
    let session: Session | undefined;
    try {
      const run = await action();
      session = openSession(host.terminal, options);
      host.exitCode = await run(session, args, options);
    } catch (error) {
      const style = styleFor(host.terminal, host.terminal.errIsTty);
      host.exitCode = await report(error, host.terminal, style, options.json === true);
    } finally {
      session?.close();
    }
    const cutShort = host.terminal.interrupted.aborted && ends === "by itself";
    if (cutShort && host.exitCode === exitCodes.done) host.exitCode = exitCodes.interrupted;
  });
}

export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
