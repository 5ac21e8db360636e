// Structured logs: one JSON line per event, a fixed event name, never anything personal or peer-supplied above debug.
// Refusals carry their code; details of a refusal may hold peer text, so they are logged at debug only.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type DestinationStream, destination, type Logger, pino } from "pino";
import type { Refusal } from "../core/base/index.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  refusal(event: string, refusal: Refusal, fields?: LogFields): void;
  child(fields: LogFields): Log;
  flush(): void;
}

export function openLog(options: { level: string; file?: string; name: string }): Log {
  if (options.file !== undefined) mkdirSync(dirname(options.file), { recursive: true });
  const stream: DestinationStream = destination({ dest: options.file ?? 2, sync: true });
  const root = pino(
    {
      level: options.level,
      base: { node: options.name },
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return wrap(root);
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    refusal(event, refusal, fields = {}) {
      logger.info({ ...fields, code: refusal.code }, event);
      if (refusal.detail !== undefined) logger.debug({ ...fields, code: refusal.code, detail: refusal.detail }, event);
    },
    child: (fields) => wrap(logger.child(fields)),
    flush: () => logger.flush(),
  };
}
