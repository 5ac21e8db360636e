// Runs once before each test file: the few globals that Node 20 lacks and libp2p expects, and a limit on the whole file.
import "../src/io/runtime/polyfill.ts";
import { beforeEach, expect } from "vitest";
import { watchForStuck } from "./support/stuck.ts";

/** Three times what the slowest file takes on a busy machine. */
const limitMs = 12 * 60_000;

const running = watchForStuck(expect.getState().testPath ?? "a test file", limitMs);
beforeEach(({ task }) => running(task.name));
