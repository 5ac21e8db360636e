// Which query a person means: its id, the start of one, its name; or, where nothing can be broken by it, the newest.
import type { QuerySummary } from "../sdk/index.ts";
import { CommandFailed } from "./failure.ts";
import type { Session } from "./session.ts";
import { shortQuery } from "./words.ts";

const whole = /^[0-9a-f]{32}$/;
const maxListed = 5;

export async function pickQuery(session: Session, given: string | undefined): Promise<string> {
  if (given !== undefined && whole.test(given)) return given;
  const { queries } = await session.client.queryList({}, { signal: session.signal });
  if (given === undefined) return newest(queries);
  const byId = queries.filter((query) => query.id.startsWith(given.toLowerCase()));
  if (byId.length === 1) return byId[0]!.id;
  if (byId.length > 1) {
    const some = byId.slice(0, maxListed).map((query) => query.id);
    throw new CommandFailed(`${byId.length} queries begin with ${given}: ${some.join(", ")}.`, {
      code: "query-ambiguous",
      next: "Give more of the id.",
    });
  }
  const byName = queries.find((query) => query.name === given);
  if (byName !== undefined) return byName.id;
  throw new CommandFailed(`No query has the id or the name ${given}.`, {
    code: "unknown-query",
    next:
      queries.length === 0
        ? "There are none yet: hedgerow query run FILE"
        : `There are ${known(queries)}: hedgerow query ls`,
  });
}

function newest(queries: readonly QuerySummary[]): string {
  const first = queries[0];
  if (first !== undefined) return first.id;
  throw new CommandFailed("There are no queries yet.", {
    code: "unknown-query",
    next: "Run one: hedgerow query run FILE",
  });
}

function known(queries: readonly QuerySummary[]): string {
  const some = queries.slice(0, maxListed).map((query) => `${shortQuery(query.id)} (${query.name})`);
  return some.join(", ") + (queries.length > maxListed ? ", …" : "");
}
