// Method and path → route. The table is small and fixed, so a route is a list of path segments and matching compares
// them one by one. A path that matches nothing is answered with the nearest one there is.
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { type RouteName, type RouteShape, routeNames, routes } from "../../sdk/index.ts";

export interface Matched {
  readonly name: RouteName;
  readonly route: RouteShape;
  /** What the path said, by the names in the route. */
  readonly params: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly name: RouteName;
  readonly route: RouteShape;
  readonly segments: readonly string[];
}

// Fixed segments come before named ones, so that /queries/run is not taken for a query named "run".
const compiled: readonly Compiled[] = routeNames
  .map((name) => ({ name, route: routes[name] as RouteShape, segments: routes[name].path.split("/") }))
  .sort((a, b) => namedSegments(a) - namedSegments(b));

function namedSegments(entry: Compiled): number {
  return entry.segments.filter((segment) => segment.startsWith(":")).length;
}

export function matchRoute(method: string, path: string): Result<Matched> {
  const segments = path.split("/");
  let otherMethod: Compiled | undefined;
  for (const entry of compiled) {
    const params = matchSegments(entry.segments, segments);
    if (params === null) continue;
    if (entry.route.method === method) return accept({ name: entry.name, route: entry.route, params });
    otherMethod ??= entry;
  }
  if (otherMethod !== undefined) return refuse("api-method", { detail: `use ${otherMethod.route.method}` });
  const near = nearestRoute(path);
  return refuse("api-unknown-route", { detail: `nearest: ${near.method} ${near.path}` });
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const segment = segments[at] ?? "";
    if (!expected.startsWith(":")) {
      if (segment !== expected) return null;
      continue;
    }
    const value = decoded(segment);
    if (value === null || value === "") return null;
    params[expected.slice(1)] = value;
  }
  return params;
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function nearestRoute(path: string): RouteShape {
  const asked = path.slice(0, 128);
  let best = compiled[0]!;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const entry of compiled) {
    const distance = editDistance(asked, entry.route.path);
    if (distance < bestDistance) {
      best = entry;
      bestDistance = distance;
    }
  }
  return best.route;
}

/** Levenshtein's distance; both sides are short. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      current.push(Math.min(current[column - 1]! + 1, above[column]! + 1, above[column - 1]! + same));
    }
    above = current;
  }
  return above[b.length]!;
}
