// A question about people as text, before it is asked: what comes out and how wrong, what it costs, who sees what, and how
// much is sent.
import type { QuestionPlanView } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { counted, duration, listOf } from "../words.ts";
import { figure } from "./figure.ts";
import { dagText, drawnText } from "./plan.ts";

const roleWords = {
  finder: "find: look-ups, calls, what is missing",
  indexers: "indexers: pages of shares",
  people: "people's nodes: that the call came, the contribution",
  forwarders: "forwarders",
  gatherers: "gatherers: what is missing",
} as const;

export function questionPlanText(plan: QuestionPlanView, style: Style): string {
  const { cost, settings, processors } = plan;
  const few = processors.wanted > processors.known;
  return [
    `Question ${style.bold(plan.name)} for ${plan.purpose}; nothing was drawn or sent\n`,
    ...plan.notes.map((note) => `  ${note}\n`),
    "\n",
    facts([
      [
        "asks",
        plan.foundBy.length === 0 ? "everybody who lets herself be asked" : `by profile: ${plan.foundBy.join(", ")}`,
      ],
      ["pods read", listOf(plan.reads, "no attribute: only that there are rows")],
      ["groups", groupsText(plan.groups)],
      ["cost", `${costText(cost)} to each who contributes`],
      ["", "what she spends in a period is added up by her own node, and bounded by her"],
      [
        "message",
        `${plan.contributionBytes.toLocaleString("en-GB")} bytes of each, contribution or not, before sealing`,
      ],
      ["settings", settingsText(settings)],
    ]),
    `\nExpected error: half of the 95 % interval, for so many people in a group\n${errorsText(plan)}`,
    plan.solved === null ? "" : solvedText(plan.solved, style),
    `\nCells\n${dagOf(plan, style)}`,
    `\nWho sees what\n${table(
      ["ROLE", "SEES", "DOES NOT SEE"],
      plan.roles.map(({ role, sees, doesNotSee }) => [style.bold(role), sees, doesNotSee]),
    )}`,
    drawnText(plan.drawn),
    few
      ? `  ${style.bad(`it takes ${processors.wanted} processors, and ${processors.known} are known`)}: ask with fewer --gatherers or --standby\n`
      : `  it takes ${processors.wanted} of the ${processors.known} processors that are known\n`,
    `\nMessages, when nothing is lost and everybody answers at once\n${messagesText(plan)}`,
  ].join("");
}

export function costText({ epsilon, delta, rho }: QuestionPlanView["cost"]): string {
  return `ε = ${figure(epsilon)}, δ = ${delta} (ρ = ${figure(rho)})`;
}

function groupsText({ at, listed, threshold }: QuestionPlanView["groups"]): string {
  if (at === "single") return "one";
  if (at === "public") return `${listed} that are listed: all come out, empty ones too`;
  return `those with at least ${Math.ceil(threshold ?? 0)} people, by a noised count`;
}

function settingsText({
  gatherers,
  standby,
  noise,
  minimumPeople,
  maximumPeople,
  forwarders,
  answerMs,
}: QuestionPlanView["settings"]): string {
  const where = noise === "split" ? "noise in shares" : "noise by one processor";
  return [
    `${counted(gatherers, "gatherer")}, ${standby} standing by for each, ${where}`,
    `${minimumPeople} to ${maximumPeople} people`,
    counted(forwarders, "forwarder"),
    `${duration(answerMs)} to answer`,
  ].join("; ");
}

function errorsText({ expected }: QuestionPlanView): string {
  const outputs = (expected[0]?.errors ?? []).filter(({ of }) => of !== "key");
  const rows = outputs.map(({ output, unit, of }) => [
    output,
    ...expected.map(({ errors }) => {
      const error = errors.find((one) => one.output === output)?.error;
      return error == null ? "-" : `± ${figure(error)}`;
    }),
    of === "people" ? "people, each number of the list" : [unit, quantileWords[of]].filter((word) => word).join(", "),
  ]);
  return table(["OUTPUT", ...expected.map(({ people }) => `${people.toLocaleString("en-GB")} PEOPLE`), "IN"], rows);
}

const quantileWords = { value: "", key: "", quantile: "if values lay evenly between the bounds" } as const;

function solvedText(
  { output, error, people, epsilon, options }: NonNullable<QuestionPlanView["solved"]>,
  style: Style,
) {
  return [
    `\nFor ${output} ± ${figure(error)} with ${people.toLocaleString("en-GB")} people, epsilon = ${style.bold(epsilon)}. Write\n`,
    `  ${style.bold(options)}\n  with the other options as they are\n`,
  ].join("");
}

function dagOf({ cells, edges }: QuestionPlanView, style: Style): string {
  const place = (processors: number | null) => {
    if (processors === null) return "your own node";
    return processors === 1 ? "a drawn processor" : `a drawn processor, ${processors - 1} standing by`;
  };
  const vertices = cells.map(({ cell, operator, inputs, processors }) => ({
    ...{ id: cell, operator, inputs, own: false, nodeName: place(processors) },
  }));
  return dagText({ vertices, edges }, style);
}

function messagesText({ expected }: QuestionPlanView): string {
  const roles = expected[0]?.messages.map(({ role }) => role) ?? [];
  const rows = roles.map((role) => [
    roleWords[role],
    ...expected.map(({ messages }) => {
      const found = messages.find((one) => one.role === role);
      return (found?.messages ?? 0).toLocaleString("en-GB");
    }),
  ]);
  return table(["SENT BY", ...expected.map(({ people }) => `${people.toLocaleString("en-GB")} PEOPLE`)], rows);
}
