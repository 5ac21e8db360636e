// A person's own operator (DESIGN §1): its manifest (operator.yaml), and what planning derives from it. The digest
// covers manifest and body, so nobody can change either under the same identity.
import {
  accept,
  type Digest,
  didYouMean,
  type Hasher,
  type Result,
  refuse,
  toCanonical,
  toHex,
} from "../base/index.ts";
import {
  columnOf,
  type OperatorDescriptor,
  type OperatorManifest,
  operatorManifestSchema,
  type Params,
  type RecordShape,
  schemaFaults,
} from "../model/index.ts";
import { type Fault, FaultList, positionsWithoutFile } from "./fault.ts";
import { limits } from "./limits.ts";
import { plainOf, positionsIn, readYaml } from "./read-yaml.ts";

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: OperatorManifest }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The text of an operator.yaml → its manifest, or every fault with its line. */
export function parseManifest(text: string, file: string): ParsedManifest {
  const bare = new FaultList({ ...positionsWithoutFile([]), file });
  const located = readYaml(text, bare);
  if (located === null || bare.any) return { ok: false, faults: bare.sorted() };
  const faults = new FaultList({ file, at: positionsIn(located), cells: [] });
  const plain = plainOf(located, faults);
  const parsed = operatorManifestSchema.safeParse(plain);
  if (!parsed.success) {
    for (const { code, path, message, remedy } of schemaFaults(operatorManifestSchema, plain, parsed.error)) {
      faults.add(code === "wrong-value" ? "manifest-invalid" : code, path, message, remedy);
    }
  }
  if (parsed.success && isOutsideFolder(parsed.data.body.file)) {
    faults.add(
      "wrong-value",
      "body.file",
      "the body lies outside the operator's folder",
      "Name a file of the folder that operator.yaml is in.",
    );
  }
  if (faults.any || !parsed.success) return { ok: false, faults: faults.sorted() };
  return { ok: true, manifest: parsed.data };
}

function isOutsideFolder(file: string): boolean {
  return file.startsWith("/") || file.includes("\\") || file.includes(":") || file.split("/").includes("..");
}

export function ownOperatorDigest(manifest: OperatorManifest, bodyDigest: Digest, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(["hedgerow operator", 1, manifest, bodyDigest]))) as Digest;
}

/** From a peer or a file: what `manifest` says must be a manifest, and small. */
export function readManifest(manifest: unknown): Result<OperatorManifest> {
  const parsed = operatorManifestSchema.safeParse(manifest);
  if (!parsed.success) {
    const [fault] = schemaFaults(operatorManifestSchema, manifest, parsed.error);
    return refuse("manifest-invalid", { blame: fault?.path ?? "", detail: `${fault?.message}. ${fault?.remedy}` });
  }
  if (toCanonical(parsed.data).length > limits.maxManifestBytes) {
    return refuse("manifest-invalid", { detail: `more than ${limits.maxManifestBytes} bytes` });
  }
  return accept(parsed.data);
}

export function descriptorOfManifest(
  manifest: OperatorManifest,
  bodyDigest: Digest,
  hasher: Hasher,
): OperatorDescriptor {
  return {
    name: manifest.name,
    kind: manifest.kind,
    summary: manifest.summary,
    inputs: { min: 1, max: limits.maxInputs },
    needs: null,
    limits: manifest.limits,
    digest: ownOperatorDigest(manifest, bodyDigest, hasher),
    infer: (params, inputs) => {
      const fault = faultOfParams(manifest, params) ?? faultOfInputs(manifest, inputs);
      if (fault !== null) return fault;
      const consumes = manifest.consumes.map((column) => column.name);
      return accept({ consumes, output: manifest.produces, stateless: manifest.stateless });
    },
  };
}

function faultOfParams(manifest: OperatorManifest, params: Params) {
  for (const [name, value] of Object.entries(params)) {
    const blame = `params.${name}`;
    if (!Object.hasOwn(manifest.params, name)) {
      const known = Object.keys(manifest.params);
      const allowed = known.length === 0 ? "it takes none." : `it takes ${known.join(", ")}.${didYouMean(name, known)}`;
      return refuse("operator-params", { blame, detail: `${manifest.name} has no param "${name}": ${allowed}` });
    }
    const type = typeof manifest.params[name];
    if (typeof value !== type) {
      return refuse("operator-params", { blame, detail: `${name} is a ${type}, here stands ${JSON.stringify(value)}` });
    }
  }
  return null;
}

function faultOfInputs(manifest: OperatorManifest, inputs: readonly RecordShape[]) {
  for (const [index, shape] of inputs.entries()) {
    for (const wanted of manifest.consumes) {
      const blame = `inputs[${index}].${wanted.name}`;
      const found = columnOf(shape, wanted.name);
      if (found === undefined) {
        const carried = shape.map((column) => column.name).join(", ");
        return refuse("attribute-not-produced", {
          blame,
          detail: `${wanted.name} is consumed, the input carries ${carried}`,
        });
      }
      if (found.type !== wanted.type || (found.nullable && !wanted.nullable)) {
        const given = `${found.type}${found.nullable ? ", possibly missing" : ""}`;
        return refuse("edge-type-mismatch", {
          blame,
          detail: `${wanted.name} is consumed as ${wanted.type}, the input carries it as ${given}`,
        });
      }
    }
  }
  return null;
}
