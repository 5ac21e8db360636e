// What the local API serves: the daemon's answers to the routes of src/sdk/api.ts.
import type { NodeService } from "../sdk/index.ts";
import type { Daemon } from "./daemon.ts";
import { drawRoutes } from "./service-draw.ts";
import { nodeRoutes } from "./service-node.ts";
import { queryRoutes } from "./service-queries.ts";
import { resultRoutes } from "./service-results.ts";

export function serviceOf(daemon: Daemon, shutdown: () => void): NodeService {
  return { ...nodeRoutes(daemon, shutdown), ...queryRoutes(daemon), ...resultRoutes(daemon), ...drawRoutes(daemon) };
}
