// Plans of a simulation, as a node makes them of a question and a roster (node/planning.ts), and where processors are.
import type { Places } from "../../core/asking/index.ts";
import { type Digest, type Hasher, type NodeId, type QueryId, toCanonical, toHex } from "../../core/base/index.ts";
import { encodeRoster, type Roster } from "../../core/draw/index.ts";
import { operatorLimitsSchema, type Plan, planSchema, type Query, queryDigest } from "../../core/model/index.ts";
import { shareOut } from "../../core/query/index.ts";
import { analystName } from "./options.ts";

export function planOf(
  query: Query,
  roster: Roster,
  { id: planId, network, crypto }: { readonly id: QueryId; readonly network: string; readonly crypto: Hasher },
  changed: Partial<Plan> = {},
): Plan {
  const [dag] = query.alternatives;
  const cells = dag!.vertices.map(({ id, placement }) => ({
    id,
    drawn: typeof placement === "object" && "drawn" in placement ? placement.drawn : undefined,
  }));
  const shares = shareOut(cells, roster.actors);
  const plan: Plan = {
    id: planId,
    network,
    name: query.name,
    purpose: query.purpose,
    query: queryDigest(query, crypto),
    alternative: dag!.name,
    analyst: { node: roster.header.trigger, principal: analystName },
    vertices: dag!.vertices.map(({ id, operator, params, inputs }, i) => {
      const [node = roster.header.trigger, ...spares] = shares.get(id) ?? [];
      const drawn = cells[i]!.drawn;
      const digest = toHex(crypto.sha256(toCanonical(operator))) as Digest;
      const kind = operator === "people-find" ? "source" : operator === "sink-result" ? "sink" : "transform";
      return {
        id,
        operator: { name: operator, digest, kind },
        params,
        inputs,
        consumes: [],
        output: null,
        stateless: false,
        limits: operatorLimitsSchema.parse({}),
        node,
        spares,
        ...(drawn === undefined ? {} : { drawn }),
      };
    }),
    roster: encodeRoster(roster),
    ...(query.asked === undefined ? {} : { asked: query.asked }),
    ...changed,
  };
  return planSchema.parse(plan);
}

const mostPlaces = 10_000;

/** Nobody joins or leaves, and all look up the places of the same few keys. */
export function remembering(places: Places, all: number): Places {
  const known = new Map<string, readonly NodeId[]>();
  return {
    nearest(point, count) {
      const name = toHex(point);
      const nearest = known.get(name) ?? places.nearest(point, all);
      if (known.size >= mostPlaces) known.clear();
      known.set(name, nearest);
      return nearest.slice(0, count);
    },
  };
}
