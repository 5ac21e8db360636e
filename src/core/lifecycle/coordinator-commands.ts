// Which commands the state of things asks for, and their repetition. Nothing here remembers what was "already said": a
// command is wanted until the facts that it asks for have been reported, and is repeated with backoff as long as it is.
import type { NodeId } from "../base/index.ts";
import { edgesOf, type PlanEdge, vertexOf } from "../model/index.ts";
import { type CoordinatorDraft, cellViewOf, isDead, isDone, nodeViewOf } from "./coordinator-draft.ts";
import type { Active, CellView, Course, Outstanding } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import type { Card, Command, Wiring } from "./messages.ts";

type Bare<T> = T extends Command ? Omit<T, "query" | "term" | "command"> : never;
export interface Wanted {
  readonly key: string;
  readonly to: NodeId;
  readonly make: () => Bare<Command>;
  /** The longest it may be wanted, when something else than silence bounds it. */
  readonly timeoutMs?: number;
  readonly cell?: CellView;
}

export function wantedCommands(draft: CoordinatorDraft): Wanted[] {
  const { state } = draft;
  switch (state.at) {
    case "attaching":
      return state.nodes
        .filter((node) => !node.answered && !node.dead)
        .map(({ node }) => ({
          key: `watch/${node}/${state.term}`,
          to: node,
          make: () => ({ type: "watch", full: true }),
        }));
    case "instantiating":
      return instantiations(draft);
    case "starting":
      return runs(state);
    case "committing":
    case "flowing":
    case "degraded":
      return [
        ...instantiations(draft),
        ...runs(state),
        ...rewirings(state),
        ...confirmations(state),
        ...leftovers(state),
        ...unknownCards(state),
      ];
    case "stopping":
      return [...drains(state), ...cuts(state), ...lastCalls(state)];
    case "rolling-back":
      return goodbyes(state, () => ({ type: "abort", reason: state.reasons[0] ?? { code: "stopped-by-analyst" } }));
    case "closing":
      return goodbyes(state, () => ({ type: "close" }));
  }
}

function alive(state: Course, cell: CellView): boolean {
  return !isDone(cell) && !isDead(state, cell);
}

function instantiations(draft: CoordinatorDraft): Wanted[] {
  const { state, config } = draft;
  const byNode = new Map<NodeId, CellView[]>();
  for (const cell of state.cells)
    if ((cell.at === "wanted" || cell.at === "preparing") && alive(state, cell))
      byNode.set(cell.node, [...(byNode.get(cell.node) ?? []), cell]);
  const wanted: Wanted[] = [];
  for (const [node, cells] of byNode) {
    const refs = cells.map(({ vertex, incarnation }) => ({ vertex, incarnation }));
    wanted.push({
      key: `instantiate/${node}/${refs.map((ref) => `${ref.vertex}.${ref.incarnation}`).join(",")}`,
      to: node,
      make: () => ({
        type: "instantiate",
        plan: state.plan,
        digest: state.digest,
        cells: refs,
        bodies: inlineBodies(draft, cells),
      }),
      timeoutMs: limits.setUpTimeoutMs,
      cell: cells[0]!,
    });
    for (const digest of nodeViewOf(state, node)?.missing ?? []) {
      const bytes = config.ports.bodyOf(digest);
      if (bytes !== undefined)
        wanted.push({ key: `body/${node}/${digest}`, to: node, make: () => ({ type: "body", digest, bytes }) });
    }
  }
  return wanted;
}

/** Small bodies go along; for larger ones the participant asks, if it does not have them from before. */
function inlineBodies(
  draft: CoordinatorDraft,
  cells: readonly CellView[],
): Extract<Command, { type: "instantiate" }>["bodies"] {
  const digests = new Set(cells.map((cell) => vertexOf(draft.state.plan, cell.vertex)!.operator.body));
  const bodies: Extract<Command, { type: "instantiate" }>["bodies"] = [];
  let room: number = limits.inlineBodyBytes;
  for (const digest of digests) {
    const bytes = digest === undefined ? undefined : draft.config.ports.bodyOf(digest);
    if (digest === undefined || bytes === undefined || bytes.length > room) continue;
    bodies.push({ digest, bytes });
    room -= bytes.length;
  }
  return bodies;
}

