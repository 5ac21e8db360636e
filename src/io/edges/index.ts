export type { DialledEdge, EdgeRoute } from "./dialer.ts";
export { IncomingEdge, type IncomingFrame, type IncomingPeer } from "./incoming.ts";
export { CellKeyPool, deriveLinkKeys, type LinkKeys } from "./keys.ts";
export { limits as edgeLimits } from "./limits.ts";
export { EdgeListener, type EdgeListenerOptions } from "./listener.ts";
export { OutgoingEdge, type OutgoingPeer } from "./outgoing.ts";
export { keepFreedMemory, releaseBuffer } from "./release.ts";
export { FrameOpener, FrameSealer, isLarge, type SealedFrame } from "./seal.ts";
