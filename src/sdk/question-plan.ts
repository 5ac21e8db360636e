// A question about people, explained before anything is sent: from the statement, its settings, and how many processors are known.
// No lot is drawn for it: who is drawn changes nothing of what is said here, and whoever could look at rosters before she
// asks could go on until one pleases her.
import { expectedMessages, keysWanted } from "../core/asking/index.ts";
import { accept, type Result, refuse } from "../core/base/index.ts";
import { conceptsOf } from "../core/consent/index.ts";
import type { Question, Vertex } from "../core/model/index.ts";
import {
  compileAsked,
  costOf,
  type ExpectedError,
  epsilonForError,
  expectedErrors,
  processorsFor,
  type Terms,
  termsOf,
} from "../core/terms/index.ts";
import { nodeCrypto } from "../io/identity/index.ts";
import { peopleShapes } from "../operators/index.ts";
import type { Submission } from "./api.ts";
import { askedOf } from "./query.ts";
import { rolesOf } from "./question-roles.ts";
import type { ExplainOrder, QuestionPlanView } from "./question-views.ts";
import type { FaultView } from "./views.ts";

export interface AroundQuestion {
  readonly network: string;
  /** Members that can be drawn. */
  readonly processors: number;
  /** What a lot of these cells exposes. */
  drawn(cells: readonly DrawnCell[]): QuestionPlanView["drawn"];
}

export interface DrawnCell {
  readonly id: string;
  readonly drawn: number;
  readonly consumes: readonly string[];
}

type Explained =
  | { readonly at: "explained"; readonly question: QuestionPlanView }
  | { readonly at: "faulty"; readonly faults: FaultView[] };

const shownPeople = [100, 1_000, 10_000];
const hasher = nodeCrypto;

export function explainQuestion(
  submission: Submission,
  order: ExplainOrder,
  around: AroundQuestion,
): Result<Explained> {
  const read = askedOf(submission, around.processors);
  if (!read.ok) return accept({ at: "faulty", faults: read.faults.map((fault) => ({ ...fault })) });
  const { asked, question, notes } = read;
  const { settings } = asked;
  const terms = termsOf(question, settings);
  if (!terms.ok) return terms;
  const wanted = keysWanted(hasher, around.network, question.target);
  if (!wanted.ok) return wanted;
  const solved = order.error === undefined ? accept(null) : solve(question, settings, order);
  if (!solved.ok) return solved;
  const [dag] = compileAsked(asked, question).alternatives;
  const cells = dag!.vertices;
  const carries = (id: string) => carriedFrom(cells.find((cell) => cell.id === id)!.operator);
  const counts = order.people === undefined ? shownPeople : [order.people];
  const messagesAt = (people: number) =>
    expectedMessages({
      ...{ people, settings, keys: wanted.value.keys.size, target: question.target },
      indexers: around.processors,
    });
  const { layout } = terms.value;
  return accept({
    at: "explained",
    question: {
      name: question.name,
      purpose: question.purpose,
      notes: [...notes],
      settings,
      reads: [...new Set(question.local.reads.map(({ attribute }) => attribute))].sort(),
      foundBy: conceptsOf(question.target),
      cells: cells.map(({ id, operator, inputs, placement }) => ({
        ...{ cell: id, operator, inputs: [...inputs] },
        processors: drawnOf(placement),
      })),
      edges: cells.flatMap(({ id, inputs }) => inputs.map((from) => ({ from, to: id, carries: carries(from) }))),
      roles: rolesOf(settings),
      cost: costOf(terms.value),
      contributionBytes: terms.value.contributionBytes,
      groups: {
        at: question.groups.selection.at,
        listed: layout.groups.at === "listed" ? layout.groups.rows.length : null,
        threshold: layout.groups.at === "found" ? layout.groups.plan.threshold : null,
      },
      expected: counts.map((people) => ({
        people,
        errors: errorsAt(terms.value, people),
        messages: Object.entries(messagesAt(people)).map(([role, messages]) => ({
          role: role as keyof ReturnType<typeof messagesAt>,
          messages,
        })),
      })),
      drawn: around.drawn(
        cells.flatMap(({ id, inputs, placement }) => {
          const drawn = drawnOf(placement);
          return drawn === null ? [] : [{ id, drawn, consumes: seenBy(inputs.flatMap(carries)) }];
        }),
      ),
      processors: { wanted: processorsFor(settings), known: around.processors },
      solved: solved.value,
    },
  });
}

/** Of what it is given; `find` is given nothing, and finds who is asked. */
function seenBy(carried: readonly string[]): string[] {
  return carried.length === 0 ? ["who is asked"] : [...new Set(carried)];
}

function drawnOf(placement: Vertex["placement"]): number | null {
  return typeof placement === "object" && "drawn" in placement ? placement.drawn : null;
}

function carriedFrom(operator: string): string[] {
  const shape =
    operator === "people-find"
      ? peopleShapes.tag
      : operator === "people-gather"
        ? peopleShapes.part
        : peopleShapes.answer;
  return shape.map(({ name }) => name);
}

function errorsAt(terms: Terms, people: number) {
  const units = new Map(terms.question.outputs.map(({ name, unit }) => [name, unit]));
  return expectedErrors(terms, people).map((one) => ({ ...one, unit: unitOf(one, units) }));
}

/** Numbers of people have no unit, whatever the values have. */
function unitOf({ output, of }: ExpectedError, units: ReadonlyMap<string, string | null>): string | null {
  return of === "people" ? null : (units.get(output) ?? null);
}

/** People that an error is promised for when nobody says how many there are. */
const usualPeople = 1_000;

function solve(
  question: Question,
  settings: Terms["settings"],
  { error = 0, output, people = usualPeople }: ExplainOrder,
): Result<QuestionPlanView["solved"]> {
  const noised = question.outputs.filter(({ of }) => "aggregate" in of);
  const names = noised.map(({ name }) => name).join(", ");
  const chosen = output === undefined ? noised : noised.filter(({ name }) => name === output);
  const [only] = chosen;
  if (only === undefined || chosen.length > 1) {
    const detail = output === undefined ? `name the output: ${names}` : `${output} is none of ${names}`;
    return refuse("ask-output", { detail });
  }
  const found = epsilonForError(question, settings, question.outputs.indexOf(only), error, people);
  if (!found.ok) return found;
  const { epsilon } = found.value;
  return accept({
    ...{ output: only.name, error: found.value.error, people, epsilon },
    options: `OPTIONS(epsilon = ${epsilon}, delta = ${question.privacy.delta})`,
  });
}
