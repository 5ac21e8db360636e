// The trace of a run: always a hash over every event and effect (same seed → same hash), and its last lines as text when
// asked for. Two 32-bit lanes of FNV-1a with different offsets: not for adversaries, only to compare runs.

export interface TraceOptions {
  /** Keep that many of the last lines as text; 0 keeps none. Text costs time: for replaying a found seed. */
  readonly lines: number;
}

export class Trace {
  private low = 0x811c9dc5;
  private high = 0x9dc5811c;
  private readonly kept: string[] = [];
  private readonly maxLines: number;
  readonly text: boolean;

  constructor(options: TraceOptions) {
    this.maxLines = options.lines;
    this.text = options.lines > 0;
  }

  number(value: number): void {
    this.low = Math.imul(this.low ^ (value | 0), 0x01000193);
    this.high = Math.imul(this.high ^ ((value * 1024) | 0), 0x01000193) ^ (this.low >>> 15);
  }

  string(value: string): void {
    for (let i = 0; i < value.length; i++) this.number(value.charCodeAt(i));
  }

  line(text: string): void {
    if (!this.text) return;
    if (this.kept.length === this.maxLines) this.kept.shift();
    this.kept.push(text);
  }

  lines(): readonly string[] {
    return this.kept;
  }

  /** 16 hexadecimal digits. */
  hash(): string {
    return (this.high >>> 0).toString(16).padStart(8, "0") + (this.low >>> 0).toString(16).padStart(8, "0");
  }
}
