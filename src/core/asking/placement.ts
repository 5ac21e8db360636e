// Where the shares of an entry live (SEP2P §5.3): share i with the processors nearest to SHA-256(key, i), none of which has a share with
// a smaller number. Nobody chooses them: a node's place follows from its key.
import { type Hasher, type NodeId, toCanonical } from "../base/index.ts";
import { distance, type Geometry, type Location, locationOfHash } from "../draw/index.ts";
import { limits } from "./limits.ts";

/** What is known of where processors are: the driver's membership, or its lookup service. */
export interface Places {
  /** Nodes that can process, nearest first, at most so many. */
  nearest(point: Location, count: number): readonly NodeId[];
}

export interface Splitting {
  readonly shares: number;
  readonly replicas: number;
}

export const splitting: Splitting = { shares: limits.shares, replicas: limits.replicas };

/** Index i: the nodes that hold the share with point i + 1. Fewer, or none, in a network that is too small. */
export function holdersOf(
  hasher: Hasher,
  key: Uint8Array,
  places: Places,
  { shares, replicas }: Splitting = splitting,
): (readonly NodeId[])[] {
  const used = new Set<NodeId>();
  return Array.from({ length: shares }, (_, i) => {
    const near = places.nearest(pointOf(hasher, key, i + 1), used.size + replicas);
    const holders = near.filter((node) => !used.has(node)).slice(0, replicas);
    for (const node of holders) used.add(node);
    return holders;
  });
}

/** With fewer processors fewer shares than suffice have a place, and nobody could be found. */
export const fewestProcessors = (limits.needed - 1) * limits.replicas + 1;

export function pointOf(hasher: Hasher, key: Uint8Array, share: number): Location {
  return locationOfHash(hasher.sha256(toCanonical(["hedgerow share", key, share])));
}

/** Over a list of all processors that are known. */
export function placesAmong(
  geometry: Geometry,
  processors: Iterable<{ readonly node: NodeId; readonly location: Location }>,
): Places {
  const all = [...processors];
  return {
    nearest(point, count) {
      const away = all.map(({ node, location }) => ({ node, away: distance(geometry, point, location) }));
      away.sort((a, b) => (a.away < b.away ? -1 : a.away > b.away ? 1 : a.node < b.node ? -1 : 1));
      return away.slice(0, count).map(({ node }) => node);
    },
  };
}
