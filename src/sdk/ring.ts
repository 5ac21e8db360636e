// The space of locations as a line of text, where a draw fell in it: T the trigger, b and r the witnesses of beacon and roster,
// * the drawn, ^ where the lot fell. Places are from 0 to 1.

const lineCells = 64;

export interface RingPlaces {
  readonly trigger: number;
  readonly lot: number;
  readonly beaconWitnesses: readonly number[];
  readonly rosterWitnesses: readonly number[];
  readonly processors: readonly number[];
}

export function ringLines({
  trigger,
  lot,
  beaconWitnesses,
  rosterWitnesses,
  processors,
}: RingPlaces): [string, string] {
  const cells = Array.from({ length: lineCells }, () => "·");
  const below = Array.from({ length: lineCells }, () => " ");
  const put = (letter: string, at: number, line = cells) => {
    line[Math.min(lineCells - 1, Math.floor(at * lineCells))] = letter;
  };
  for (const at of beaconWitnesses) put("b", at);
  for (const at of rosterWitnesses) put("r", at);
  for (const at of processors) put("*", at);
  put("T", trigger);
  put("^", lot, below);
  return [cells.join(""), `${below.join("").trimEnd()} the lot`];
}
