// The nearest known name by spelling, for "did you mean …?".
const longestCompared = 64;
/** Of names that a stranger sent there may be thousands; a mistake is found among those that one has written oneself. */
const mostCompared = 256;

export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  // Two swapped neighbours are two replacements: common enough to be recognised in short names.
  let bestDistance = (name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  let compared = 0;
  for (const candidate of known) {
    if (compared++ === mostCompared) break;
    if (candidate.length > longestCompared || name.length > longestCompared) continue;
    const distance = distanceBetween(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const candidate = nearest(name, known);
  return candidate === null ? "" : ` Did you mean "${candidate}"?`;
}

/** Single-character insertions, deletions and replacements that turn one into the other (Levenshtein). */
function distanceBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
