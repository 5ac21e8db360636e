// A question and its settings as a query: the same DAG on every node (docs/protocols/asking.md), so that nobody has to believe one.
//
//   find ──┬─▶ gather-1 ──┬─▶ total ──▶ answer
//          └─▶ gather-A ──┘
import type { VertexId } from "../base/index.ts";
import type { Asked, AskSettings, Query, Question, Vertex } from "../model/index.ts";

export const peopleCells = { find: "find", total: "total", answer: "answer" } as const satisfies Record<string, string>;

/** The cell of gatherer `index`, from 0; its part is that input of `total`. */
export function gathererCell(index: number): VertexId {
  return `gather-${index + 1}` as VertexId;
}

/** Which gatherer a cell is, from 0; null for any other cell. */
export function gathererIndex(cell: VertexId): number | null {
  const found = /^gather-([1-9]\d?)$/.exec(cell);
  return found === null ? null : Number(found[1]) - 1;
}

function cellOf(id: string, operator: string, inputs: readonly string[], placement: Vertex["placement"]): Vertex {
  return { id: id as VertexId, operator, params: {}, inputs: inputs as VertexId[], placement };
}

/** `question` is what `asked.text` says, read with this node's catalogue: whoever compiles has compared its digest. */
export function compileAsked(asked: Asked, question: Pick<Question, "name" | "purpose">): Query {
  const { gatherers, standby } = asked.settings;
  const gathering = Array.from({ length: gatherers }, (_, index) => gathererCell(index));
  const { find, total, answer } = peopleCells;
  return {
    hedgerow: 1,
    name: question.name,
    purpose: question.purpose,
    operators: [],
    alternatives: [
      {
        name: "people",
        vertices: [
          cellOf(find, "people-find", [], { drawn: 1 }),
          ...gathering.map((id) => cellOf(id, "people-gather", [find], { drawn: 1 + standby })),
          cellOf(total, "people-total", gathering, { drawn: 1 + standby }),
          cellOf(answer, "sink-result", [total], "asker"),
        ],
      },
    ],
    asked,
  };
}

/** Processors that so many gatherers and their stand-ins take. */
export function processorsFor({ gatherers, standby }: Pick<AskSettings, "gatherers" | "standby">): number {
  return 1 + (gatherers + 1) * (1 + standby);
}

/** Keys that nobody listed: a gatherer that never saw one could not add its share to it, so one cell has to add all noise. */
export function needsOneNoiseCell({ groups, aggregates }: Pick<Question, "groups" | "aggregates">): boolean {
  return (
    groups.selection.at === "threshold" ||
    aggregates.some((aggregate) => aggregate.function === "top_k" && aggregate.candidates === null)
  );
}

/** What is asked for when nobody says otherwise, with so many processors to draw from. */
export function settingsFor(processors: number, question: Pick<Question, "groups" | "aggregates">): AskSettings {
  const gatherers = Math.min(3, Math.max(1, processors - 2));
  const standby = processorsFor({ gatherers, standby: 1 }) <= processors ? 1 : 0;
  return {
    gatherers,
    standby,
    noise: gatherers >= 3 && !needsOneNoiseCell(question) ? "split" : "one",
    minimumPeople: 10,
    maximumPeople: 10_000,
    forwarders: 1,
    answerMs: 20_000,
  };
}
