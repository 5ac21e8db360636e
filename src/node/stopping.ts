// How a node stops: its queries first, so that their cells can go on elsewhere; then what others wait for; then everything else.
import { isOver } from "../core/lifecycle/index.ts";
import type { Daemon } from "./daemon.ts";

/** How long a stopping node waits for its cells' replacements to be arranged. */
const handOverMs = 400;

type Parts = Pick<
  Daemon,
  | "log"
  | "asked"
  | "coordinators"
  | "participants"
  | "draws"
  | "caches"
  | "asking"
  | "members"
  | "inquiries"
  | "audits"
  | "host"
>;

/** `last`: what the parts stand on, closed after them, in order. */
export async function closeDown(
  { log, asked, coordinators, participants, draws, caches, asking, members, inquiries, audits, host }: Parts,
  last: readonly (() => void | Promise<void>)[],
): Promise<void> {
  log.info("node-stopping");
  for (const query of asked.all()) {
    query.anew?.cancel();
    if (query.state?.at === "flowing" || query.state?.at === "degraded") coordinators.detach(query.id);
    else if (query.outcome === null) coordinators.stopQuery(query.id);
  }
  // Cells of queries that were asked here: whoever could arrange anything has just been detached. They are lost with this node, as
  // after a crash, and made anew when it comes back; a cell that failed would not be.
  const held = participants.queries().filter((query) => {
    const state = participants.state(query);
    if (asked.get(query) !== undefined) return false;
    return state?.at === "flowing" && state.cells.some((cell) => !isOver(cell.at));
  });
  for (const query of held) participants.leave(query);
  if (held.length > 0 || asked.all().some((query) => query.outcome === null))
    await new Promise((resolve) => setTimeout(resolve, handOverMs));
  await draws.finish();
  caches.stop();
  await asking.stop();
  members.leave();
  inquiries.stop();
  await audits.close();
  await host.close();
  coordinators.stop();
  participants.stop();
  members.stop();
  for (const close of last) await close();
  log.info("node-stopped");
  log.flush();
}
