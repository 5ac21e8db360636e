export { type AddressFault, type AddressUse, faultOfAddress } from "./address.ts";
export { type ControlArea, controlAreas } from "./control-frame.ts";
export { limits as overlayLimits } from "./limits.ts";
export { createOverlay, OverlayRefused } from "./overlay.ts";
export type { MessageHandler, Overlay, OverlayOptions, PeerEvent } from "./types.ts";
