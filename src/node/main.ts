// A node as a process of its own: `node dist/node/main.js --folder FOLDER [--until-stdin-ends]`.
import "../io/runtime/polyfill.ts";
import { parseArgs } from "node:util";
import { ApiRefusal } from "../sdk/index.ts";
import { runNode } from "./run-node.ts";

const { values } = parseArgs({
  options: { folder: { type: "string" }, "until-stdin-ends": { type: "boolean", default: false } },
});
if (values.folder === undefined) {
  process.stderr.write("hedgerow: which node? --folder FOLDER\n");
  process.exit(2);
}
const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
if (values["until-stdin-ends"]) {
  process.stdin.resume();
  process.stdin.on("end", () => stop.abort());
  process.stdin.on("error", () => stop.abort());
}
const code = await runNode({ folder: values.folder, signal: stop.signal, onReady: () => {} }).catch((cause) => {
  process.stderr.write(`hedgerow: ${told(cause)}\n`);
  return 1;
});
process.exit(code);

function told(cause: unknown): string {
  if (cause instanceof ApiRefusal) {
    const about = [cause.blame, cause.detail].filter((part) => part !== undefined).join(": ");
    return `${cause.sentence}${about === "" ? "" : ` (${about})`}`;
  }
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
