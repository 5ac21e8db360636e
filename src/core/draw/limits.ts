// Bounds of the draw, each with its reason (DESIGN §4.4).
export const limits = {
  /** One node for each person alive. The tails are checked against exact arithmetic up to here. */
  maxNodes: 10_000_000_000,
  /** Above, "never" means nothing any more. */
  maxAlpha: 0.1,
  /** Below, nobody can tell α from zero, nor wants to: a guessed key is likelier. */
  minAlpha: 1e-30,
  /** A roster is verified with 2k operations, so a longer table is of no use. Half of all nodes colluding, at α = 1e-10, takes 340. */
  maxRows: 512,
  /** Newton's method doubles its digits at each step; from its first guess it has needed 12 at most. */
  maxSteps: 100,
} as const;
