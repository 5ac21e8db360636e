// The simulated network: N nodes on Chord's ring, as typed arrays that threads share. Places are shares of the ring, sorted,
// 53 bits; keys stand for public keys. Location is a hash of the key, so places and keys are independent, and who colludes
// is independent of both (SEP2P §3.2): sorted places can get keys and collusion in any order.
//   INVARIANT 1: at both ends `margin` nodes are repeated, one turn lower and one turn higher, so no reader ever wraps.
//   INVARIANT 2: the lowest bit of a key says whether its node colludes. The order of a draw hangs on the 30 bits above it.
import { Random } from "../kernel/index.ts";
import { Lots } from "./lots.ts";
import { sortedUnits } from "./sort.ts";

export interface Ring {
  readonly nodes: number;
  readonly colluding: number;
  /** Node i of the network lies at i + margin. */
  readonly margin: number;
  readonly places: Float64Array<SharedArrayBuffer>;
  readonly keys: Int32Array<SharedArrayBuffer>;
}

export interface RingOrder {
  readonly nodes: number;
  readonly colluding: number;
  readonly seed: number;
  /** The widest look from any node, in nodes to be expected on each side. */
  readonly reach: number;
}

export function makeRing({ nodes, colluding, seed, reach }: RingOrder): Ring {
  // Ten deviations more than expected, and some: rarer than any α.
  const margin = Math.min(nodes, Math.ceil(reach + 10 * Math.sqrt(reach)) + 64);
  const places = new Float64Array(new SharedArrayBuffer(8 * (nodes + 2 * margin)));
  const keys = new Int32Array(new SharedArrayBuffer(4 * (nodes + 2 * margin)));
  sortedUnits(new Lots(seed, "place"), places.subarray(margin, margin + nodes));
  const keyLots = new Lots(seed, "key");
  for (let i = 0; i < nodes; i++) keys[margin + i] = keyLots.seek(i).key();
  markColluding(keys.subarray(margin, margin + nodes), colluding, seed);
  for (let i = 0; i < margin; i++) {
    places[i] = places[nodes + i]! - 1;
    keys[i] = keys[nodes + i]!;
    places[margin + nodes + i] = places[margin + i]! + 1;
    keys[margin + nodes + i] = keys[margin + i]!;
  }
  return { nodes, colluding, margin, places, keys };
}

/** Exactly so many; each set of them is as likely as another. */
function markColluding(keys: Int32Array, colluding: number, seed: number): void {
  const random = new Random(new Lots(seed, "collusion").seek(0).word());
  const honest = colluding * 2 > keys.length; // mark the fewer
  if (honest) for (let i = 0; i < keys.length; i++) keys[i]! |= 1;
  for (let left = honest ? keys.length - colluding : colluding; left > 0; ) {
    const at = Math.floor(((random.word() * 0x1_0000_0000 + random.word()) / 2 ** 64) * keys.length);
    if (at >= keys.length || (keys[at]! & 1) === (honest ? 0 : 1)) continue;
    keys[at]! ^= 1;
    left--;
  }
}

/** First position at or after which places are not below `place`; sought outwards from a guess, for most are near. */
export function positionOf(places: Float64Array, place: number, guess: number): number {
  const last = places.length;
  let low = Math.min(Math.max(guess, 0), last);
  let high = low;
  if (low < last && places[low]! < place) {
    let stride = 1;
    do {
      low = high + 1;
      high = Math.min(last, high + stride);
      stride *= 2;
    } while (high < last && places[high]! < place);
  } else {
    let stride = 1;
    while (low > 0 && places[low - 1]! >= place) {
      high = low - 1;
      low = Math.max(0, low - stride);
      stride *= 2;
      if (places[low]! < place) break;
    }
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where a point of [0, 1) belongs, without a guess: places are uniform, so its rank is about its share. */
export function positionOfPoint({ nodes, margin, places }: Ring, point: number): number {
  return positionOf(places, point, margin + Math.floor(point * nodes));
}
