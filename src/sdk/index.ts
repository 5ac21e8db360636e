// What others import: the table of the local API, its views, and the client that derives from it. The facades that read
// files and run sandboxes (authority, query, workbench) are entry points of their own, so that a client stays light.

export { type NodeFunction, nodeFunctions, type Role, roles } from "../core/model/index.ts";
export * from "./api.ts";
export * from "./audit-views.ts";
export { type CallOptions, type ConnectOptions, clientOver, connect, type HedgerowClient, tokenOf } from "./client.ts";
export * from "./draw-views.ts";
export { ApiRefusal, ConnectionLost, NodeNotRunning } from "./errors.ts";
export { localNetwork, socketPathOf } from "./folder.ts";
export * from "./question-views.ts";
export { valueOrThrow } from "./refused.ts";
export { type RingPlaces, ringLines } from "./ring.ts";
export { type Answer, type Call, httpTransport, type Place, type Transport } from "./transport.ts";
export { version } from "./version.ts";
export * from "./views.ts";
