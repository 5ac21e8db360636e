// A way to find who manages a point.
export interface Overlay {
  /** How many nodes a look-up passes to, from this node to the one that manages the point. */
  hops(from: number, point: number): number;
}
