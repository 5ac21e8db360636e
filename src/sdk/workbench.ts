// Writing and trying operators without a network, for commands and programs.
import {
  checkOperator as checkIn,
  type OperatorLanguage,
  type OperatorReport,
  type OperatorRun,
  runOperator as runIn,
  scaffoldOperator as scaffoldIn,
} from "../io/sandbox/index.ts";
import { valueOrThrow } from "./refused.ts";

export type { OperatorLanguage, OperatorReport, OperatorRun };

export async function scaffoldOperator(
  folder: string,
  order: { readonly name: string; readonly language: OperatorLanguage },
): Promise<{ files: string[] }> {
  return valueOrThrow(await scaffoldIn(folder, order));
}

export async function checkOperator(folder: string): Promise<OperatorReport> {
  return valueOrThrow(await checkIn(folder));
}

/** Runs it in its sandbox over the records of a CSV or NDJSON file. */
export async function runOperator(
  folder: string,
  inputFile: string,
  params: Readonly<Record<string, unknown>>,
): Promise<OperatorRun> {
  return valueOrThrow(await runIn(folder, inputFile, params));
}
