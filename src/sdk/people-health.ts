// Whether the people whose pods a node keeps could be asked: what `hedgerow doctor` says of them. Codes and numbers, and nothing that is
// in a pod, in an owner's rules, or in the name of a person's folder.
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type RefusalCode, sentenceOf } from "../core/base/index.ts";
import { examinePod, podFoldersIn, podLimits } from "../io/pod/index.ts";
import { standardCatalogue } from "./catalogue.ts";
import { peopleNamedIn } from "./folder-facts.ts";

export interface PeopleHealth {
  /** `people:` of node.yaml names a folder that is not there. */
  readonly isFolderMissing: boolean;
  readonly pods: number;
  /** Fewer than there are, where looking at all would take too long. */
  readonly examined: number;
  readonly problems: readonly { readonly code: RefusalCode; readonly sentence: string; readonly pods: PodPlaces }[];
  /** They open, and nothing in them can be named in a question. */
  readonly unaskable: PodPlaces;
  /** They publish no concept that they have a value of: only questions to everybody reach them. */
  readonly unfindable: PodPlaces;
}

/** `null`: the node's own; else the place among the folders in `people:`, by name, from 1. */
export type PodPlaces = readonly (number | null)[];

export async function examinePeople(nodeFolder: string, signal?: AbortSignal): Promise<PeopleHealth> {
  const people = peopleNamedIn(nodeFolder);
  const pods = podFoldersIn(nodeFolder, people);
  const problems = new Map<RefusalCode, (number | null)[]>();
  const unaskable: (number | null)[] = [];
  const unfindable: (number | null)[] = [];
  const untilMs = performance.now() + podLimits.examineWithinMs;
  let examined = 0;
  for (const { folder, place } of pods) {
    if (examined >= podLimits.maxExamined || performance.now() > untilMs) break;
    signal?.throwIfAborted();
    const health = await examinePod(folder, standardCatalogue());
    for (const code of health.problems) problems.set(code, [...(problems.get(code) ?? []), place]);
    if (health.isAskable === false) unaskable.push(place);
    if (health.isFindable === false) unfindable.push(place);
    examined++;
    // Opening a pod is synchronous: whoever wants to interrupt is heard between two.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const named = people === undefined ? null : isAbsolute(people) ? people : join(nodeFolder, people);
  return {
    isFolderMissing: named !== null && !existsSync(named),
    ...{ pods: pods.length, examined, unaskable, unfindable },
    problems: [...problems].map(([code, places]) => ({ code, sentence: sentenceOf(code), pods: places })),
  };
}
