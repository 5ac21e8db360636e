// A dry run as text: the answer as it would come, marked as invented, and beside each number what it is without noise.
import type { DryRunView } from "../../sdk/dry-run.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { counted } from "../words.ts";
import { answerText, itemName, scalarText } from "./answer.ts";
import { figure } from "./figure.ts";

/** More are for a program: --json has all. */
export const shownRows = 50;

/** The first thing that stands in whatever was made of invented data. */
export function inventedText(style: Style): string {
  return `${style.doubtful("INVENTED")}: nobody was asked, and nothing left this machine.`;
}

export function dryRunText(run: DryRunView, style: Style): string {
  const { answer, people, seed, willing, notes, settings, hiddenGroups, troubles } = run;
  const decide = willing === "all" ? "all of whom contribute" : "who decide by invented rules";
  const few = people < settings.minimumPeople;
  return [
    `${inventedText(style)} ${people.toLocaleString("en-GB")} people of seed ${seed}, ${decide}\n`,
    ...notes.map((note) => `  ${note}\n`),
    `\n${answerText(answer, style)}`,
    `\nWhat the invented people decided, without noise: of real people you see the classes only, and with noise\n${decisionsText(run)}`,
    `\nWithout noise, over those who contributed, each within the question's bounds\n${truthText(run, style)}`,
    hiddenGroups === 0
      ? ""
      : `  ${counted(hiddenGroups, "group")} of theirs not shown: by the threshold, or by LIMIT\n`,
    few ? `  ${style.doubtful(`of fewer than ${settings.minimumPeople} people nobody would be asked`)}\n` : "",
    ...troubles.map(
      ({ code, detail, people: hit }) =>
        `  ${style.bad(`in ${counted(hit, "pod")} it would have gone wrong`)}: ${detail} [${code}]\n`,
    ),
  ].join("");
}

function decisionsText({ people, decisions: { contributed, refused } }: DryRunView): string {
  const count = (of: number) => of.toLocaleString("en-GB");
  return table(
    ["PEOPLE", "DECISION", "WHY"],
    [
      [count(people), "made for the question, and asked", ""],
      [count(contributed), "contributed", ""],
      ...refused.map(({ outcome, code, sentence, people: refusing }) => [
        count(refusing),
        code === "consent-waiting" ? "asked, no answer in time" : decisionWords[outcome],
        `${sentence} [${code}]`,
      ]),
    ],
  );
}

const decisionWords = {
  policy: "refused by rules",
  grant: "not granted",
  budget: "budget too small",
  failed: "failed",
} as const;

function truthText({ answer, truth }: DryRunView, style: Style): string {
  const { columns, rows } = answer;
  const isKey = columns.map((_, at) =>
    rows.every((row) => row[at]!.interval === undefined && row[at]!.list === undefined),
  );
  const lines = rows.slice(0, shownRows).flatMap((row, index) => {
    const exact = truth[index];
    if (exact == null) return [];
    const group = columns.flatMap((column, at) => (isKey[at] ? [scalarText(row[at]!.value, column)] : [])).join(", ");
    return columns.flatMap((column, at): string[][] => {
      if (isKey[at]) return [];
      const answered = row[at]!;
      if (answered.list === undefined) return [lineOf(group, column.name, answered, exact[at]!.value, style)];
      const truly = exact[at]!.list ?? [];
      if (answered.list.length === 0) return [[group, column.name, "none shown", "-", "", ""]];
      return answered.list.map((item, i) => {
        if (item.people === undefined)
          return lineOf(group, itemName(column, item, i), item, truly[i]?.value ?? null, style);
        // Of what was named, the same name: it may stand in another place.
        const same = truly.find(({ value }) => value === item.value)?.people ?? null;
        return lineOf(group, `${column.name} ${scalarText(item.value, column)}`, item.people, same, style);
      });
    });
  });
  if (lines.length === 0) return "  the answer does not say which groups its rows are\n";
  return table(["GROUP", "OUTPUT", "ANSWER", "TRUE", "OFF BY", "IN THE INTERVAL"], lines);
}

type Answered = Pick<DryRunView["answer"]["rows"][number][number], "value" | "interval">;

function lineOf(group: string, name: string, { value, interval }: Answered, exact: Answered["value"], style: Style) {
  const [answered, truly] = [Number(value), Number(exact)];
  if (exact === null) return [group, name, String(value), "-", "", ""];
  const within =
    interval === undefined ? "" : truly >= interval.low && truly <= interval.high ? "yes" : style.doubtful("no");
  return [group, name, figure(answered), style.bold(figure(truly)), figure(answered - truly), within];
}
