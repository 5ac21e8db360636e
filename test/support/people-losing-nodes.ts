// A network that asks people and loses nodes meanwhile: an analyst, processors, and a house of people of whom one decides last, so that a
// round stays open until she does. What a case cuts off is started again behind it.
import { decodeAsk } from "../../src/core/asking/index.ts";
import { refuse } from "../../src/core/base/index.ts";
import type { AskSettings } from "../../src/core/model/index.ts";
import { readOwnerRecords } from "../../src/io/pod/index.ts";
import { makeGrant, ownerHistory } from "../../src/sdk/consent.ts";
import { type Asked, type Came, LivePeople, rules } from "./live-people.ts";

/** People who answer at once. */
export const willing = 24;
const settings = { minimumPeople: 2, answerMs: 45_000 };

export class PeopleLosingNodes {
  readonly live: LivePeople;
  /** Cut off, and to be started again. */
  readonly #gone: string[] = [];
  #count = 0;

  constructor(live: LivePeople) {
    this.live = live;
  }

  static async start(processors: number): Promise<PeopleLosingNodes> {
    const people = [...Array.from({ length: willing }, () => rules.willing()), rules.asks];
    const live = await LivePeople.start({ processors, houses: [{ name: "house", people }] });
    await live.published(people.length);
    return new PeopleLosingNodes(live);
  }

  /** For the next case. */
  async whole(): Promise<void> {
    const { live } = this;
    for (const name of this.#gone.splice(0)) await live.begin(name);
    const all = live.daemons.size;
    await live.until("everybody knows everybody again", () =>
      [...live.daemons.values()].every(
        (daemon) => daemon.overlay.peers().length > 0 && daemon.members.records().length === all,
      ),
    );
  }

  /** Each reads otherwise, so that each is a question of its own. */
  ask(changed: Partial<AskSettings> = {}): Promise<Asked> {
    const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 8, delta = 1e-5)
COUNT(*) AS heads_${this.#count++} FROM people`;
    return this.live.ask(text, { ...settings, ...changed });
  }

  /** Asked, and everybody who wants to has decided: what she sends leaves within seconds. */
  async asked(changed: Partial<AskSettings> = {}): Promise<Asked> {
    const before = await this.#contributions();
    const one = await this.ask(changed);
    await this.live.until("everybody has decided", async () => (await this.#contributions()) === before + willing, 200);
    return one;
  }

  async #contributions(): Promise<number> {
    let sum = 0;
    for (let index = 0; index < willing; index++)
      sum += (await ownerHistory(this.live.folderOf("house", index))).uses.filter(
        (use) => use.outcome === "contributed",
      ).length;
    return sum;
  }

  /** Of each who is willing, how often she has paid. */
  async charges(): Promise<number[]> {
    const numbers: number[] = [];
    for (let index = 0; index < willing; index++) {
      const records = await readOwnerRecords(this.live.podOf("house", index));
      numbers.push(records.ok ? records.value.budget.charges.size : Number.NaN);
    }
    return numbers;
  }

  nodeOf({ plan }: Asked, vertex: string): string {
    return this.live.nameOf(plan.vertices.find(({ id }) => id === vertex)!.node);
  }

  async die(name: string): Promise<void> {
    this.#gone.push(name);
    await this.live.cutOff(name);
  }

  async leave(name: string): Promise<void> {
    this.#gone.push(name);
    const leaving = this.live.node(name);
    this.live.daemons.delete(name);
    await leaving.stop();
  }

  /** No finder's wish to call people leaves its node until somebody has died. Names of the nodes that had it. */
  withoutGoAsks(): Set<string> {
    const silenced = new Set<string>();
    for (const [name, { overlay }] of this.live.daemons) {
      const send = overlay.send.bind(overlay);
      overlay.send = async (to, area, body) => {
        const said = area === "asking" && this.#gone.length === 0 ? decodeAsk(body) : null;
        if (!said?.ok || said.value.type !== "go-ask") return send(to, area, body);
        silenced.add(name);
        return refuse("node-unreachable");
      };
    }
    return silenced;
  }

  /** Under another roster, by itself. */
  async goesOn({ id }: Asked): Promise<Asked> {
    const { asked } = this.live.node("analyst");
    await this.live.until("another roster is drawn", () => asked.latest(id) !== id);
    const next = asked.latest(id);
    return { id: next, plan: asked.get(next)!.plan };
  }

  /** She who is to decide does, and the question ends. */
  async lastDecides({ plan }: Asked): Promise<void> {
    await makeGrant(this.live.folderOf("house", willing), { effect: "allow", query: plan.query });
  }
}

export const reasonsOf = ({ view }: Came) => view.outcome!.reasons.map(({ code, vertex }) => `${code} ${vertex ?? ""}`);
