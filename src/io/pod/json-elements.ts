// Finds the elements of the arrays in a large JSON text, chunk by chunk, and gives each as text to JSON.parse: a file of
// gigabytes is read with the memory of its largest element. Arrays are looked for at the top and in the top-level object's keys;
// what else stands there is passed over. Lines of NDJSON are elements, too.
import { podLimits } from "../../core/pods/index.ts";
import { ImportRefused } from "./refused.ts";

export type OnElement = (value: unknown, key: string, element: number, text: string) => void;

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, colon] = [34, 92, 123, 125, 91, 93, 58];

export class JsonElements {
  readonly #onElement: OnElement;
  readonly #onFault: (element: number, reason: string, text: string) => void;
  readonly #shape: "lines" | "document";
  #held = "";
  #at = 0;
  #depth = 0;
  #inText = false;
  #start = -1;
  #keyStart = -1;
  #lastText = "";
  /** Of the array that is open where elements lie; null outside of one. */
  #key: string | null = null;
  #top = 0;
  #element = 0;

  constructor(
    shape: "lines" | "document",
    onElement: OnElement,
    onFault: (element: number, reason: string, text: string) => void,
  ) {
    this.#shape = shape;
    this.#onElement = onElement;
    this.#onFault = onFault;
  }

  push(text: string): void {
    this.#held += text;
    if (this.#shape === "lines") this.#lines();
    else this.#scan();
    if (this.#held.length > podLimits.maxRecordChars) {
      throw new ImportRefused("pod-record-too-long", { detail: `element ${this.#element + 1}` });
    }
  }

  end(): void {
    if (this.#shape === "lines") {
      this.#held += "\n";
      this.#lines();
    } else if (this.#depth > 0 || this.#inText) {
      throw new ImportRefused("pod-file-malformed", { detail: "the JSON ends in the middle" });
    }
  }

  #lines(): void {
    let from = 0;
    for (let end = this.#held.indexOf("\n"); end >= 0; end = this.#held.indexOf("\n", from)) {
      this.#give(this.#held.slice(from, end).trim(), "");
      from = end + 1;
    }
    this.#held = this.#held.slice(from);
  }

  /** Depth at which elements lie: 1 in a top-level array, 2 in an array under a key of the top-level object. */
  #elementDepth(): number {
    return this.#top === openBracket ? 1 : 2;
  }

  #scan(): void {
    const text = this.#held;
    let at = this.#at;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (this.#inText) {
        if (c === backslash) at++;
        else if (c === quote) {
          this.#inText = false;
          if (this.#keyStart >= 0) {
            this.#lastText = text.slice(this.#keyStart + 1, Math.min(at, this.#keyStart + 200));
            this.#keyStart = -1;
          }
        }
      } else if (c === quote) {
        this.#inText = true;
        if (this.#depth === 1 && this.#top === openBrace) this.#keyStart = at;
      } else if (c === openBrace || c === openBracket) {
        if (this.#depth === 0) this.#top = c;
        const opensElement = this.#start < 0 && this.#depth === this.#elementDepth() && this.#key !== null;
        if (opensElement && c === openBrace) this.#start = at;
        this.#depth++;
        if (this.#depth > podLimits.maxDepth) throw new ImportRefused("pod-file-deep");
        if (this.#top === openBracket && this.#depth === 1) this.#key = "";
        if (this.#top === openBrace && this.#depth === 2) this.#key = c === openBracket ? this.#lastText : null;
      } else if (c === closeBrace || c === closeBracket) {
        this.#depth--;
        if (this.#depth < 0) throw new ImportRefused("pod-file-malformed", { detail: "a bracket closes nothing" });
        if (this.#start >= 0 && this.#depth === this.#elementDepth()) {
          this.#give(text.slice(this.#start, at + 1), this.#key ?? "");
          this.#start = -1;
        }
      } else if (c === colon && this.#depth === 1) this.#key = null;
    }
    // Keep what is not done: the element that is open, or the key.
    const keep = this.#start >= 0 ? this.#start : this.#keyStart >= 0 ? this.#keyStart : Math.min(at, text.length);
    this.#held = text.slice(keep);
    this.#at = at - keep;
    if (this.#start >= 0) this.#start = 0;
    if (this.#keyStart >= 0) this.#keyStart = 0;
  }

  #give(text: string, key: string): void {
    if (text === "") return;
    this.#element++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      this.#onFault(this.#element, `no JSON: ${(cause as Error).message.slice(0, 120)}`, text);
      return;
    }
    this.#onElement(value, key, this.#element, text);
  }
}
