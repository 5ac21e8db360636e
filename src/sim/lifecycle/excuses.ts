// What a disk that lost a write which its node relied on excuses, and nothing else: the node owed its word to that write,
// so it may break it for the cells that the write told of. A lost write that nobody had relied on excuses nothing at all.
import { fromCanonical, type QueryId } from "../../core/base/index.ts";
import { coordinatorKey } from "../../core/lifecycle/index.ts";
import type { LostWrite } from "../kernel/index.ts";

/** Of the records that coordinators and participants keep: what excuses need of them. */
interface DurableRecord {
  readonly decision?: string;
  readonly flowing?: boolean;
  readonly cells: readonly { readonly vertex: string; readonly incarnation: number; readonly node?: string }[];
}

export class Excuses {
  /** Writes that were lost after their node had relied on them. */
  lostWrites = 0;
  /** Its analyst's node forgot that the query was to flow: it rolls back what had begun. */
  decisionForgotten = false;
  private readonly query: QueryId;
  private readonly cells = new Set<string>();
  private readonly silent = new Set<string>();

  constructor(query: QueryId) {
    this.query = query;
  }

  onLostWrite({ key, written, before, reliedOn }: LostWrite): void {
    if (!reliedOn) return;
    this.lostWrites++;
    const [lost, left] = [recordIn(written), recordIn(before)];
    if (lost?.flowing === true && left?.flowing !== true) for (const { vertex } of lost.cells) this.silent.add(vertex);
    if (key === coordinatorKey(this.query) && isDecided(lost) && !isDecided(left)) this.decisionForgotten = true;
    const known = new Set(left?.cells.map(nameOf));
    for (const cell of lost?.cells ?? [])
      if (!known.has(nameOf(cell))) this.cells.add(`${cell.vertex}/${cell.incarnation}`);
  }

  /** Somebody forgot that there was this cell, so there may be another of its number. */
  isForgotten(vertex: string, incarnation: number): boolean {
    return this.cells.has(`${vertex}/${incarnation}`);
  }

  /**
   * A participant forgot that the query flows: it takes its cells for ones that never ran, and has nothing to say of what
   * they held. When the analyst is away nobody else knows.
   */
  mayGoSilent(vertex: string): boolean {
    return this.silent.has(vertex);
  }
}

function recordIn(bytes: Uint8Array | undefined): DurableRecord | undefined {
  const value = bytes === undefined ? undefined : fromCanonical(bytes);
  return value?.ok === true ? (value.value as DurableRecord) : undefined;
}

function isDecided(record: DurableRecord | undefined): boolean {
  return record?.decision !== undefined && record.decision !== "setting-up" && record.decision !== "rolling-back";
}

function nameOf({ vertex, incarnation, node }: DurableRecord["cells"][number]): string {
  return `${vertex}/${incarnation} ${node ?? ""}`;
}
