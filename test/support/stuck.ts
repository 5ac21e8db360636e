// What a test file that never ends is told from: a thread that, when the file has run for too long, says which test it
// was in and where its code stood, and ends the process. A loop that never yields stops every timer of its own thread,
// a test's time limit among them, so the limit has to be kept by another one; without it the whole run would hang.
import { Worker } from "node:worker_threads";

const watcher = `
const { parentPort, workerData } = require("node:worker_threads");
const { Session } = require("node:inspector");
const { writeSync } = require("node:fs");
let test = "before its first test";
parentPort.on("message", (name) => { test = name; });
const say = (line) => writeSync(2, line + "\\n");
setTimeout(() => {
  say("stuck: " + workerData.file + " has run for " + workerData.limitMs / 1000 + " s; it is in: " + test);
  const end = () => process.kill(process.pid, "SIGKILL");
  setTimeout(() => { say("stuck: its thread does not answer, so it waits in native code"); end(); }, 5000);
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    for (const { functionName, location } of params.callFrames) {
      say("    at " + (functionName || "(anonymous)") + " " + urls.get(location.scriptId) + ":" + (location.lineNumber + 1));
    }
    end();
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}, workerData.limitMs);
`;

/** Ends this process `limitMs` from now. The function given back tells the watcher which test is running. */
export function watchForStuck(file: string, limitMs: number): (test: string) => void {
  const worker = new Worker(watcher, { eval: true, workerData: { file, limitMs }, execArgv: [] });
  worker.unref();
  return (test) => worker.postMessage(test);
}
