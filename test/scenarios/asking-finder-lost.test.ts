// The finder's node is lost: whether anybody was called by then, and so may have paid, is on the analyst's disk.
import { expect, it } from "vitest";
import { askingWorld, owner } from "../support/asking.ts";

const people = 12;
/** The first of them are pilots in their forties, and looked for. */
const found = 8;
const world = () => {
  const made = askingWorld({ owners: people, owner: (index) => owner(index) });
  made.publishAll();
  return made;
};
const paid = ({ pods }: ReturnType<typeof world>) => pods.filter(({ pod }) => pod.budget.charges.size > 0).length;

it("nobody is called before the analyst's node has written down that people are", () => {
  const asking = world();
  const heard: [string, boolean][] = [];
  asking.onSent = ({ message }) => {
    if (message.type === "go-ask" || message.type === "call") heard.push([message.type, asking.called]);
  };
  expect(asking.ask()).toMatchObject({ ok: true });
  expect(heard[0]).toEqual(["go-ask", false]);
  const calls = heard.filter(([type]) => type === "call");
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.every(([, isWritten]) => isWritten)).toBe(true);
});

it("lost before its leave has come, it has called nobody and nobody has paid, whenever that is", () => {
  for (const lostOn of ["lookup", "go-ask"] as const) {
    const asking = world();
    const plan = asking.planned();
    asking.onSent = ({ message, from }) => {
      if (message.type === lostOn) asking.dead.add(from);
    };
    asking.ask(plan);
    expect([asking.called, asking.traffic.has("call"), paid(asking)]).toEqual([false, false, 0]);
  }
});

it("lost when it has called, what people sent is at the gatherers, which know how many they have to hear of", () => {
  const asking = world();
  const plan = asking.planned();
  asking.onSent = ({ message, from }) => {
    if (message.type === "called") asking.after(1_000, () => asking.dead.add(asking.commission!.find));
    if (message.type === "come") throw new Error(`${from} was asked what has come`);
  };
  asking.start(plan);
  asking.run(30_000);
  expect([asking.called, asking.answer, paid(asking)]).toEqual([true, null, found]);
  // As they do when the life cycle tells them that nothing comes from `find` any more.
  const parts = asking.commission!.gatherers.map(({ vertex }, place) =>
    asking.nodes.get(asking.gathering[place]!)!.gatherers.get(vertex.id)!.end(asking.coins()),
  );
  const answer = asking.options.terms.answerOf(asking.commission!.terms, parts, asking.coins());
  expect(answer).toMatchObject({ ok: true, value: { participation: { contributed: { value: found } }, missing: [] } });
});

it("an analyst's node that is away for more than a minute has called nobody", () => {
  const asking = world();
  const plan = asking.planned();
  asking.dead.add(asking.analyst.member.node);
  expect(asking.ask(plan)).toMatchObject({ ok: false, code: "ask-no-go" });
  expect([asking.traffic.has("call"), paid(asking)]).toEqual([false, 0]);
});
