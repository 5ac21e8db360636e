// What a person sees while something takes long: nothing for two seconds, then a line that moves on a terminal, or one
// plain line for each new step elsewhere. Always on stderr.
import type { Terminal } from "./terminal.ts";

/** Below this nobody wonders. */
const patienceMs = 2_000;
const frameMs = 120;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const eraseLine = "\r\u001b[2K";

export interface Progress {
  step(text: string): void;
  /** Takes the moving line away. Nothing is shown after that. */
  end(): void;
}

export function progressOn(terminal: Terminal, first: string, waitMs = patienceMs): Progress {
  const startedMs = performance.now();
  const moving = terminal.errIsTty && terminal.env.TERM !== "dumb";
  let text = first;
  let shown = "";
  let frame = 0;
  let repeat: ReturnType<typeof setInterval> | undefined;

  function show(): void {
    if (moving) {
      const seconds = Math.floor((performance.now() - startedMs) / 1_000);
      const line = `${frames[frame++ % frames.length]} ${text} (${seconds} s)`;
      terminal.err(`${eraseLine}${line.slice(0, Math.max(20, terminal.columns - 1))}`);
    } else if (text !== shown) {
      terminal.err(`${text} …\n`);
    }
    shown = text;
  }

  const patience = setTimeout(() => {
    show();
    if (moving) repeat = setInterval(show, frameMs);
  }, waitMs);

  return {
    step(next) {
      text = next;
      if (shown !== "" && !moving) show();
    },
    end() {
      clearTimeout(patience);
      clearInterval(repeat);
      if (moving && shown !== "") terminal.err(eraseLine);
    },
  };
}
