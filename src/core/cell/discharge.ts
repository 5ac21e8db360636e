// When is a cell done with an input? When everything it made of it was acknowledged on every edge that leaves the cell
// (docs/protocols/edges.md). Outputs are made, numbered and acknowledged in one order, so one queue answers it.
//
// INVARIANT 1: an input is discharged only after its output is; an input without output at once.

import { Queue } from "./queue.ts";

export interface InputFrame {
  readonly input: number;
  readonly link: number;
  readonly sequence: number;
}

export class DischargeQueue {
  readonly #waiting = new Queue<InputFrame & { readonly output: number }>();

  get size(): number {
    return this.#waiting.length;
  }

  /** `frame` became the cell's output number `output`, which is on its way. */
  wait(frame: InputFrame, output: number): void {
    this.#waiting.push({ input: frame.input, link: frame.link, sequence: frame.sequence, output });
  }

  /** Every output before `outputs` is acknowledged on every edge: calls back for each input that this discharges. */
  settle(outputs: number, discharge: (frame: InputFrame) => void): void {
    for (let first = this.#waiting.at(0); first !== undefined && first.output < outputs; first = this.#waiting.at(0)) {
      this.#waiting.shift();
      discharge(first);
    }
  }
}
