// Parts and answers on their way: cut into pieces that fit a row of a batch, and put together again. A gatherer that is placed
// anew may begin another part behind a half one, so each piece says which part it is of, and the first that is whole counts.
//
//   piece of a part     8 bytes of the part (its own random number), u16 which, u16 of how many, then bytes of the part
//   piece of an answer  `which/of-how-many ` before the text
import { accept, type Result, refuse, toHex } from "../base/index.ts";
import { type Answer, answerSchema } from "./contract.ts";
import { limits } from "./limits.ts";

export const partNumberBytes = 8;
const headerBytes = partNumberBytes + 4;

export function cutPart(part: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(part.length / limits.pieceBytes));
  return Array.from({ length: count }, (_, index) => {
    const body = part.subarray(index * limits.pieceBytes, (index + 1) * limits.pieceBytes);
    const piece = new Uint8Array(headerBytes + body.length);
    piece.set(part.subarray(0, partNumberBytes));
    const view = new DataView(piece.buffer);
    view.setUint16(partNumberBytes, index);
    view.setUint16(partNumberBytes + 2, count);
    piece.set(body, headerBytes);
    return piece;
  });
}

/** What one gatherer sends, until a part of it is whole. */
export class PartPieces {
  #number: string | null = null;
  #pieces: Uint8Array[] = [];
  #count = 0;

  get whole(): boolean {
    return this.#count > 0 && this.#pieces.length === this.#count;
  }

  /** In the order in which they were cut. */
  add(piece: Uint8Array): Result<void> {
    if (this.whole) return accept(undefined); // a later part is another share of noise over the same people
    if (piece.length <= headerBytes || piece.length > headerBytes + limits.pieceBytes) return refuse("terms-part");
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    const number = toHex(piece.subarray(0, partNumberBytes));
    const [index, count] = [view.getUint16(partNumberBytes), view.getUint16(partNumberBytes + 2)];
    if (number !== this.#number) {
      this.#number = number;
      this.#pieces = [];
      this.#count = count;
    }
    if (count !== this.#count || count > limits.maxPieces || index !== this.#pieces.length) {
      return refuse("terms-part", { detail: "pieces that do not follow each other" });
    }
    this.#pieces.push(piece.slice(headerBytes));
    return accept(undefined);
  }

  /** null as long as none is whole. */
  part(): Uint8Array | null {
    if (!this.whole) return null;
    const part = new Uint8Array(this.#pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      part.set(piece, at);
      at += piece.length;
    }
    return part;
  }
}

/** As many characters as a piece may have: four bytes of UTF-8 each at most. */
const pieceCharacters = limits.pieceBytes / 4;

export function cutAnswer(answer: Answer): string[] {
  const characters = JSON.stringify(answer);
  const bodies: string[] = [];
  for (let from = 0; from < characters.length; ) {
    let to = Math.min(characters.length, from + pieceCharacters);
    // A pair of surrogates is one character, and stays together.
    if (to < characters.length && (characters.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
    bodies.push(characters.slice(from, to));
    from = to;
  }
  return bodies.map((body, index) => `${index + 1}/${bodies.length} ${body}`);
}

/** Everything that the result holds, in its order. The first answer that is whole counts. */
export function joinAnswer(pieces: readonly string[]): Result<Answer> {
  let bodies: string[] = [];
  let whole: string | null = null;
  for (const piece of pieces) {
    const found = /^([1-9]\d{0,5})\/([1-9]\d{0,5}) /.exec(piece);
    if (found === null) return refuse("terms-answer");
    const [index, count] = [Number(found[1]), Number(found[2])];
    if (index === 1) bodies = [];
    if (index !== bodies.length + 1) return refuse("terms-answer", { detail: "pieces that do not follow each other" });
    bodies.push(piece.slice(found[0].length));
    if (index === count) {
      whole = bodies.join("");
      break;
    }
  }
  return whole === null ? refuse("terms-answer", { detail: "no answer has come whole" }) : parseAnswer(whole);
}

/** An answer as the text that it travels as. */
export function parseAnswer(text: string): Result<Answer> {
  try {
    const parsed = answerSchema.safeParse(JSON.parse(text));
    return parsed.success ? accept(parsed.data) : refuse("terms-answer");
  } catch {
    return refuse("terms-answer");
  }
}
