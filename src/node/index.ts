// The entry points that the CLI starts: a node in this process, and a local network of node processes.
export { type Daemon, startDaemon } from "./daemon.ts";
export { type NodeOptions, runNode } from "./run-node.ts";
export { runUp } from "./up/index.ts";
