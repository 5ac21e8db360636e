// A query as far as its file could be read: what one fault hides is not known, all else can still be judged, so that a
// person is told everything in one go.
import type { Digest, VertexId } from "../base/index.ts";
import type { OperatorManifest, Params, Placement } from "../model/index.ts";
import type { Positions } from "./fault.ts";

/** null stands for what could not be read. Every vertex is one of these. */
export interface DraftVertex {
  readonly id: VertexId;
  readonly operator: string | null;
  readonly params: Params | null;
  /** Those that could be read. */
  readonly inputs: readonly VertexId[];
  /** True when some inputs could not be. */
  readonly hasUnreadInputs?: boolean;
  readonly placement: Placement | null;
  readonly equipment?: string | null | undefined;
}

export interface DraftDag {
  readonly name: string;
  readonly vertices: readonly DraftVertex[];
}

export interface Draft {
  readonly positions: Positions;
  readonly operators: readonly { readonly manifest: OperatorManifest; readonly bodyDigest: Digest }[];
  readonly alternatives: readonly DraftDag[];
  /** Own operators that are named and could not be read; null: not even their names could. */
  readonly unreadOperators: ReadonlySet<string> | null;
}

/** Without the values that a schema refused: paths such as `alternatives[0].vertices[1].params.note`. */
export function withoutRefused(alternatives: readonly DraftDag[], paths: readonly string[]): DraftDag[] {
  const refused = new Set(paths.map((path) => /^alternatives\[\d+\]\.vertices\[\d+\]\.[a-z]+/.exec(path)?.[0]));
  return alternatives.map((dag, d) => ({
    ...dag,
    vertices: dag.vertices.map((vertex, v) => {
      const isRefused = (key: string) => refused.has(`alternatives[${d}].vertices[${v}].${key}`);
      return {
        ...vertex,
        ...(isRefused("operator") ? { operator: null } : {}),
        ...(isRefused("params") ? { params: null } : {}),
        ...(isRefused("placement") ? { placement: null } : {}),
        ...(isRefused("equipment") ? { equipment: null } : {}),
        ...(isRefused("inputs") ? { inputs: [], hasUnreadInputs: true } : {}),
      };
    }),
  }));
}
