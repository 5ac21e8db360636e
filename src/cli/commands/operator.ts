// hedgerow operator new | check | run
import { basename, join, relative, resolve } from "node:path";
import { checkOperator, type OperatorLanguage, runOperator, scaffoldOperator } from "../../sdk/workbench.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { bytes, counted, listOf, milliseconds } from "../words.ts";

export async function operatorNew(
  session: Session,
  [folder = "."]: string[],
  options: { readonly language: OperatorLanguage },
): Promise<ExitCode> {
  const place = resolve(session.terminal.cwd, folder);
  const { files } = await scaffoldOperator(place, { name: basename(place), language: options.language });
  await session.data({ folder: place, files });
  const shown = relative(session.terminal.cwd, place) || ".";
  const input = files.find((file) => file.startsWith("input.")) ?? "input.ndjson";
  await session.say(`Made ${session.style.bold(shown)}: ${files.join(", ")}\n`);
  await session.say(`  try it:   hedgerow operator run ${shown} --input ${join(shown, input)}\n`);
  if (options.language !== "javascript") await session.say(`  build it: sh ${join(shown, "build.sh")}\n`);
  return exitCodes.done;
}

export async function operatorCheck(session: Session, [folder = "."]: string[]): Promise<ExitCode> {
  const report = await checkOperator(resolve(session.terminal.cwd, folder));
  const { manifest, bodyBytes, digest, signature } = report;
  await session.data({ ok: true, name: manifest.name, digest, bodyDigest: report.bodyDigest, bodyBytes, manifest });
  const shape = (columns: typeof manifest.produces) =>
    listOf(columns.map((column) => `${column.name}: ${column.type}`));
  await session.say(
    `${session.style.good("ok")} ${session.style.bold(manifest.name)}\n${facts([
      ["digest", digest],
      ["body", `${manifest.body.file}, ${manifest.body.format}, ${bytes(bodyBytes)}`],
      ["consumes", shape(manifest.consumes)],
      ["produces", shape(manifest.produces)],
      [
        "stateless",
        signature.stateless ? "yes: a lost cell is replaced without loss" : "no: a lost cell takes its state along",
      ],
      ["limits", `${bytes(manifest.limits.memoryBytes)} of memory, ${milliseconds(manifest.limits.batchMs)} per batch`],
    ])}`,
  );
  return exitCodes.done;
}

export async function operatorRun(
  session: Session,
  [folder = "."]: string[],
  options: { readonly input: string; readonly param?: readonly string[] },
): Promise<ExitCode> {
  const { cwd } = session.terminal;
  const params = Object.fromEntries((options.param ?? []).map(paramOf));
  const progress = session.progress("running the operator");
  const run = await runOperator(resolve(cwd, folder), resolve(cwd, options.input), params).finally(progress.end);
  for (const row of run.rows) await session.terminal.out(`${JSON.stringify(row)}\n`);
  session.note(
    `${counted(run.rows.length, "record")} in ${milliseconds(run.ms)}; digest of the output ${run.digest}\n`,
  );
  return exitCodes.done;
}

/** `name=value`: a number or true and false where it is one, text otherwise. */
function paramOf(text: string): [string, number | boolean | string] {
  const at = text.indexOf("=");
  if (at < 1) throw usageFault(`--param ${text} is not NAME=VALUE.`, "For example: --param factor=3");
  const value = text.slice(at + 1);
  const plain = value === "true" ? true : value === "false" ? false : value.trim() !== "" ? Number(value) : Number.NaN;
  return [text.slice(0, at), typeof plain === "number" && Number.isNaN(plain) ? value : plain];
}
