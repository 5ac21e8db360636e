// One line of the table of refusals.

export type Consequence = "ignore" | "disconnect" | "exclude" | "none";

export interface RefusalEntry {
  readonly consequence: Consequence;
  readonly sentence: string;
}

export function entry(consequence: Consequence, sentence: string): RefusalEntry {
  return { consequence, sentence };
}
