// The cells that ask people, as this node runs them (docs/protocols/asking.md): `find`, the gatherers and the total. The machines
// are core/asking's and core/terms'; here they get messages, keys and chance.
import {
  type AskMessage,
  type AskMessageOf,
  answerMessage,
  type Commission,
  createFinder,
  type FinderEffect,
  type FinderEvent,
  Gatherer,
  type GathererPaper,
  recordsOf,
  stepFinder,
} from "../../core/asking/index.ts";
import {
  type Crypto,
  edgeId,
  type NodeId,
  type QueryId,
  type Refusal,
  type Result,
  refuse,
  toCanonical,
  type VertexId,
} from "../../core/base/index.ts";
import type { Wiring } from "../../core/lifecycle/index.ts";
import { type MemberFacts, type Plan, vertexOf } from "../../core/model/index.ts";
import {
  type Answer,
  cutAnswer,
  cutPart,
  foundNoise,
  gathererIndex,
  PartPieces,
  peopleCells,
  terms,
} from "../../core/terms/index.ts";
import type { PortedCell } from "../../io/cells/index.ts";
import {
  OperatorFault,
  type PeoplePorts,
  peopleShapes,
  type RunningSource,
  type RunningTransform,
} from "../../operators/index.ts";
import { drive, type MachineDriver } from "../driver.ts";
import { batchesOf, valuesIn } from "./batches.ts";
import { type Ground, openerOf } from "./ground.ts";

export interface AskingCellsOptions {
  readonly ground: Ground;
  readonly crypto: Crypto;
  readonly self: NodeId;
  readonly send: (to: NodeId, message: AskMessage) => void;
  readonly refused: (refusal: Refusal, from: NodeId | null) => void;
}

export interface AskingCells {
  portsFor(cell: PortedCell): PeoplePorts | undefined;
  /** A cell was wired, or wired anew. Of `find`, the outputs are the gatherers. */
  wired(query: QueryId, vertex: VertexId, wiring: Wiring): void;
  /** Answers to `find`, what forwarders bring to gatherers, and what `find` asks of them. */
  onMessage(from: MemberFacts, message: AskMessage): Result<void>;
  stop(): void;
}

type AnswerType = "shares" | "called" | "come" | "go" | "ask-refused";
/** Look-ups and calls of one finder are fewer. */
const numbersOfOne = 2 ** 28;

/** The cell `find` of a query here: from its preparation until it is over, however it ends. */
interface Finding {
  /** How it is wired to its gatherers. */
  outputs: Wiring["outputs"];
  /** While it looks and calls. Numbers from this one on are its own. */
  running: {
    readonly driver: MachineDriver<ReturnType<typeof createFinder>, FinderEvent>;
    readonly gatherers: readonly VertexId[];
    readonly numbersFrom: number;
  } | null;
}

