// Who lives in a local network: the venue's nodes, households of invented people, and an analyst.
import type { NodeFunction, Rule } from "../core/model/index.ts";
import { localNetwork } from "./folder.ts";

const analystName = localNetwork.analyst;
const houses = ["beech-house", "hazel-house", "maple-house", "rowan-house"];

export interface LocalNodeOrder {
  readonly name: string;
  readonly roles: readonly ("analyst" | "owner" | NodeFunction)[];
  /** Who answers for it; absent: every analyst is the same person, every other node its own. */
  readonly principal?: string;
  readonly rules?: readonly Rule[];
  readonly equipment?: readonly Record<string, unknown>[];
  /** Invented people whose pods the node keeps. */
  readonly people?: InventedPeople;
}

export interface InventedPeople {
  readonly count: number;
  readonly seed: number;
  /** Only these professions, each with its weight. */
  readonly professions?: Readonly<Record<string, number>>;
}

/** The nodes that `hedgerow up --nodes N` starts: N venue nodes, taking the functions in turn, and an analyst. */
export function standardNodes(venueNodes: number): LocalNodeOrder[] {
  const cast: LocalNodeOrder[] = [
    { name: "meter", roles: ["producer"] },
    { name: "workshop", roles: ["transform"] },
    { name: "gateway", roles: ["exit"] },
    {
      name: "hallway",
      roles: ["producer"],
      rules: [
        {
          effect: "forbid",
          attribute: "location.precise" as Rule["attribute"],
          reason: "where exactly somebody stands stays in the hallway",
        },
      ],
    },
    { name: "annexe", roles: ["transform"] },
  ];
  const functions: NodeFunction[] = ["producer", "transform", "exit"];
  const venue = Array.from(
    { length: venueNodes },
    (_, index) => cast[index] ?? { name: `venue-${index + 1}`, roles: [functions[index % 3]!] },
  );
  return [...venue, { name: analystName, roles: ["analyst"] }];
}

/** Households of invented people, each a node that can process for others, too. */
export function standardHouses(people: number): LocalNodeOrder[] {
  const count = Math.ceil(people / houses.length);
  return people === 0
    ? []
    : houses.map((name, index) => ({
        name,
        roles: ["owner", "transform"] as const,
        people: {
          count: Math.min(count, people - index * count),
          seed: index + 1,
          professions: { pilot: 9, academic: 1 },
        },
      }));
}
