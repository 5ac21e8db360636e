// The operator inside a cell, of whichever kind, started and ready.
import { accept, type Refusal, type Result, refuse, unreachable } from "../../core/base/index.ts";
import type { CellPlan } from "../../core/cell/index.ts";
import type { Signature } from "../../core/model/index.ts";
import {
  type AsyncTransform,
  OperatorFault,
  type OperatorPorts,
  type Position,
  type Running,
  type RunningSink,
  type RunningSource,
  type RunningTransform,
} from "../../operators/index.ts";
import type { CellHostOptions } from "./contract.ts";

interface Ending {
  /** All inputs ended: what the operator still holds. */
  end(): Promise<Result<Uint8Array[]>>;
  close(): Promise<void>;
}
export type Engine =
  | ({ readonly kind: "transform"; readonly transform: RunningTransform } & Ending)
  | ({ readonly kind: "sandbox"; readonly transform: AsyncTransform } & Ending)
  | ({ readonly kind: "source"; readonly source: RunningSource } & Ending)
  | ({ readonly kind: "sink"; readonly sink: RunningSink } & Ending);

const none = async (): Promise<Result<Uint8Array[]>> => accept([]);

export async function startEngine(
  cell: CellPlan,
  ports: () => OperatorPorts,
  body: Uint8Array | undefined,
  options: Pick<CellHostOptions, "operators" | "startBody">,
): Promise<Result<Engine>> {
  const { vertex, plan } = cell;
  if (vertex.operator.body !== undefined) {
    if (body === undefined || options.startBody === undefined) {
      return refuse("operator-malformed", {
        blame: vertex.id,
        detail: "the operator's body is missing, or no sandbox is here",
      });
    }
    const started = await options.startBody(vertex, body, plan);
    if (!started.ok) return started;
    const transform = started.value;
    return accept({ kind: "sandbox", transform, end: () => transform.end(), close: () => transform.close() });
  }
  const operator = options.operators.get(vertex.operator.name);
  if (operator === undefined || operator.digest !== vertex.operator.digest) {
    return refuse("wiring-not-of-plan", { blame: vertex.id, detail: `this node has no such ${vertex.operator.name}` });
  }
  const inputs = cell.inputs.map((input) => input.shape.shape);
  const signature: Signature = { consumes: vertex.consumes, output: vertex.output, stateless: vertex.stateless };
  const lent = ports();
  const started = startOf(() =>
    operator.start({ params: vertex.params, inputs, signature, ports: lent, equipment: vertex.equipment }),
  );
  if (!started.ok) return started;
  const running = started.value;
  if (running.kind !== vertex.operator.kind) {
    return refuse("wiring-not-of-plan", { blame: vertex.id, detail: `${operator.name} is a ${running.kind}` });
  }
  if (running.kind === "transform") {
    const { transform } = running;
    const close = async () => transform.close?.();
    return accept({ kind: "transform", transform, end: async () => accept(transform.end()), close });
  }
  if (running.kind === "source") {
    const { source } = running;
    return accept({ kind: "source", source, end: none, close: () => source.close() });
  }
  const { sink } = running;
  const end = async (): Promise<Result<Uint8Array[]>> => {
    await sink.end();
    return accept([]);
  };
  return accept({ kind: "sink", sink, end, close: () => sink.close() });
}

function startOf(start: () => Result<Running>): Result<Running> {
  try {
    return start();
  } catch (cause) {
    if (cause instanceof OperatorFault) return cause.refusal;
    throw cause;
  }
}

/** One batch through the operator: answered at once, or later by a sandbox, or by a sink when the batch is durable. */
export function operate(
  engine: Engine,
  input: number,
  batch: Uint8Array,
  position: Position,
): Result<Uint8Array | null> | Promise<Result<Uint8Array | null>> {
  try {
    switch (engine.kind) {
      case "transform":
        return accept(engine.transform.process(input, batch));
      case "sandbox":
        return engine.transform.process(input, batch).catch(faultOf);
      case "sink": {
        const written = engine.sink.write(batch, position);
        return written === undefined ? accept(null) : written.then(() => accept(null), faultOf);
      }
      case "source":
        return refuse("operator-failed", { detail: "a source has no inputs" });
      default:
        return unreachable(engine);
    }
  } catch (cause) {
    return faultOf(cause);
  }
}

/** All inputs have ended: what the operator still holds. One that keeps nothing by its own word has nothing. */
export async function endOf(engine: Engine, { anchor }: CellPlan): Promise<Result<Uint8Array[]>> {
  try {
    const held = await engine.end();
    if (!held.ok || held.value.length === 0 || anchor) return held;
    return refuse("operator-failed", { detail: "a stateless operator held batches back" });
  } catch (cause) {
    return faultOf(cause);
  }
}

/** What a sink knows to be durable from before: batches up to there are acknowledged and not given to it. */
export function writtenBy(engine: Engine): readonly Position[] {
  return engine.kind === "sink" ? (engine.sink.written ?? []) : [];
}

/** Only what the operator says in so many words: an exception's text may hold data. */
export function faultOf(cause: unknown): Refusal {
  return cause instanceof OperatorFault ? cause.refusal : refuse("operator-failed");
}
