// The tree of commands, and one run of it.
import { Command, CommanderError } from "commander";
import { type ExitCode, exitCodes } from "./failure.ts";
import type { Host } from "./leaf.ts";
import type { Terminal } from "./terminal.ts";
import { addAuthorityCommands } from "./tree/authority.ts";
import { addDiffuseCommand } from "./tree/diffuse.ts";
import { addDrawCommands } from "./tree/draw.ts";
import { addGrantCommands } from "./tree/grant.ts";
import { addNodeCommands } from "./tree/node.ts";
import { addOperatorCommands } from "./tree/operator.ts";
import { addPodCommands } from "./tree/pod.ts";
import { addQueryCommands } from "./tree/query.ts";
import { addSimulatorCommands } from "./tree/simulator.ts";
import { addTopCommands } from "./tree/top.ts";

const afterHelp = `
Which node:
  --node FOLDER, else HEDGEROW_NODE, else the analyst of the local network in ./.hedgerow, else ~/.hedgerow

Exit codes:
  0 done    1 refused, failed, or batches lost    2 command not understood    3 no node is running
  4 audited, not contradicted, and not all of it shown    5 a partial answer    6 too few people were found
  130 interrupted

Examples:
  $ hedgerow up                          a local network to try things on
  $ hedgerow query run examples/ten-becomes-eleven.yaml --follow
  $ hedgerow query audit`;

export function buildProgram(host: Host): Command {
  const program = new Command("hedgerow")
    .description("Compute over people's data without collecting it.")
    .helpCommand(false)
    .exitOverride()
    .option("-V, --version", "the version of this software")
    .addHelpText("after", afterHelp)
    .showHelpAfterError("See: hedgerow --help");
  program.configureOutput({
    writeOut: (text) => void host.terminal.out(text),
    writeErr: (text) => host.terminal.err(text),
    getOutHelpWidth: () => Math.min(host.terminal.columns, 110),
    getErrHelpWidth: () => Math.min(host.terminal.columns, 110),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  addTopCommands(program, host);
  addNodeCommands(program, host);
  addQueryCommands(program, host);
  addDiffuseCommand(program, host);
  addPodCommands(program, host);
  addGrantCommands(program, host);
  addOperatorCommands(program, host);
  addDrawCommands(program, host);
  addAuthorityCommands(program, host);
  addSimulatorCommands(program, host);
  return program;
}

/** `help query run` and `query help run` ask for `query run --help`; elsewhere "help" is a word like any other. */
function helpAsked(program: Command, args: readonly string[]): string[] {
  const [first, second, ...rest] = args;
  if (first === "help") return [...args.slice(1), "--help"];
  const isGroup = program.commands.some((command) => command.name() === first && command.commands.length > 0);
  return isGroup && second === "help" ? [first!, ...rest, "--help"] : [...args];
}

/** Runs one command line to its end and gives its exit code; never throws for what a person typed. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const host: Host = { terminal, exitCode: exitCodes.done };
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    const { version } = await import("../sdk/version.ts");
    await terminal.out(`${version()}\n`);
    return exitCodes.done;
  }
  const program = buildProgram(host);
  const asked = helpAsked(program, args);
  // With --json a program reads stdout: a command that was not understood is a document there, too.
  const json = args.includes("--json");
  try {
    await program.parseAsync(asked.length === 0 ? ["--help"] : asked, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.done;
    if (json) {
      const sentence = error.message.replace(/^error: /, "");
      await terminal.out(`${JSON.stringify({ ok: false, code: "usage", sentence })}\n`);
    }
    return exitCodes.usage;
  }
  return host.exitCode;
}
