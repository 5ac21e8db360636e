// Runs once before each test file: the few globals that Node 20 lacks and libp2p expects.
import "../src/io/runtime/polyfill.ts";
