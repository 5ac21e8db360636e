// The memory that a host and the thread of one operator share: a ring of slots, each for one request and its answer.
//
//   host: fills slot n, stores submitted = n + 1, wakes the thread      thread: answers in place, stores completed = n + 1,
//   host: reads the answer, and the slot is free again                  rings the bell (a message) if the host asked for it
//
// INVARIANT 1: a slot belongs to the thread from `submitted` to `completed`, to the host otherwise.
// INVARIANT 2: the host copies an answer out before it checks it: what it checked cannot change any more.
import { limits } from "./limits.ts";

const controlWords = 16;
const slotWords = 8;

/** Indices of the control words. */
export const submitted = 0;
export const completed = 1;
/** 1 when the host wants a message at the next completion. */
export const bellWanted = 2;
/** 1 while the thread sleeps, or is about to: only then must it be woken. */
export const asleep = 3;

/** Indices of the words of a slot. */
const operation = 0;
const input = 1;
const inputLength = 2;
const status = 3;
const outputLength = 4;

export const operations = ["process", "end", "close"] as const;
export type Operation = (typeof operations)[number];

/** Status 0 is an answer (of length 0: nothing to send); status n is the n-th of these. */
export const guestFaultCodes = [
  "operator-timeout",
  "operator-out-of-memory",
  "operator-trap",
  "operator-malformed",
  "operator-forbidden-import",
  "operator-lied-about-output",
  "operator-wrong-output",
  "operator-threw",
] as const;
export type GuestFaultCode = (typeof guestFaultCodes)[number];

export interface Answer {
  readonly code: GuestFaultCode | null;
  /** A copy: the batch, or the explanation as UTF-8. */
  readonly bytes: Uint8Array;
}

/** Bytes of room in each slot. */
export interface RingSizes {
  readonly inputBytes: number;
  readonly outputBytes: number;
}

export class Ring {
  readonly shared: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly #slots: { words: Int32Array; input: Uint8Array; output: Uint8Array }[];

  constructor(shared: SharedArrayBuffer, sizes: RingSizes) {
    this.shared = shared;
    this.control = new Int32Array(shared, 0, controlWords);
    const { inputBytes, outputBytes } = roomOf(sizes);
    this.#slots = Array.from({ length: limits.slots }, (_, n) => {
      const words = 4 * controlWords + n * slotBytes(sizes);
      const input = words + 4 * slotWords;
      return {
        words: new Int32Array(shared, words, slotWords),
        input: new Uint8Array(shared, input, inputBytes),
        output: new Uint8Array(shared, input + inputBytes, outputBytes),
      };
    });
  }

  /** Pages of the slots are touched, and so take memory, only as far as batches reach. */
  static make(sizes: RingSizes): Ring {
    return new Ring(new SharedArrayBuffer(4 * controlWords + limits.slots * slotBytes(sizes)), sizes);
  }

  write(sequence: number, what: Operation, fromInput: number, batch: Uint8Array): void {
    const slot = this.#slots[sequence % limits.slots]!;
    slot.words[operation] = operations.indexOf(what);
    slot.words[input] = fromInput;
    slot.words[inputLength] = batch.length;
    slot.input.set(batch);
  }

  request(sequence: number): { operation: Operation; input: number; bytes: Uint8Array; output: Uint8Array } {
    const slot = this.#slots[sequence % limits.slots]!;
    return {
      operation: operations[slot.words[operation]!]!,
      input: slot.words[input]!,
      bytes: slot.input.subarray(0, slot.words[inputLength]!),
      output: slot.output,
    };
  }

  answer(sequence: number, code: GuestFaultCode | null, length: number): void {
    const slot = this.#slots[sequence % limits.slots]!;
    slot.words[status] = code === null ? 0 : guestFaultCodes.indexOf(code) + 1;
    slot.words[outputLength] = length;
  }

  take(sequence: number): Answer {
    const slot = this.#slots[sequence % limits.slots]!;
    const length = Math.min(slot.words[outputLength]! >>> 0, slot.output.length);
    // Room that is not zeroed first: every byte is overwritten at once.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
    bytes.set(slot.output.subarray(0, length));
    return { code: guestFaultCodes[slot.words[status]! - 1] ?? null, bytes };
  }
}

/** Multiples of 8, and room for an explanation where an output would be. */
function roomOf({ inputBytes, outputBytes }: RingSizes): RingSizes {
  return { inputBytes: (inputBytes + 7) & ~7, outputBytes: (Math.max(outputBytes, limits.maxDetailBytes) + 7) & ~7 };
}

function slotBytes(sizes: RingSizes): number {
  const { inputBytes, outputBytes } = roomOf(sizes);
  return 4 * slotWords + inputBytes + outputBytes;
}
