// Hostile text out of honest: cut, spliced, with pieces of YAML and SQL where they do not belong.
import type { Random } from "../../src/sim/kernel/index.ts";
import { boundaryNumbers, strangeTexts } from "./strange-values.ts";

const textPieces: readonly string[] = [
  "&a ",
  "*a",
  "!!js/function ",
  "<<: ",
  "---\n",
  "...\n",
  "? ",
  "- ",
  ": ",
  "{",
  "}",
  "[",
  "]",
  "\t",
  "|\n",
  ">\n",
  "'",
  '"',
  "#",
  "%YAML 9\n",
  "\u0000",
  "\ufeff",
  "\u2028",
  "__proto__: 1\n",
  "~",
  "1e999",
  "0x7fffffffffffffff",
  "-9223372036854775808",
  "not",
  "(",
  ")",
  "\\",
  "\r\n",
];

export function damagedText(random: Random, corpus: readonly string[]): string {
  let text = random.pick(corpus);
  for (let times = random.between(1, 4); times > 0; times--) {
    const where = random.below(text.length + 1);
    const other = random.pick(corpus);
    const change = random.below(10);
    if (change === 0) text = text.slice(0, where);
    else if (change === 1) text = text.slice(0, where) + random.pick(textPieces) + text.slice(where);
    else if (change === 2) text = text.slice(0, where) + text.slice(where + random.between(1, 12));
    else if (change === 3) text = text.slice(0, where) + other.slice(random.below(other.length + 1));
    else if (change === 4) text = text.slice(0, where) + String(random.pick(boundaryNumbers)) + text.slice(where);
    else if (change === 5) text = text.slice(0, where) + random.pick(strangeTexts) + text.slice(where);
    else if (change === 6)
      text =
        text.slice(0, where) +
        random.pick(["[", "{a: ", "- ", "("]).repeat(random.pick([3, 70, 1_500])) +
        text.slice(where);
    else if (change === 7) text = swapLines(random, text);
    else if (change === 8) text = tagged(random, text);
    else text = text.slice(0, where) + String.fromCharCode(random.below(0x250)) + text.slice(where + 1);
  }
  return text;
}

/** An anchor, an alias or a tag where a value of YAML stands. */
function tagged(random: Random, text: string): string {
  const parts = text.split(": ");
  const where = random.below(parts.length);
  return parts.map((part, i) => (i === where ? `${random.pick(["&a ", "*a ", "!!binary "])}${part}` : part)).join(": ");
}

function swapLines(random: Random, text: string): string {
  const lines = text.split("\n");
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join("\n");
}
