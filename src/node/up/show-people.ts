// The main act of the show: a question about invented people, through processors that nobody chose. Everything it says it has asked the
// nodes, but for the true answer: that is known because the people are invented, and nobody in the network knows it.
import { readFileSync } from "node:fs";
import { within } from "../../io/runtime/index.ts";
import { type PeopleAnswer, type PlanView, type QueryView, ringLines } from "../../sdk/index.ts";
import type { LocalNetwork } from "../../sdk/local-network.ts";
import { packageFile } from "../../sdk/package-root.ts";
import { personRows } from "../../sdk/pod.ts";
import { readSubmission } from "../../sdk/query.ts";
import { audit } from "./audit-act.ts";
import type { Voice } from "./voice.ts";

const publishTimeoutMs = 90_000;
const askTimeoutMs = 90_000;
const pollMs = 250;
const stillMs = 3_000;

export async function askPeople(
  network: LocalNetwork,
  voice: Voice,
  signal: AbortSignal,
  file: string,
): Promise<boolean> {
  const { client } = network.analyst;
  voice.title("A question about people whose data nobody collects");
  if (!(await published(network, voice, within(publishTimeoutMs, signal)))) return false;
  voice.say(`hedgerow query run ${file}`);
  for (const line of statementIn(file)) voice.say(`  ${line}`);
  const limit = within(askTimeoutMs, signal);
  const accepted = await client.queryRun(readSubmission(packageFile(file)));
  if (accepted.at === "faulty") {
    for (const fault of accepted.faults) voice.fault(`${fault.file}:${fault.line}: ${fault.message}`);
    return false;
  }
  tellDrawn(accepted.plan, voice);
  let last: QueryView | undefined;
  for await (const view of client.queryWatch({ id: accepted.id }, { signal: limit })) last = view;
  let answer: PeopleAnswer | undefined;
  for await (const item of client.queryResult({ id: accepted.id }, { signal: limit }))
    if (item.type === "answer") answer = item.answer;
  if (last === undefined || answer === undefined || last.outcome?.outcome !== "completed") {
    voice.fault(`no answer came: ${last?.outcome?.reasons[0]?.sentence ?? last?.phase ?? "nothing was heard"}`);
    return false;
  }
  tellAnswer(answer, truthIn(network), voice);
  return (await audit(network, voice, last)) && answer.missing.length === 0;
}

/** People are found by what they published of themselves; it takes a while until it is out. */
async function published(network: LocalNetwork, voice: Voice, signal: AbortSignal): Promise<boolean> {
  const startedMs = performance.now();
  let before = -1;
  let stillSinceMs = startedMs;
  for (;;) {
    const all = await Promise.all(network.nodes.map(async ({ client }) => (await client.status()).people));
    const kept = all.reduce((sum, people) => sum + people.kept, 0);
    const indexed = all.reduce((sum, people) => sum + people.indexed, 0);
    if (indexed !== before) stillSinceMs = performance.now();
    before = indexed;
    const isOut = kept > 0 && indexed > 0 && all.every((people) => people.unpublished === 0);
    // Forwarders hold what they pass on for a while.
    if (isOut && performance.now() - stillSinceMs > stillMs) {
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
      voice.say(
        `${kept} people let themselves be found by concepts they chose: ${indexed} shares lie scattered over the network, ` +
          `none of which says anything alone (${seconds} s)`,
      );
      return true;
    }
    if (signal.aborted) {
      voice.fault("what people publish of themselves was not out in time");
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function statementIn(file: string): string[] {
  const lines = readFileSync(packageFile(file), "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "" && !line.startsWith("--"));
}

const roles: Readonly<Record<string, readonly [does: string, sees: string]>> = {
  "people-find": ["finds who matches and calls them", "who they are, none of their data"],
  "people-gather": ["adds up what people send", "bounded numbers, not whose"],
  "people-total": ["joins the parts", "noised parts only"],
  "sink-result": ["gets the answer", "the noised answer"],
};

function tellDrawn(plan: PlanView, voice: Voice): void {
  const { drawn } = plan;
  if (drawn?.places !== undefined) for (const line of ringLines(drawn.places)) voice.say(`  ${line}`);
  if (drawn !== null)
    voice.good(
      `${drawn.processors} processors drawn by lot, which nobody chose; were ${drawn.colluding} of the ${drawn.nodes} nodes to collude, ` +
        `${drawn.expectedColluding.toFixed(1)} of the processors would be theirs on average`,
    );
  for (const { id, operator, nodeName } of plan.vertices) {
    const [does, sees] = roles[operator] ?? ["", ""];
    voice.row([`${id}`, `on ${nodeName}`, does, `sees ${sees}`]);
  }
  voice.table();
}

function tellAnswer(answer: PeopleAnswer, truth: Truth, voice: Voice): void {
  const { participation, cost, noise } = answer;
  const value = answer.rows[0]?.[0];
  const shown = (one: number | undefined) => (one ?? Number.NaN).toFixed(1);
  const people = (one: PeopleAnswer["participation"]["asked"]) => `about ${Math.max(0, Math.round(Number(one.value)))}`;
  voice.say(
    `${people(participation.asked)} people were asked; ${people(participation.contributed)} contributed, ` +
      `${people(participation.policy)} refused by their rules, ${people(participation.grant)} want to be asked first, ` +
      `${people(participation.budget)} have no budget left, ${people(participation.silent)} were silent (all with noise)`,
  );
  voice.good(
    `the answer: ${shown(Number(value?.value))} days on average, between ${shown(value?.interval?.low)} and ${shown(value?.interval?.high)} with 95 %`,
  );
  voice.say(
    `the truth, which only inventing them tells: ${shown(truth.average)} days over all ${truth.people} of them; nobody in the network ever had it`,
  );
  voice.say(
    `the price: ε = ${cost.epsilon.toFixed(2)}, δ = ${cost.delta} of the budget of each who contributed; ` +
      (noise === "split"
        ? "the noise came in shares, so no processor knew the answer without it"
        : "one processor added the noise"),
  );
}

interface Truth {
  readonly average: number;
  readonly people: number;
}

/** Of the pilots in their forties, from the same seeds. */
function truthIn(network: LocalNetwork): Truth {
  const days: number[] = [];
  for (const { order } of network.nodes) {
    if (order.people === undefined) continue;
    const { count, seed, professions } = order.people;
    const among = professions === undefined ? undefined : new Map(Object.entries(professions));
    for (let index = 1; index <= count; index++) {
      const profile = personRows(seed, index, among).next().value?.[1] ?? [];
      const [, age, , profession, , , , sickDays] = profile;
      if (profession === "pilot" && Number(age) >= 40 && Number(age) <= 49) days.push(Math.min(60, Number(sickDays)));
    }
  }
  return { average: days.reduce((sum, one) => sum + one, 0) / days.length, people: days.length };
}
