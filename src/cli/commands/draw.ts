// hedgerow draw table
import { type DrawTableOrder, drawTable } from "../../sdk/draw.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { drawTableText } from "../render/draw.ts";
import type { Session } from "../session.ts";

export async function table(session: Session, _: string[], options: DrawTableOrder): Promise<ExitCode> {
  const { nodes, colluding, alpha, risk } = options;
  const view = drawTable({ nodes, colluding, alpha, risk });
  await session.data(view);
  await session.say(drawTableText(view, session.style));
  return exitCodes.done;
}
