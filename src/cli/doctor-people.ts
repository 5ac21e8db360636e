// What doctor thinks of the people whose pods the node keeps: whether they could be asked, and are found. No name, and nothing of a pod.
import type { StatusView } from "../sdk/index.ts";
import type { PeopleHealth, PodPlaces } from "../sdk/people-health.ts";
import { type Check, check } from "./doctor-checks.ts";
import { counted } from "./words.ts";

/** More are as many lines that nobody reads; the rest is counted. */
const shownPlaces = 8;

/** `kept`: what the node says of itself; null: it does not run. Nothing where no people are kept. */
export function judgePods(health: PeopleHealth, kept: StatusView["people"] | null): Check[] {
  if (health.isFolderMissing) {
    const mend = "Put the folder back, or set `people` in node.yaml to where it is, then start the node again.";
    return [check("people", "fail", "the folder that `people` in node.yaml names is not there", mend)];
  }
  if (health.pods === 0) return [];
  return [...podChecks(health), ...(kept === null ? [] : publishedChecks(health, kept))];
}

function podChecks({ pods, examined, problems, unaskable, unfindable }: PeopleHealth): Check[] {
  const rest = examined < pods ? `, the first ${examined} of which were looked at` : "";
  const checks = problems.map(({ code, sentence, pods: places }) =>
    check("people", code === "pod-busy" ? "warn" : "fail", `${placesText(places)}: ${code}`, mendOf(code, sentence)),
  );
  if (unaskable.length > 0) {
    const mend =
      "Say what its columns are: hedgerow pod schema --attributes, then --map TABLE.COLUMN=ATTRIBUTE, with --node FOLDER-OF-THE-PERSON";
    checks.push(check("people", "warn", `${placesText(unaskable)}: nothing in it can be named in a question`, mend));
  }
  const silent = unfindable.length === 0 ? "" : `; ${unfindable.length} found by questions to everybody alone`;
  const well = checks.length === 0 ? ": open, rules valid, records readable" : "";
  return [check("people", "ok", `${counted(pods, "pod")}${rest}${well}${silent}`), ...checks];
}

/** Of rules the sentence says that faults are named, which is for their owner's eyes. */
function mendOf(code: string, sentence: string): string {
  return code === "owner-rules-invalid"
    ? "Until they are mended, nothing is answered. The faults, with their keys: hedgerow pod rules --node FOLDER-OF-THE-PERSON"
    : sentence;
}

function publishedChecks({ pods }: PeopleHealth, { kept, unpublished }: StatusView["people"]): Check[] {
  const name = "people's concepts";
  if (kept < pods) {
    const mend = "The node looks for new pods every half minute: look again then, or start it again.";
    return [check(name, "warn", `the node has met ${kept} of ${counted(pods, "pod")}`, mend)];
  }
  if (unpublished === 0) return [check(name, "ok", "published")];
  const mend =
    "Half a minute after a start this is as it should be. If it stays so, five processors are not there yet: hedgerow node peers";
  return [check(name, "warn", `${counted(unpublished, "share")} not published yet: not everybody is found`, mend)];
}

function placesText(places: PodPlaces): string {
  const others = places.flatMap((place) => (place === null ? [] : [String(place)]));
  const shown = others.slice(0, shownPlaces).join(", ");
  const more = others.length > shownPlaces ? ` and ${others.length - shownPlaces} more` : "";
  const own = places.includes(null) ? ["the node's own pod"] : [];
  const those =
    others.length === 0 ? [] : [`${others.length === 1 ? "pod" : "pods"} ${shown}${more} in \`people\`, by name`];
  return [...own, ...those].join("; ");
}
