// A vertex that runs a person's own operator, from the plan into the sandbox.
import { type Result, refuse } from "../../core/base/index.ts";
import { operatorManifestSchema, type Plan, type PlanVertex, vertexOf } from "../../core/model/index.ts";
import type { AsyncTransform } from "../../operators/index.ts";
import type { Sandbox, SandboxOrder } from "./sandbox.ts";

/** For the cells of a node, or of a rehearsal: only there the body may `explain` its errors in its own words. */
export function startsBodies(sandbox: Pick<Sandbox, "start">, { explain }: Pick<SandboxOrder, "explain"> = {}) {
  return async (vertex: PlanVertex, body: Uint8Array, plan: Plan): Promise<Result<AsyncTransform>> => {
    const manifest = operatorManifestSchema.safeParse(vertex.operator.manifest);
    if (!manifest.success) return refuse("plan-operator-manifest", { blame: vertex.id });
    const inputs = vertex.inputs.map((from) => vertexOf(plan, from)?.output ?? []);
    const { format } = manifest.data.body;
    const order = { format, body, manifest: manifest.data, params: vertex.params, inputs };
    return sandbox.start(explain === undefined ? order : { ...order, explain });
  };
}
