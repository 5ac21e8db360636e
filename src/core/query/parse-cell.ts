// One cell of a query file → a vertex. `run` names the operator, `from` its inputs, `with` its params, `at` where it
// runs, `use` the sensor or outlet of its node.
import { didYouMean, type VertexId, vertexIdPattern } from "../base/index.ts";
import { maxDrawn, type NodeFunction, nodeFunctions, type Placement } from "../model/index.ts";
import type { DraftVertex } from "./draft.ts";
import { limits } from "./limits.ts";
import { type Located, type LocatedMap, plainOf } from "./read-yaml.ts";
import { describeLocated, type KeyRule, type Reader } from "./reader.ts";

const cellKeys: Readonly<Record<string, KeyRule>> = {
  run: { required: true, example: "run: increment" },
  from: { example: "from: numbers" },
  with: { example: "with: { attribute: reading.value }" },
  at: { required: true, example: "at: transform" },
  use: { example: "use: camera" },
};
const nameRule = "Use a-z, 0-9 and -, start with a letter, at most 40 characters.";
const placementRule = `Allowed: ${nodeFunctions.join(", ")}, asker, { node: NAME }, { drawn: COUNT }.`;

/** What could not be read is null, or said to be unread; the faults say why. */
export function parseCell(id: string, located: Located, reader: Reader): DraftVertex {
  const before = located.path;
  const cell = reader.map(located, `the cell ${id}`);
  if (!vertexIdPattern.test(id)) {
    reader.faults.add("wrong-value", before, `a cell cannot be named ${JSON.stringify(id)}`, nameRule);
  }
  if (cell === null) {
    const unread = { operator: null, params: null, placement: null, equipment: null } as const;
    return { id: id as VertexId, ...unread, inputs: [], hasUnreadInputs: true };
  }
  reader.keys(cell, `the cell ${id}`, cellKeys);
  const use = cell.entries.get("use");
  return {
    id: id as VertexId,
    operator: parseOperatorName(cell, reader),
    placement: parsePlacement(cell, reader),
    ...parseInputs(cell, reader),
    params: parseParams(cell, reader),
    ...(use === undefined ? {} : { equipment: reader.text(use.value, "`use` (the name of a sensor or outlet)", 80) }),
  };
}

function parseOperatorName(cell: LocatedMap, reader: Reader): string | null {
  const run = cell.entries.get("run");
  return run === undefined ? null : reader.name(run.value, "`run` (an operator's name)", vertexIdPattern, nameRule);
}

function parseInputs(cell: LocatedMap, reader: Reader): Pick<DraftVertex, "inputs" | "hasUnreadInputs"> {
  const from = cell.entries.get("from");
  if (from === undefined) return { inputs: [] };
  const items = from.value.kind === "list" ? from.value.items : [from.value];
  if (items.length > limits.maxInputs) {
    reader.wrong(
      from.value,
      `${items.length} inputs, at most ${limits.maxInputs}`,
      "Merge some of them in a cell before.",
    );
    return { inputs: [], hasUnreadInputs: true };
  }
  const names = items.map((item) =>
    reader.name(
      item,
      "`from` (a cell, or a list of cells)",
      vertexIdPattern,
      "Name cells of this plan: `from: a` or `from: [a, b]`.",
    ),
  );
  const inputs = names.filter((name) => name !== null) as VertexId[];
  return { inputs, ...(inputs.length === names.length ? {} : { hasUnreadInputs: true }) };
}

function parseParams(cell: LocatedMap, reader: Reader): Record<string, unknown> | null {
  const given = cell.entries.get("with");
  if (given === undefined) return {};
  const map = reader.map(given.value, "`with`");
  if (map === null) return null;
  if (map.entries.size > limits.maxParams) {
    reader.wrong(map, `${map.entries.size} params, at most ${limits.maxParams}`, "Remove some.");
    return null;
  }
  const before = reader.faults.count;
  const params = plainOf(map, reader.faults) as Record<string, unknown>;
  return reader.faults.count > before ? null : params;
}

function parsePlacement(cell: LocatedMap, reader: Reader): Placement | null {
  const at = cell.entries.get("at")?.value;
  if (at === undefined) return null;
  if (at.kind === "scalar" && typeof at.value === "string") {
    if (at.value === "asker") return "asker";
    if ((nodeFunctions as readonly string[]).includes(at.value)) return { function: at.value as NodeFunction };
    const hint = didYouMean(at.value, [...nodeFunctions, "asker"]);
    reader.wrong(
      at,
      `no cell runs at ${describeLocated(at)}`,
      `${placementRule}${hint || ` For a node of that name, write { node: ${at.value} }.`}`,
    );
    return null;
  }
  if (at.kind !== "map" || at.entries.size !== 1) {
    reader.wrong(at, `a placement cannot be ${describeLocated(at)}`, placementRule);
    return null;
  }
  const [key, value] = [...at.entries].map(([name, entry]) => [name, entry.value] as const)[0]!;
  switch (key) {
    case "node": {
      const node = reader.text(value, "`node` (a node's name or id)", 80);
      return node === null ? null : { node };
    }
    case "matching": {
      const matching = reader.text(value, "`matching` (an expression)", 1_024);
      return matching === null ? null : { matching };
    }
    case "drawn": {
      const drawn = value.kind === "scalar" ? value.value : null;
      if (typeof drawn === "number" && Number.isInteger(drawn) && drawn >= 1 && drawn <= maxDrawn) return { drawn };
      reader.wrong(
        value,
        `\`drawn\` cannot be ${describeLocated(value)}`,
        `Write a whole number from 1 to ${maxDrawn}.`,
      );
      return null;
    }
    default:
      reader.faults.add(
        "unknown-key",
        value.path,
        `a placement has no key "${key}"`,
        `${placementRule}${didYouMean(key, ["node", "drawn"])}`,
      );
      return null;
  }
}
