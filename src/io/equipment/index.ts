export { createPorts, type EquipmentPlace, type PortsOptions } from "./ports.ts";
