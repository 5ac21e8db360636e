// Bounds of the query area, each with its reason (DESIGN §4.4).
export const limits = {
  /** 8 alternatives of 64 cells at some 200 characters each fit; what a person writes is a hundredth of it. */
  maxFileCharacters: 128 * 1024,
  /** The YAML reader's patterns grow with a line; the longest value of a param is 4,096 characters. */
  maxLineCharacters: 8 * 1024,
  /** plans > plan > cells > cell > with > value is 6; params may nest a little. */
  maxDepth: 16,
  /** A file with more faults than this is not being mended one by one. */
  maxFaults: 100,
  maxAlternatives: 8,
  maxVertices: 64,
  maxInputs: 16,
  maxOwnOperators: 16,
  maxTextCharacters: 4_096,
  maxListItems: 256,
  maxParams: 64,
  /** Manifests travel inside plans; ours are below 2 KB. */
  maxManifestBytes: 32 * 1024,
  /** Placements tried before planning gives up: far above what a venue of honest policies needs, below a second. */
  maxPlacementTries: 5_000,
  maxSpares: 16,
  /** Names considered in an explanation before "and N more". */
  maxNodesNamed: 8,
} as const;
