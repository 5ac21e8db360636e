// Colours, only where somebody sees them: on a terminal, and not against NO_COLOR or TERM=dumb.
import type { Terminal } from "./terminal.ts";

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  doubtful(text: string): string;
  bad(text: string): string;
}

export function styleFor(terminal: Terminal, isTty: boolean): Style {
  const { env } = terminal;
  const coloured = isTty && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  const paint = (open: number, close: number) => (text: string) =>
    coloured && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), good: paint(32, 39), doubtful: paint(33, 39), bad: paint(31, 39) };
}
