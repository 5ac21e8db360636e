// What is asked of people, as it travels inside a query and its plan: the statement itself, and how it is carried out. Whoever
// is asked reads the statement herself and makes the rest from it, so nothing about it has to be believed.
import { z } from "zod";
import { digestSchema } from "./id-schemas.ts";
import { questionValueSchema } from "./question.ts";
import { wordsSchema } from "./words.ts";

/** One cell adds all the noise and knows the value without it; or each gatherer adds a share, and nobody knows it. */
export const noisePlaces = ["one", "split"] as const;
export type NoisePlace = (typeof noisePlaces)[number];

export const askSettingsSchema = z.strictObject({
  /** Cells that gather contributions; each person's goes to one of them. */
  gatherers: z.number().int().min(1).max(16),
  /** Processors that stand by for each gatherer and for the total. */
  standby: z.number().int().min(0).max(8),
  noise: z.enum(noisePlaces),
  /** With fewer people found, by a noised count, nobody is asked. */
  minimumPeople: z.number().int().min(1).max(1_000_000),
  /** No more are asked; of more, so many are chosen at random. */
  maximumPeople: z.number().int().min(1).max(1_000_000),
  /** Nodes that pass a contribution on, one after the other. */
  forwarders: z.number().int().min(1).max(3),
  /** How long people's nodes have to answer. */
  answerMs: z
    .number()
    .int()
    .min(1_000)
    .max(7 * 86_400_000),
  /** The answer goes to everybody who was asked, too. Absent: to the analyst alone. */
  broadcast: z.literal(true).optional(),
});
export type AskSettings = z.output<typeof askSettingsSchema>;

/** What goes to whoever is found and takes it: plain text of a few pages, which a terminal can show. It never is in a query or a plan. */
export const messageSchema = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^(?:[^\p{Cc}]|[\n\t])+$/u, "plain text: no control characters but line ends and tabs");

export const askedSchema = z.strictObject({
  /** As the analyst wrote it. */
  text: z
    .string()
    .min(1)
    .max(32 * 1024),
  /** Of a statement that names itself not. */
  name: z.string().min(1).max(80),
  /** Values of `@name`, in the order of their names. */
  parameters: z.array(z.strictObject({ name: z.string().min(1).max(64), value: questionValueSchema })).max(64),
  /** Digest of the question that the statement is, read with the network's catalogue and these words. */
  question: digestSchema,
  settings: askSettingsSchema,
  /** The question brings a message to whom it asks, and counts who takes it: a commitment to its text (core/asking). */
  message: digestSchema.optional(),
  /** What the statement names beside the network's catalogue; absent: nothing. */
  words: wordsSchema.optional(),
});
export type Asked = z.output<typeof askedSchema>;
