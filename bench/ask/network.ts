// The measured network: processors in this process, each with an overlay of its own, and two houses in processes of their own.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "../../src/core/model/index.ts";
import { type Nodes, nodesThatDraw } from "../draw/nodes.ts";
import type { Spent } from "./house.ts";
import { House } from "./houses.ts";
import { oneOwnerPerCall, withoutDelays } from "./limits.ts";
import { type Known, type Member, type MemberOrder, startMember } from "./member.ts";

const processors = 12;
const housesCount = 2;
export const ownersPerHouse = 500;
export const owners = housesCount * ownersPerHouse;
/** With these assumptions most draws among so few nodes need four witnesses. */
const assumptions = { colluding: 3, alpha: 1e-4 };
const pollMs = 500;
const quietMs = 4_000;
const patienceMs = 300_000;

export interface Network {
  readonly nodes: Nodes;
  readonly members: readonly Member[];
  readonly houses: readonly House[];
  /** The analyst's place among the nodes, and its node, in this process. */
  readonly analyst: number;
  readonly asker: Member;
  spent(): Promise<Spent[]>;
  stop(): Promise<void>;
}

export async function startNetwork(self: string, log: (line: string) => void): Promise<Network> {
  withoutDelays();
  oneOwnerPerCall();
  const analyst = processors + housesCount;
  const rolesOf = (index: number): readonly Role[] =>
    index < processors ? ["transform"] : index < analyst ? ["owner"] : ["analyst"];
  const nodes = await nodesThatDraw({ nodes: analyst + 1, ...assumptions, rolesOf });
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-ask-"));
  const orderOf = (index: number): MemberOrder => {
    mkdirSync(join(folder, `${index}`));
    return {
      folder: join(folder, `${index}`),
      seed: Buffer.from(nodes.keys[index]!.seed).toString("base64"),
      certificate: Buffer.from(nodes.certificates[index]!).toString("base64"),
      authorityPem: nodes.authorityPem,
    };
  };
  const houses = Array.from({ length: housesCount }, () => new House(self));
  const members: Member[] = [];
  let asker: Member | undefined;
  const stop = async () => {
    await Promise.all(houses.map((house) => house.stop()));
    await Promise.all([...members, ...(asker === undefined ? [] : [asker])].map((member) => member.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    log(`making ${owners} pods`);
    const kept = houses.map((house, i) =>
      house.ask<Member["description"]>({
        type: "keep",
        order: orderOf(processors + i),
        people: ownersPerHouse,
        seed: i + 1,
      }),
    );
    const described = await Promise.all(kept);
    for (let i = 0; i < processors; i++) members.push(await startMember(orderOf(i)));
    asker = await startMember(orderOf(analyst));
    const known: Known[] = [
      ...members.map(({ description }, i) => ({ ...description, name: `node ${i}`, roles: rolesOf(i) })),
      // Houses forward for nobody: what they spend is what their own people's part costs.
      ...described.map((description, i) => {
        const index = processors + i;
        return { ...description, sealingKey: null, name: `node ${index}`, roles: rolesOf(index) };
      }),
      {
        ...{ ...asker.description, name: `node ${analyst}`, roles: rolesOf(analyst) },
        sealingKey: null, // nobody forwards through it
      },
    ];
    for (const member of [...members, asker]) await member.meet(known);
    await Promise.all(houses.map((house) => house.ask({ type: "meet", known })));
    await published(houses, log);
  } catch (cause) {
    await stop();
    throw cause;
  }
  const spent = () => Promise.all(houses.map((house) => house.ask<Spent>({ type: "spent" })));
  return { nodes, members, houses, analyst, asker, spent, stop };
}

/** Until no house has sent anything for a while: what its people publish of themselves is out. */
async function published(houses: readonly House[], log: (line: string) => void): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let before = -1;
  let since = performance.now();
  for (;;) {
    const sent = (await Promise.all(houses.map((house) => house.ask<number>({ type: "sent" })))).reduce(
      (a, b) => a + b,
    );
    if (sent !== before) since = performance.now();
    before = sent;
    if (sent > 0 && performance.now() - since > quietMs) return log(`published in ${sent} messages`);
    if (performance.now() > deadline) throw new Error("the people do not come to an end of publishing");
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
