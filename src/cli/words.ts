// How numbers, times and ids read. One way each, everywhere.
import type { Reason } from "../sdk/index.ts";

export function milliseconds(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  return duration(ms);
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

export function bytes(count: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let scaled = count;
  let unit = 0;
  while (scaled >= 1_000 && unit < units.length - 1) {
    scaled /= 1_000;
    unit++;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

export function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M/s`;
  if (perSecond >= 1e4) return `${(perSecond / 1e3).toFixed(0)} k/s`;
  return perSecond >= 100 || Number.isInteger(perSecond) ? `${Math.round(perSecond)}/s` : `${perSecond.toFixed(1)}/s`;
}

export function clockTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}

export function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Enough of a query id to tell it from others; the commands take it. */
export function shortQuery(id: string): string {
  return id.slice(0, 8);
}

/** The start of a node id says the same for all; its end tells them apart. */
export function shortNode(id: string): string {
  return `…${id.slice(-8)}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function listOf(names: readonly string[], none = "-"): string {
  return names.length === 0 ? none : names.join(", ");
}

/** `sentence (detail; cell plus; attribute location.precise)` */
export function reasonText(reason: Reason, nodeNames: ReadonlyMap<string, string> = new Map()): string {
  const about = [
    reason.detail,
    reason.vertex && `cell ${reason.vertex}`,
    reason.edge && `edge ${reason.edge}`,
    reason.attribute && `attribute ${reason.attribute}`,
    reason.node && `node ${reason.nodeName ?? nodeNames.get(reason.node) ?? shortNode(reason.node)}`,
  ].filter((part) => part !== undefined && part !== "");
  return about.length === 0 ? reason.sentence : `${reason.sentence} (${about.join("; ")})`;
}