export function createAskingCells(options: AskingCellsOptions): AskingCells {
  const { ground, crypto } = options;
  const finders = new Map<QueryId, Finding>();
  const gatherers = new Map<string, { readonly gatherer: Gatherer; readonly find: NodeId }>();
  let nextNumbers = 1;
  const cellName = (query: QueryId, cell: VertexId) => `${query} ${cell}`;

  /** `find` looks things up, for which a roster must be young; who gathers may stand in for somebody as long as people may answer. */
  function commissionOf(plan: Plan, young: boolean): Commission {
    const read = ground.commissions.read(toCanonical(plan), Date.now(), { young });
    if (!read.ok) throw new OperatorFault(read);
    return read.value;
  }

  function papersOf(outputs: Wiring["outputs"], commission: Commission): GathererPaper[] {
    return commission.gatherers.map(({ vertex }) => {
      const paper = paperOf(outputs, vertex.id);
      if (paper === null) throw new OperatorFault(refuse("wiring-not-of-plan", { blame: vertex.id }));
      return paper;
    });
  }

  function finder({ query, plan }: PortedCell): RunningSource {
    const self: Finding = { outputs: [], running: null };
    finders.set(query, self);
    const batches: Uint8Array[] = [];
    let ended = false;
    let refusal: Refusal | null = null;
    let wake: (() => void) | null = null;
    const tell = () => {
      wake?.();
      wake = null;
    };

    function begin(): void {
      const commission = commissionOf(plan, true);
      const initial = createFinder({
        ports: {
          hasher: crypto,
          random: ground.random,
          noisedCount: (count) => count + foundNoise.sample(ground.coins),
        },
        plan: toCanonical(plan),
        commission,
        places: ground.places(),
        gatherers: papersOf(self.outputs, commission),
      });
      // Several may look at once: what answers one is no answer to another.
      const numbersFrom = nextNumbers;
      initial.nextNumber = numbersFrom;
      nextNumbers += numbersOfOne;
      const driver = drive<
        ReturnType<typeof createFinder>,
        FinderEvent,
        AskMessage,
        Exclude<FinderEffect, { type: "send" | "wake" | "cancel-wake" }>
      >(initial, stepFinder, (tag) => ({ type: "wake", tag, nowMs: Date.now() }), {
        send: options.send,
        persist: () => {},
        refused: (fault, event) => {
          const of = event as FinderEvent;
          options.refused(fault, of.type === "message" ? of.from : null);
        },
        perform(effect) {
          if (effect.type === "tags")
            for (const batch of batchesOf(peopleShapes.tag, recordsOf(effect.tags))) batches.push(batch);
          else {
            ended = true;
            refusal = effect.refusal;
          }
          tell();
        },
      });
      self.running = { driver, gatherers: commission.gatherers.map(({ vertex }) => vertex.id), numbersFrom };
      driver.feed({ type: "start", nowMs: Date.now() });
    }

    return {
      async next() {
        if (self.running === null && !ended) begin();
        while (batches.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
        const batch = batches.shift();
        if (batch !== undefined) return batch;
        close();
        if (refusal !== null) throw new OperatorFault(refusal);
        return null;
      },
      async close() {
        ended = true;
        close();
        tell();
      },
    };

    function close(): void {
      self.running?.driver.stop();
      if (finders.get(query) === self) finders.delete(query);
    }
  }

  function gatherer({ query, vertex, plan, key }: PortedCell): RunningTransform {
    const commission = commissionOf(plan, false);
    const place = gathererIndex(vertex)!;
    const made = new Gatherer({
      hasher: crypto,
      opener: openerOf(key),
      round: commission.round,
      cell: vertex,
      place,
      gatherers: commission.gatherers.length,
      maximumPeople: commission.terms.settings.maximumPeople,
      tally: terms.createTally(commission.terms),
    });
    const name = cellName(query, vertex);
    gatherers.set(name, { gatherer: made, find: commission.find });
    const close = () => {
      if (gatherers.get(name)?.gatherer === made) gatherers.delete(name);
    };
    return {
      close,
      process(_, batch) {
        made.addTags(valuesIn(peopleShapes.tag, batch) as Uint8Array[]);
        return null;
      },
      end() {
        close();
        const part = made.end(ground.coins);
        return part === null ? [] : batchesOf(peopleShapes.part, cutPart(part));
      },
    };
  }

  function totaller({ vertex, plan }: PortedCell): RunningTransform {
    const commission = commissionOf(plan, false);
    const inputs = vertexOf(plan, vertex)?.inputs ?? [];
    const came = inputs.map(() => new PartPieces());
    return {
      process(input, batch) {
        for (const piece of valuesIn(peopleShapes.part, batch) as Uint8Array[]) {
          const added = came[input]!.add(piece);
          if (!added.ok) throw new OperatorFault({ ...added, blame: inputs[input]! });
        }
        return null;
      },
      end() {
        const parts = came.map((pieces) => pieces.part());
        if (parts.every((part) => part === null)) throw new OperatorFault(refuse("ask-no-part"));
        const answer = terms.answerOf(commission.terms, parts, ground.coins);
        if (!answer.ok) throw new OperatorFault(answer);
        tell(commission, answer.value);
        return batchesOf(peopleShapes.answer, cutAnswer(answer.value));
      },
    };
  }

  /** Numbers are the finder's own: what answers one that looks and calls here no more is late, and nobody's fault. */
  function onAnswer(from: MemberFacts, message: AskMessageOf<AnswerType>): Result<void> {
    const { number } = message;
    for (const { running } of finders.values()) {
      if (running === null || number < running.numbersFrom || number >= running.numbersFrom + numbersOfOne) continue;
      running.driver.feed({ type: "message", from: from.node, message, nowMs: Date.now() });
      return { ok: true, value: undefined };
    }
    return number < nextNumbers ? { ok: true, value: undefined } : refuse("ask-unasked", { blame: from.node });
  }

  /** Nobody but `find` knows who was asked, so everybody is told: ourselves too, who may keep people. */
  function tell(commission: Commission, answer: Answer): void {
    const message = answerMessage(commission, answer);
    if (message === null) return;
    for (const node of new Set([options.self, ...ground.known().map((known) => known.node)]))
      options.send(node, message);
  }

  function onComeAsk(from: MemberFacts, message: AskMessageOf<"come-ask">): Result<void> {
    const { query, cell, number } = message;
    const found = gatherers.get(cellName(query, cell));
    if (found === undefined) return refuse("unknown-cell", { blame: from.node });
    // How many have answered is told to nobody without noise: the analyst would ask here first.
    if (from.node !== found.find) return refuse("ask-not-finder", { blame: from.node });
    options.send(from.node, { type: "come", query, cell, number, ...found.gatherer.come(message.from) });
    return { ok: true, value: undefined };
  }

  return {
    portsFor(cell) {
      if (cell.plan.asked === undefined) return undefined;
      return { finder: () => finder(cell), gatherer: () => gatherer(cell), totaller: () => totaller(cell) };
    },
    wired(query, vertex, { outputs }) {
      const found = finders.get(query);
      if (vertex !== peopleCells.find || found === undefined) return;
      found.outputs = outputs;
      const { running } = found;
      if (running === null) return;
      for (const [index, cell] of running.gatherers.entries()) {
        const paper = paperOf(outputs, cell);
        const known = running.driver.state.gatherers[index];
        if (paper === null || paper.incarnation === known?.incarnation) continue;
        running.driver.feed({ type: "moved", gatherer: index, paper, nowMs: Date.now() });
      }
    },
    onMessage(from, message) {
      switch (message.type) {
        case "deliver": {
          const found = gatherers.get(cellName(message.query, message.cell));
          // Somebody who was called again may be late twice: the cell has handed on its part, and is gone.
          return found === undefined
            ? refuse("ask-over", { blame: from.node, detail: message.cell })
            : found.gatherer.deliver(from.node, message.sealed, Date.now());
        }
        case "come-ask":
          return onComeAsk(from, message);
        case "shares":
        case "called":
        case "come":
        case "go":
        case "ask-refused":
          return onAnswer(from, message);
        default:
          return refuse("ask-unasked", { blame: from.node, detail: message.type });
      }
    },
    stop() {
      for (const { running } of finders.values()) running?.driver.stop();
      finders.clear();
      gatherers.clear();
    },
  };
}

function paperOf(outputs: Wiring["outputs"], cell: VertexId): GathererPaper | null {
  const edge = edgeId(peopleCells.find as VertexId, cell, 0);
  const found = outputs.find((output) => output.edge === edge);
  if (found === undefined) return null;
  const { node, incarnation, publicKey, evidence } = found;
  return { cell, node, incarnation, publicKey, evidence };
}
