// All standard operators, by name.
import { aggregate } from "./aggregate.ts";
import type { BuiltinOperator } from "./contract.ts";
import { exitHttp } from "./exit-http.ts";
import { filter } from "./filter.ts";
import { increment } from "./increment.ts";
import { map } from "./map.ts";
import { merge } from "./merge.ts";
import { peopleFind, peopleGather, peopleTotal } from "./people.ts";
import { project } from "./project.ts";
import { sample } from "./sample.ts";
import { sinkFile } from "./sink-file.ts";
import { sinkPrint } from "./sink-print.ts";
import { sinkResult } from "./sink-result.ts";
import { sourceFile } from "./source-file.ts";
import { sourceGenerator } from "./source-generator.ts";
import { window } from "./window.ts";

const operators: readonly BuiltinOperator[] = [
  sourceGenerator,
  sourceFile,
  increment,
  filter,
  map,
  project,
  merge,
  window,
  aggregate,
  sample,
  sinkPrint,
  sinkFile,
  sinkResult,
  exitHttp,
];
/** The cells of a question, which are made from its statement. */
const ofQuestions = [peopleFind, peopleGather, peopleTotal];

const named = (operators: readonly BuiltinOperator[]) =>
  new Map(operators.map((operator) => [operator.name, operator]));
const forDataflows: ReadonlyMap<string, BuiltinOperator> = named(operators);
const all: ReadonlyMap<string, BuiltinOperator> = named([...operators, ...ofQuestions]);

/** Every operator that a plan may name. */
export function catalogue(): ReadonlyMap<string, BuiltinOperator> {
  return all;
}

/** What a person may write in a query in YAML. */
export function dataflowCatalogue(): ReadonlyMap<string, BuiltinOperator> {
  return forDataflows;
}
