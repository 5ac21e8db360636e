// Opens the node's cell host: its edges, its equipment, its sandbox.
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { NodeId, Signer } from "../core/base/index.ts";
import type { Assurance } from "../core/model/index.ts";
import { type CellHost, createCellHost, type PortedCell } from "../io/cells/index.ts";
import { createPorts } from "../io/equipment/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import { type Sandbox, startsBodies } from "../io/sandbox/index.ts";
import { openReceiptStore } from "../io/storage/index.ts";
import { catalogue, type PeoplePorts } from "../operators/index.ts";
import { inFolder, type NodeConfig } from "./config.ts";
import type { Results } from "./results.ts";

export interface CellHostParts {
  readonly folder: string;
  readonly config: NodeConfig;
  readonly node: NodeId;
  readonly signer: Signer;
  readonly assurance: Assurance;
  readonly overlay: Overlay;
  readonly sandbox: Sandbox;
  readonly results: Results;
  /** Work of the cells that ask people. */
  readonly people: (cell: PortedCell) => PeoplePorts | undefined;
}

export function openCellHost(parts: CellHostParts): Promise<CellHost> {
  const { folder, config, overlay, sandbox, results } = parts;
  const equipment = config.equipment.map((place) => ({
    ...place,
    file: place.file === undefined ? undefined : inFolder(folder, place.file),
  }));
  return createCellHost({
    node: parts.node,
    signer: parts.signer,
    assurance: parts.assurance,
    listener: { host: config.edges.host, port: config.edges.port, advertiseHosts: advertisedHosts(config) },
    operators: catalogue(),
    receiptStore: openReceiptStore({ folder: join(folder, "signed") }),
    ports(cell) {
      const { query, vertex } = cell;
      const people = parts.people(cell);
      const ports = createPorts({
        of: { query, vertex },
        equipment,
        print: (line) => results.print(query, vertex, line),
        keep: (batch, position) => results.keep(query, vertex, batch, position),
        kept: () => results.kept(query, vertex),
      });
      return people === undefined ? ports : { ...ports, people };
    },
    startBody: startsBodies(sandbox),
    openEdgeStream: (to) => overlay.openEdgeStream(to),
  });
}

/** Hosts under which data edges are dialled: those configured, or this machine's own when it listens on all of them. */
function advertisedHosts(config: NodeConfig): string[] | undefined {
  const { host } = config.edges;
  if (host !== "0.0.0.0" && host !== "::") return undefined;
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && address.family === "IPv4")
    .map((address) => address.address);
  return [...own, "127.0.0.1"].slice(0, 8);
}
