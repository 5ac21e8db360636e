// hedgerow pod synth
import { join, resolve } from "node:path";
import { professionNames, synthesise } from "../../sdk/pod.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { Session } from "../session.ts";
import { counted } from "../words.ts";

interface Options {
  readonly out: string;
  readonly people: number;
  readonly seed: number;
  readonly as: "pods" | "files";
  readonly professions?: ReadonlyMap<string, number>;
}

export async function podSynth(session: Session, _: string[], options: Options): Promise<ExitCode> {
  const { people, seed, as, professions } = options;
  const unknown = [...(professions?.keys() ?? [])].find((name) => !professionNames.includes(name));
  if (unknown !== undefined)
    throw usageFault(`Nobody invented is a ${unknown}.`, `Professions: ${professionNames.join(", ")}.`);
  const folder = resolve(session.terminal.cwd, options.out);
  const progress = session.progress(`inventing ${counted(people, "person", "people")}`);
  const report = await synthesise(
    { folder, people, seed, as, ...(professions === undefined ? {} : { professions }) },
    {
      signal: session.signal,
      onPerson(done) {
        if (session.terminal.errIsTty || done % Math.ceil(people / 10) === 0)
          progress.step(`${done} of ${people} people`);
      },
    },
  ).finally(progress.end);
  await session.data(report);
  await session.say(
    `${counted(report.people, "person", "people")} in ${session.style.bold(report.folder)}, ${report.rows.toLocaleString("en-GB")} rows, seed ${seed}\n`,
  );
  const first = join(options.out, `person-${"1".padStart(Math.max(4, String(people).length), "0")}`);
  if (as === "pods") session.note(session.json ? "" : `Look at one: hedgerow pod ls --node ${first}\n`);
  else session.note(session.json ? "" : `Import one: hedgerow pod import ${join(first, "samples.csv")}\n`);
  return exitCodes.done;
}
