// A statement that may take long: on a connection of its own, computed by a thread of libsql's, so that the thread that asks goes on
// meanwhile and can interrupt it.
import { join } from "node:path";
import Database from "libsql/promise";
import type { LocalRow } from "../../../core/terms/index.ts";
import { failed, failedBy, type PodAnswer, type Prepared, tooManyRows, tooSlow } from "../answer.ts";
import { encryptionKeyOf, podFile, settingsSql } from "../database.ts";
import { limits } from "../limits.ts";

/** What libsql's declarations leave open. */
interface AsyncStatement {
  raw(): void;
  safeIntegers(on: boolean): void;
  iterate(binds: readonly unknown[]): Promise<Iterable<LocalRow>>;
}

export async function answerInterruptibly(
  folder: string,
  key: Uint8Array,
  { sql, binds }: Prepared,
  withinMs: number,
  ending: AbortSignal,
): Promise<PodAnswer> {
  const untilMs = performance.now() + withinMs;
  let database: Database | undefined;
  let interrupting: NodeJS.Timeout | undefined;
  let isLate = false;
  // Between two statements there is nothing to interrupt, and the next one begins: so until it is over.
  const interrupt = () => {
    database?.interrupt();
    interrupting = setTimeout(interrupt, limits.interruptEveryMs);
  };
  const late = setTimeout(() => {
    isLate = true;
    interrupt();
  }, withinMs);
  ending.addEventListener("abort", interrupt);
  try {
    if (ending.aborted) return failed("the node is shutting down");
    const options = { encryptionKey: encryptionKeyOf(key), timeout: limits.askedBusyTimeoutMs };
    database = new Database(join(folder, podFile), options);
    await database.exec(`${settingsSql}; pragma query_only=ON`);
    // Only the first step of a statement is computed elsewhere. To count its rows over all of them, all of them are in it.
    const whole = `SELECT *, count(*) OVER () FROM (SELECT * FROM (${sql}) LIMIT ${limits.maxAnswerRows + 1})`;
    const statement = (await database.prepare(whole)) as AsyncStatement;
    statement.raw();
    statement.safeIntegers(true);
    const rows: LocalRow[] = [];
    for (const row of await statement.iterate(binds)) {
      if (Number(row.at(-1)) > limits.maxAnswerRows) return tooManyRows();
      if (performance.now() > untilMs) return tooSlow(withinMs);
      rows.push(row.slice(0, -1));
    }
    return { rows, trouble: null };
  } catch (cause) {
    return isLate ? tooSlow(withinMs) : cause instanceof Error ? failedBy(cause) : failed(String(cause));
  } finally {
    clearTimeout(late);
    clearTimeout(interrupting);
    ending.removeEventListener("abort", interrupt);
    database?.close();
  }
}
