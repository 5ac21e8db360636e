// One cell of a query file → a vertex. `run` names the operator, `from` its inputs, `with` its params, `at` where it
// runs, `use` the sensor or outlet of its node.
import { didYouMean, type VertexId, vertexIdPattern } from "../base/index.ts";
import { maxDrawn, type NodeFunction, nodeFunctions, type Placement, type Vertex } from "../model/index.ts";
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
const placementRule = `Allowed: ${nodeFunctions.join(", ")}, asker, { node: NAME }, { matching: EXPRESSION }, { drawn: COUNT }.`;

/** null when something that no later check can do without is missing; the faults say what. */
export function parseCell(id: string, located: Located, reader: Reader): Vertex | null {
  const before = located.path;
  const cell = reader.map(located, `the cell ${id}`);
  if (!vertexIdPattern.test(id)) {
    reader.faults.add("wrong-value", before, `a cell cannot be named ${JSON.stringify(id)}`, nameRule);
  }
  if (cell === null) return null;
  reader.keys(cell, `the cell ${id}`, cellKeys);
  const operator = parseOperatorName(cell, reader);
  const placement = parsePlacement(cell, reader);
  const inputs = parseInputs(cell, reader);
  const params = parseParams(cell, reader);
  const use = cell.entries.get("use");
  const equipment = use === undefined ? null : reader.text(use.value, "`use` (the name of a sensor or outlet)", 80);
  if (operator === null || placement === null || inputs === null || params === null) return null;
  return { id: id as VertexId, operator, params, inputs, placement, ...(equipment === null ? {} : { equipment }) };
}

function parseOperatorName(cell: LocatedMap, reader: Reader): string | null {
  const run = cell.entries.get("run");
  return run === undefined ? null : reader.name(run.value, "`run` (an operator's name)", vertexIdPattern, nameRule);
}

function parseInputs(cell: LocatedMap, reader: Reader): VertexId[] | null {
  const from = cell.entries.get("from");
  if (from === undefined) return [];
  const items = from.value.kind === "list" ? from.value.items : [from.value];
  if (items.length > limits.maxInputs) {
    reader.wrong(
      from.value,
      `${items.length} inputs, at most ${limits.maxInputs}`,
      "Merge some of them in a cell before.",
    );
    return null;
  }
  const names = items.map((item) =>
    reader.name(
      item,
      "`from` (a cell, or a list of cells)",
      vertexIdPattern,
      "Name cells of this plan: `from: a` or `from: [a, b]`.",
    ),
  );
  return names.every((name) => name !== null) ? (names as VertexId[]) : null;
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
  return plainOf(map, reader.faults) as Record<string, unknown>;
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
        `${placementRule}${didYouMean(key, ["node", "matching", "drawn"])}`,
      );
      return null;
  }
}
