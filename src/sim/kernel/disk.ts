// A node's disk: key → bytes. It survives crashes, except that a crash may take the last writes back.

/** How many writes a crash can take back at most; older ones are beyond doubt. */
const undoableWrites = 16;

/** A write that a crash took back: what it had written, and what the disk holds again. */
export interface LostWrite {
  readonly key: string;
  readonly written: Uint8Array | undefined;
  readonly before: Uint8Array | undefined;
  /**
   * The node went on as if it were safe: it sent something, or did something, after it. A write that was lost before that
   * is as good as one that never was, and a machine owes all that it owes without the crash.
   */
  readonly reliedOn: boolean;
}

export class SimulatedDisk {
  private readonly values = new Map<string, Uint8Array>();
  private readonly undo: { readonly key: string; readonly before: Uint8Array | undefined }[] = [];
  /** Of the last writes: how many nobody has relied on yet. */
  private fresh = 0;

  read(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }

  /** Sorted, so that a recovery that walks the disk does so in one order. */
  keys(): string[] {
    return [...this.values.keys()].sort();
  }

  write(key: string, value: Uint8Array | null): void {
    this.undo.push({ key, before: this.values.get(key) });
    this.fresh++;
    if (this.undo.length > undoableWrites) this.undo.shift();
    this.put(key, value ?? undefined);
  }

  /** The node has let the world know something: all that was written before it counts as promised. */
  relyOn(): void {
    this.fresh = 0;
  }

  /** How many of the last writes nobody has relied on. */
  get pending(): number {
    return this.fresh;
  }

  /** Takes the last writes back, newest first. */
  loseLastWrites(count: number): LostWrite[] {
    const lost: LostWrite[] = [];
    while (lost.length < count) {
      const last = this.undo.pop();
      if (last === undefined) break;
      lost.push({ ...last, written: this.values.get(last.key), reliedOn: this.fresh === 0 });
      this.fresh = Math.max(0, this.fresh - 1);
      this.put(last.key, last.before);
    }
    return lost;
  }

  private put(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
  }
}
