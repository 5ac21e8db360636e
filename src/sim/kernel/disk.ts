// A node's disk: key → bytes. It survives crashes, except that a crash may take the last writes back.

/** How many writes a crash can take back at most; older ones are beyond doubt. */
const undoableWrites = 16;

export class SimulatedDisk {
  private readonly values = new Map<string, Uint8Array>();
  private readonly undo: { readonly key: string; readonly before: Uint8Array | undefined }[] = [];

  read(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }

  /** Sorted, so that a recovery that walks the disk does so in one order. */
  keys(): string[] {
    return [...this.values.keys()].sort();
  }

  write(key: string, value: Uint8Array | null): void {
    this.undo.push({ key, before: this.values.get(key) });
    if (this.undo.length > undoableWrites) this.undo.shift();
    this.put(key, value ?? undefined);
  }

  /** Takes the last writes back, newest first. Returns how many there were. */
  loseLastWrites(count: number): number {
    let lost = 0;
    for (; lost < count; lost++) {
      const last = this.undo.pop();
      if (last === undefined) break;
      this.put(last.key, last.before);
    }
    return lost;
  }

  private put(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
  }
}
