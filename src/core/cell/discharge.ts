// When is a cell done with an input? When everything it made of it was acknowledged on every edge that leaves the cell
// (docs/protocols/edges.md). Outputs are made, numbered and acknowledged in one order, so one queue answers it.
//
// INVARIANT 1: an input is discharged only after its output is; an input without output at once.

export interface InputFrame {
  readonly input: number;
  readonly link: number;
  readonly sequence: number;
}

export class DischargeQueue {
  #waiting: (InputFrame & { readonly output: number })[] = [];
  #head = 0;

  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** `frame` became the cell's output number `output`, which is on its way. */
  wait(frame: InputFrame, output: number): void {
    this.#waiting.push({ input: frame.input, link: frame.link, sequence: frame.sequence, output });
  }

  /** Every output before `outputs` is acknowledged on every edge: calls back for each input that this discharges. */
  settle(outputs: number, discharge: (frame: InputFrame) => void): void {
    while (this.#head < this.#waiting.length && this.#waiting[this.#head]!.output < outputs) {
      discharge(this.#waiting[this.#head++]!);
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }
}
