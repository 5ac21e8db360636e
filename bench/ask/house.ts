// A process that keeps 500 people's pods; and, in turn, the references' part of the work. Driven by messages of its parent.
import { join } from "node:path";
import { eachByHerself, withoutDelays } from "./limits.ts";
import { type Known, type Member, type MemberOrder, startMember } from "./member.ts";
import { bareCosts } from "./operations.ts";
import { makePods } from "./pods.ts";
import { prio3Sum } from "./prio3.ts";
import { listenBare, type Papers } from "./tls.ts";

export type HouseCommand =
  | { readonly type: "keep"; readonly order: MemberOrder; readonly people: number; readonly seed: number }
  | { readonly type: "meet"; readonly known: readonly Known[] }
  | { readonly type: "sent" }
  | { readonly type: "spent" }
  | { readonly type: "listen"; readonly papers: Papers }
  | { readonly type: "prio3"; readonly measurements: number }
  | { readonly type: "bare" }
  | { readonly type: "stop" };

export interface Spent {
  readonly processorUs: number;
  readonly signed: number;
  readonly verified: number;
  readonly refusals: readonly (readonly [string, number])[];
}

/** Answers each command with what came of it. */
export function runHouse(): void {
  let member: Member | undefined;
  let sent = 0;

  async function perform(command: HouseCommand): Promise<unknown> {
    switch (command.type) {
      case "keep":
        withoutDelays();
        eachByHerself();
        await makePods(join(command.order.folder, "people"), command.people, command.seed);
        member = await startMember(command.order);
        member.onSent = () => sent++;
        return member.description;
      case "meet":
        await member!.meet(command.known);
        return true;
      case "sent":
        return sent;
      case "spent": {
        const { user, system } = process.cpuUsage();
        return { processorUs: user + system, ...member!.counted, refusals: [...member!.refusals] } satisfies Spent;
      }
      case "listen":
        return (await listenBare(command.papers)).port;
      case "prio3":
        return prio3Sum(command.measurements);
      case "bare":
        return bareCosts();
      case "stop":
        await member?.stop();
        process.exit(0);
    }
  }

  process.on("message", ({ number, command }: { number: number; command: HouseCommand }) => {
    perform(command).then(
      (value) => process.send!({ number, value }),
      (cause) => process.send!({ number, failed: String((cause as Error).stack ?? cause) }),
    );
  });
  process.on("disconnect", () => process.exit(0));
}
