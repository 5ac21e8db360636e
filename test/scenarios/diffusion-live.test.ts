// A message over whole daemons in one process: it is in no plan, its sender's node hands it to the finder alone, and does so after a restart too.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeAsk } from "../../src/core/asking/index.ts";
import { refuse } from "../../src/core/base/index.ts";
import { keptMessages } from "../../src/sdk/pod.ts";
import { LivePeople, patienceMs } from "../support/live-people.ts";

const subscribed = 10;
/** So many that the noised count of them is never too small. */
const people = 30;
const message = "MESSAGE-to-grown-ups-who-take-news";
const statement = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-9, purpose = 'news')
COUNT(*) AS people FROM people WHERE profile('age') BETWEEN 0 AND 127`;
const processors = 10;
/** Everybody is entered under her age and ten intervals around it. */
const entries = people * 11;

let live: LivePeople;
beforeAll(async () => {
  const rules = (messages: string) =>
    `hedgerow: 1\npublish: [age]\nminimumPeople: 2\ndefault: allow\n${messages}budget:\n  altogether: { epsilon: 100, delta: 0.001 }\n  each: [{ epsilon: 100, delta: 0.001 }]\n`;
  live = await LivePeople.start({
    processors,
    houses: [
      {
        name: "house",
        people: Array.from({ length: people }, (_, index) =>
          rules(index < subscribed ? "messages:\n  - { purposes: [news] }\n" : ""),
        ),
      },
    ],
  });
  await live.published(entries);
}, patienceMs);
afterAll(() => live?.stop(), patienceMs);

const inboxes = () =>
  Array.from({ length: people }, (_, index) => keptMessages(live.folderOf("house", index)).map(({ text }) => text));

/** Whether a file below a folder has these words in it. */
function holds(folder: string, words: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(words),
  );
}

it("reaches who takes it though the sender's node is killed before the finder has it, and is on no processor's disk", {
  timeout: 2 * patienceMs,
}, async () => {
  const { overlay } = live.node("analyst");
  const send = overlay.send.bind(overlay);
  let heldBack = 0;
  overlay.send = async (to, area, body) => {
    const said = area === "asking" ? decodeAsk(body) : null;
    if (!said?.ok || said.value.type !== "go") return send(to, area, body);
    heldBack++;
    return refuse("node-unreachable");
  };
  const { id, plan } = await live.ask(statement, { minimumPeople: 2, answerMs: 40_000 }, "analyst", { message });
  expect(JSON.stringify(plan.asked)).not.toContain(message);
  await live.until("the finder asks for the message", () => heldBack > 0);
  expect(inboxes().flat()).toEqual([]);
  // Killed before it has written down that all cells run, it takes the question back.
  await live.until("the question runs", async () => (await live.viewOf(id)).phase === "running");
  await live.killAndRestart("analyst");

  await live.until("it is there", () => inboxes().filter((one) => one.length > 0).length === subscribed);
  expect(inboxes()).toEqual(Array.from({ length: people }, (_, index) => (index < subscribed ? [message] : [])));
  const { view, answer } = await live.came(id);
  expect(view.outcome, JSON.stringify(view.outcome?.reasons)).toMatchObject({ outcome: "completed" });
  expect(answer!.missing).toEqual([]);
  expect(holds(join(live.folder, "analyst"), message)).toBe(true);
  for (let index = 0; index < processors; index++)
    expect(holds(join(live.folder, `processor-${index}`), message), `processor-${index}`).toBe(false);
});
