// placeholder
import type { AskMessage, AskMessageOf } from "../../core/asking/index.ts";
import type { NodeId, Result } from "../../core/base/index.ts";
export interface People {
  onCall(from: NodeId, message: AskMessageOf<"call">): Result<AskMessage>;
  start(): void;
  stop(): void;
}
export function createPeople(_: unknown): People {
  throw new Error();
}
