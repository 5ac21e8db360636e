// A message to whoever an expression of concepts finds (SEP2P §5.1, use case 2), as the question that brings it: a count of those who take it.
import { messageSchema } from "../core/model/index.ts";
import type { FaultView, Submission } from "./index.ts";

export interface DiffusionOrder {
  /** Conditions on `profile('…')`, as in WHERE. */
  readonly to: string;
  readonly message: string;
  readonly purpose: string;
  /** Of the message, as its readers see it. */
  readonly name: string;
  /** What being counted costs each who takes it. */
  readonly epsilon: number;
}

/** Where faults of the expression are said to be. */
const place = "--to";
/** Lines before the expression. */
const linesBefore = 4;

/** The message was looked at before: `messageFault`. */
export function submissionOfMessage({ to, message, purpose, name, epsilon }: DiffusionOrder): Submission {
  const text = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const options = `epsilon = ${epsilon}, delta = 1e-9, purpose = ${text(purpose)}, name = ${text(name)}`;
  const statement = `SELECT WITH DIFFERENTIAL_PRIVACY\nOPTIONS(${options})\nCOUNT(*) AS people FROM people\nWHERE\n${to}\n`;
  return { fileName: "message.sql", text: statement, message };
}

/** null: it can be sent. */
export function messageFault(message: string): string | null {
  const parsed = messageSchema.safeParse(message);
  if (parsed.success) return null;
  if (message.length === 0) return "it is empty";
  return message.length > 4_096
    ? `it has ${message.length} characters, at most 4096 are allowed`
    : "it is no plain text";
}

/** In the words of who wrote the expression, not the statement. */
export function faultsInExpression(faults: readonly FaultView[]): FaultView[] {
  return faults.map((fault) => ({ ...fault, file: place, line: Math.max(1, fault.line - linesBefore) }));
}