/** INVARIANT 3: a cell runs only after all cells that it sends to run and know it: exits first (PBDS §6.5). */
function runs(state: Course): Wanted[] {
  const edges = edgesOf(state.plan);
  return state.cells.flatMap((cell): Wanted[] => {
    if ((cell.at !== "prepared" && cell.at !== "starting") || !alive(state, cell)) return [];
    const ready = edges.every((edge) => edge.from !== cell.vertex || awaits(state, edge, cell.incarnation));
    const wiring = ready ? wiringOf(state, edges, cell) : null;
    if (wiring === null) return [];
    const { vertex, incarnation } = cell;
    return [
      {
        key: `run/${vertex}/${incarnation}`,
        to: cell.node,
        make: () => ({ type: "run", vertex, incarnation, wiring }),
        timeoutMs: limits.setUpTimeoutMs,
        cell,
      },
    ];
  });
}

/** The cell at the end of the edge runs and is wired to that incarnation at its start. */
function awaits(state: Course, edge: PlanEdge, incarnation: number): boolean {
  const successor = cellViewOf(state, edge.to);
  if (successor.at !== "started" && successor.at !== "draining") return false;
  return successor.wired.some((end) => end.edge === edge.id && end.incarnation === incarnation);
}

type End = { readonly node: NodeId; readonly incarnation: number; readonly card: Card };

function newest(cell: CellView): End | undefined {
  return cell.card === undefined ? cell.previous : { node: cell.node, incarnation: cell.incarnation, card: cell.card };
}

/** A successor counts from when it runs; until then the one before it stays wired. */
function running(cell: CellView): End | undefined {
  const runs = cell.at === "started" || cell.at === "draining" || isDone(cell);
  return runs ? newest(cell) : (cell.previous ?? newest(cell));
}

function wiringOf(state: Course, edges: readonly PlanEdge[], cell: CellView): Wiring | null {
  const inputs: Wiring["inputs"] = [];
  const outputs: Wiring["outputs"] = [];
  for (const edge of edges) {
    if (edge.to === cell.vertex) {
      const peer = cellViewOf(state, edge.from);
      const end = newest(peer);
      if (end === undefined) return null;
      const { node, incarnation, card } = end;
      const { publicKey, evidence } = card;
      inputs.push({ edge: edge.id, node, incarnation, publicKey, evidence, ended: peer.at === "drained" });
    }
    if (edge.from === cell.vertex) {
      const end = running(cellViewOf(state, edge.to));
      if (end === undefined) return null;
      const { node, incarnation, card } = end;
      outputs.push({ edge: edge.id, node, incarnation, ...card });
    }
  }
  return { inputs, outputs };
}

/** Neighbours of a replacement: its successors first (then it runs), its predecessors once it runs. */
function rewirings(state: Course): Wanted[] {
  const edges = edgesOf(state.plan);
  return state.cells.flatMap((cell): Wanted[] => {
    if ((cell.at !== "started" && cell.at !== "draining") || !alive(state, cell)) return [];
    const behind = edges.filter((edge) => isBehind(state, cell, edge));
    const wiring = behind.length === 0 ? null : wiringOf(state, edges, cell);
    if (wiring === null) return [];
    const { vertex, incarnation } = cell;
    const ends = [...wiring.inputs, ...wiring.outputs].map((end) => end.incarnation).join(".");
    return [
      {
        key: `rewire/${vertex}/${incarnation}/${ends}`,
        to: cell.node,
        make: () => ({ type: "rewire", vertex, incarnation, wiring }),
      },
    ];
  });
}

