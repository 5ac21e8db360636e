export * from "./behaviour.ts";
export * from "./crypto.ts";
export { type LostWrite, SimulatedDisk } from "./disk.ts";
export { EventQueue } from "./event-queue.ts";
export { calmLink, type Delay, type LinkQuality, roughLink, type SimulatedNetwork } from "./network.ts";
export * from "./options.ts";
export { Random } from "./random.ts";
export * from "./simulation.ts";
export { Trace, type TraceOptions } from "./trace.ts";
