export { perMinute } from "./maintenance.ts";
export {
  type DrawOrder,
  drawOrderLimits,
  type OverlayName,
  overlays,
  type StrategyName,
  strategies,
  tableOf as drawTableOf,
} from "./order.ts";
export { type DrawReport, type SimulateOptions, simulateDraw } from "./simulate.ts";