function isBehind(state: Course, cell: CellView, edge: PlanEdge): boolean {
  if (edge.from !== cell.vertex && edge.to !== cell.vertex) return false;
  const peer = cellViewOf(state, edge.from === cell.vertex ? edge.to : edge.from);
  const end = edge.from === cell.vertex ? running(peer) : newest(peer);
  const wired = cell.wired.find((other) => other.edge === edge.id);
  if (end === undefined || wired === undefined) return false;
  if (end.incarnation > wired.incarnation) return !isDead(state, peer) && !isDone(peer);
  const runs = (peer.at === "started" || peer.at === "draining") && !isDead(state, peer);
  return runs && cell.broken.includes(edge.id) && end.incarnation === wired.incarnation;
}

function confirmations(state: Course): Wanted[] {
  const nodes = new Set<NodeId>();
  for (const cell of state.cells)
    if (cell.at === "started" && !cell.confirmed && alive(state, cell)) nodes.add(cell.node);
  return [...nodes].map((node) => ({ key: `flowing/${node}`, to: node, make: () => ({ type: "flowing" }) }));
}

/** INVARIANT 4: a cell is drained only after all that feed it have ended: producers first (PBDS §6.5). */
function drains(state: Course): Wanted[] {
  const edges = edgesOf(state.plan);
  return state.cells.flatMap((cell): Wanted[] => {
    const inputs = edges.filter((edge) => edge.to === cell.vertex);
    if (isDone(cell) || isDead(state, cell) || !inputs.every((edge) => isDone(cellViewOf(state, edge.from)))) return [];
    const ended = inputs.filter((edge) => cellViewOf(state, edge.from).at !== "drained").map((edge) => edge.id);
    const { vertex, incarnation } = cell;
    return [
      {
        key: `drain/${vertex}/${incarnation}`,
        to: cell.node,
        make: () => ({ type: "drain", vertex, incarnation, ended }),
        timeoutMs: limits.layerTimeoutMs,
        cell,
      },
    ];
  });
}

/**
 * INVARIANT 19: what a cell waits for that cannot come, it is told at once, and not only in its turn: those before it wait
 * for it, as the end of a stream is acknowledged by who has ended. Told is only what was written off before.
 */
function cuts(state: Course): Wanted[] {
  const edges = edgesOf(state.plan);
  const isGone = (vertex: CellView["vertex"]) => ["failed", "lost"].includes(cellViewOf(state, vertex).at);
  return state.cells.flatMap((cell): Wanted[] => {
    if ((cell.at !== "started" && cell.at !== "draining") || !alive(state, cell)) return [];
    const gone = edges
      .filter(({ from, to }) => (to === cell.vertex && isGone(from)) || (from === cell.vertex && isGone(to)))
      .map(({ id }) => id);
    if (gone.length === 0) return [];
    const { vertex, incarnation } = cell;
    const key = `cut/${vertex}/${incarnation}/${gone.length}`;
    return [{ key, to: cell.node, make: () => ({ type: "cut", vertex, incarnation, gone }), cell }];
  });
}

/** Nodes that count as dead and hold cells: asked once more before their cells are written off, and never drained out of turn. */
function lastCalls(state: Course): Wanted[] {
  const holds = (node: NodeId) => state.cells.some((cell) => cell.node === node && !isDone(cell));
  return state.nodes
    .filter(({ node, dead }) => dead && holds(node))
    .map(({ node }) => ({ key: `last-call/${node}`, to: node, make: () => ({ type: "watch", full: false }) }));
}

/**
 * Cells whose successors have all drained: those took everything, ends of streams included. If the acknowledgement was
 * lost with its node, nobody else can tell the cell that it is done.
 */
function leftovers(state: Course): Wanted[] {
  const edges = edgesOf(state.plan);
  return state.cells.flatMap((cell): Wanted[] => {
    const outputs = edges.filter((edge) => edge.from === cell.vertex);
    const runs = cell.at === "started" || cell.at === "draining";
    if (!runs || !alive(state, cell) || outputs.length === 0) return [];
    if (!outputs.every((edge) => cellViewOf(state, edge.to).at === "drained")) return [];
    const { vertex, incarnation } = cell;
    const ended = edges.filter((edge) => edge.to === vertex).map((edge) => edge.id);
    return [
      {
        key: `leftover/${vertex}/${incarnation}`,
        to: cell.node,
        make: () => ({ type: "drain", vertex, incarnation, ended }),
      },
    ];
  });
}

/** Cells that another process of the analyst made: without their cards nobody can be wired to them. */
function unknownCards(state: Course): Wanted[] {
  const nodes = new Set<NodeId>();
  for (const cell of state.cells) {
    const runs = cell.at === "started" || cell.at === "draining" || cell.at === "prepared";
    if (runs && cell.card === undefined && alive(state, cell)) nodes.add(cell.node);
  }
  return [...nodes].map((node) => ({ key: `cards/${node}`, to: node, make: () => ({ type: "watch", full: true }) }));
}

function goodbyes(state: Course, make: () => Bare<Command>): Wanted[] {
  return state.nodes
    .filter((node) => node.ended === "no")
    .map(({ node }) => ({ key: `goodbye/${node}`, to: node, make }));
}

/** Numbers a command and sends it. */
export function sendCommand(draft: CoordinatorDraft, to: NodeId, bare: Bare<Command>): void {
  const { query, term } = draft.state;
  const command = draft.state.command + 1;
  const sent = [...(draft.state.sent[to] ?? []), { command, type: bare.type }].slice(-limits.maxRememberedCommands);
  draft.state = { ...draft.state, command, sent: { ...draft.state.sent, [to]: sent } };
  draft.effects.push({ type: "send", to, message: { ...bare, query, term, command } as Command });
}

/** Sends what is newly wanted or due again. Returns what was asked too often or for too long. */
export function flush(draft: CoordinatorDraft): { readonly wanted: Wanted; readonly why: "silent" | "slow" }[] {
  const { nowMs } = draft;
  const overdue: { wanted: Wanted; why: "silent" | "slow" }[] = [];
  const outstanding: Record<string, Outstanding> = {};
  for (const wanted of wantedCommands(draft)) {
    const before = draft.state.outstanding[wanted.key];
    const { attempts, sinceMs, nextMs } = before ?? { attempts: 0, sinceMs: nowMs, nextMs: nowMs };
    const isDue = nextMs <= nowMs;
    const patience = nodeViewOf(draft.state, wanted.to)?.dead ? limits.maxAttemptsToDead : limits.maxAttempts;
    if (wanted.timeoutMs !== undefined && nowMs - sinceMs >= wanted.timeoutMs) overdue.push({ wanted, why: "slow" });
    else if (isDue && attempts >= patience) overdue.push({ wanted, why: "silent" });
    else if (isDue) {
      sendCommand(draft, wanted.to, wanted.make());
      const waitMs = Math.min(limits.maxRetryMs, limits.retryMs * 2 ** attempts);
      outstanding[wanted.key] = { to: wanted.to, attempts: attempts + 1, sinceMs, nextMs: nowMs + waitMs };
      continue;
    }
    outstanding[wanted.key] = before ?? { to: wanted.to, attempts, sinceMs, nextMs };
  }
  draft.state = { ...draft.state, outstanding };
  return overdue;
}

/** One wake for whatever is due next; `before` is null when there is none to rely on. */
export function armRetry(draft: CoordinatorDraft, before: Active | null): void {
  const nextMs = nextDueMs(draft.state);
  if (before !== null && nextDueMs(before) === nextMs) return;
  if (nextMs === Number.POSITIVE_INFINITY) {
    if (before !== null) draft.effects.push({ type: "cancel-wake", tag: "retry" });
  } else draft.effects.push({ type: "wake", tag: "retry", afterMs: Math.max(1, nextMs - draft.nowMs) });
}

function nextDueMs({ outstanding }: Course): number {
  return Object.values(outstanding).reduce((least, one) => Math.min(least, one.nextMs), Number.POSITIVE_INFINITY);
}

/** Whoever answers is there: only silence counts towards unreachable. */
export function answered(draft: CoordinatorDraft, node: NodeId): void {
  const entries = Object.entries(draft.state.outstanding).map(
    ([key, one]) => [key, one.to === node ? { ...one, attempts: Math.min(one.attempts, 1) } : one] as const,
  );
  draft.state = { ...draft.state, outstanding: Object.fromEntries(entries) };
}
