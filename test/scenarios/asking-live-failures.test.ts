// Nodes die, leave and come back while people are asked: each question ends, in bounded time, with an answer or a reason. Who dies without a
// word is missed after 16 s, so most of each case is waiting: several networks wait at once, each with its cases one after the other.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { answerExitCode } from "../../src/cli/answer-end.ts";
import { exitCodes } from "../../src/cli/failure.ts";
import { type Asked, patienceMs } from "../support/live-people.ts";
import { PeopleLosingNodes, reasonsOf, willing } from "../support/people-losing-nodes.ts";

/** A case has several waits, and the networks share one thread. */
const patience = { timeout: 2 * patienceMs };
/** Nobody stands by, so the round ends when its time is over: behind the death even on a busy machine, and hardly later than that is noticed. */
const alone = { standby: 0, answerMs: 25_000 };

/** With nine processors others stand by; six are as many as are needed, and one that may be gone. */
function network(name: string, processors: 6 | 10, cases: (people: () => PeopleLosingNodes) => void): void {
  describe.concurrent(name, () => {
    let people: PeopleLosingNodes;
    beforeAll(async () => {
      people = await PeopleLosingNodes.start(processors);
    }, patience.timeout);
    afterEach(() => people?.whole(), patience.timeout);
    afterAll(() => people?.live.stop(), patience.timeout);
    cases(() => people);
  });
}

/** The last of them answers, and the round ends when nobody is missing. All are in it: a gatherer's share would be missed by far. */
async function expectWhole(people: PeopleLosingNodes, one: Asked): Promise<void> {
  await people.lastDecides(one);
  const { view, answer } = await people.live.came(one.id);
  expect(view.outcome, JSON.stringify(view.outcome?.reasons)).toMatchObject({ outcome: "completed", undelivered: 0 });
  expect(answer?.missing).toEqual([]);
  const [[heads]] = answer!.rows as [[{ value: number; noise: number }]];
  expect(Math.abs(heads.value - willing - 1)).toBeLessThan(5 * heads.noise);
}

network("others stand in", 10, (people) => {
  it.sequential(
    "a gatherer's node dies, then the total's: others stand in, people send again, the answer is whole",
    patience,
    async () => {
      const one = await people().asked();
      await people().die(people().nodeOf(one, "gather-1"));
      await people().die(people().nodeOf(one, "total"));
      await expectWhole(people(), one);
    },
  );

  it.sequential("a gatherer's node leaves: another stands in, and the answer is whole", patience, async () => {
    const one = await people().asked();
    await people().leave(people().nodeOf(one, "gather-2"));
    await expectWhole(people(), one);
  });

  it.sequential(
    "people's node is killed behind the charge: nobody pays twice, and those who are called again send",
    patience,
    async () => {
      const before = await people().charges();
      const one = await people().asked();
      await people().live.killAndRestart("house");
      await expectWhole(people(), one);
      expect((await people().charges()).map((now, index) => now - before[index]!)).toEqual(Array(willing).fill(1));
    },
  );
});

network("nobody stands by where noise is in shares", 6, (people) => {
  it.sequential(
    "nobody stands by for a gatherer: nothing is released where each adds its share of the noise",
    patience,
    async () => {
      const one = await people().asked(alone);
      await people().die(people().nodeOf(one, "gather-1"));
      const came = await people().live.came(one.id);
      expect(came.view.outcome).toMatchObject({ outcome: "failed" });
      expect(reasonsOf(came)).toEqual(expect.arrayContaining(["no-spare gather-1", "privacy-shares-missing total"]));
      expect(came.answer).toBeNull();
    },
  );

  it.sequential("the analyst's node is killed while people are asked: the answer arrives", patience, async () => {
    const one = await people().asked();
    await people().live.killAndRestart("analyst");
    await expectWhole(people(), one);
  });
});

network("nobody stands by for the finder", 10, (people) => {
  it.sequential(
    "its node dies when people were called: an answer of those who sent, shown as partial, and what was paid is said",
    patience,
    async () => {
      const before = await people().charges();
      const one = await people().asked();
      await people().die(people().nodeOf(one, "find"));
      const { view, answer } = await people().live.came(one.id);
      expect(view).toMatchObject({ id: one.id, outcome: { outcome: "failed" } });
      expect(view.outcome!.reasons[0]).toMatchObject({ code: "ask-finder-lost", vertex: "find" });
      expect(view.outcome!.reasons[0]!.sentence).toContain("Who is asked again pays again");
      const [[heads]] = answer!.rows as [[{ value: number; noise: number }]];
      expect(Math.abs(heads.value - willing)).toBeLessThan(5 * heads.noise);
      expect(answerExitCode({ answer, outcome: view.outcome, assurance: null })).toBe(exitCodes.partial);
      expect((await people().charges()).map((now, index) => now - before[index]!)).toEqual(Array(willing).fill(1));
    },
  );

  it.sequential(
    "its node dies before anybody was called: another roster is drawn, the answer is whole, and everybody pays once",
    patience,
    async () => {
      const before = await people().charges();
      const silenced = people().withoutGoAsks();
      const one = await people().ask();
      const finder = people().nodeOf(one, "find");
      await people().live.until("the finder would call", () => silenced.has(finder));
      expect(await people().charges()).toEqual(before);
      await people().die(finder);
      const next = await people().goesOn(one);
      await people().live.until(
        "everybody has paid",
        async () => (await people().charges()).every((now, index) => now === before[index]! + 1),
        200,
      );
      await expectWhole(people(), next);
      const [first] = people().live.node("analyst").asked.get(one.id)!.outcome!.reasons;
      expect(first).toMatchObject({ code: "ask-nobody-called", vertex: "find" });
      // Whoever asks after the first sees what came of the second.
      expect(await people().live.viewOf(one.id)).toMatchObject({ id: next.id, outcome: { outcome: "completed" } });
      expect((await people().charges()).map((now, index) => now - before[index]!)).toEqual(Array(willing).fill(1));
    },
  );
});

network("nobody stands by where one cell adds the noise", 6, (people) => {
  it.sequential(
    "and where one cell adds it, an answer of the others that says whose part is missing",
    patience,
    async () => {
      const one = await people().asked({ ...alone, noise: "one" });
      await people().die(people().nodeOf(one, "gather-1"));
      const came = await people().live.came(one.id);
      expect(came.view.outcome).toMatchObject({ outcome: "failed" });
      expect(reasonsOf(came)).toContain("no-spare gather-1");
      expect(came.answer).toMatchObject({ missing: [0] });
    },
  );

  it.sequential("the analyst's node restarts while people are asked: the answer arrives", patience, async () => {
    const one = await people().asked();
    await people().leave("analyst");
    await people().whole();
    await expectWhole(people(), one);
  });
});

network("nobody stands by for the total", 6, (people) => {
  it.sequential(
    "the total's node dies and nobody stands by: there is no answer, and the reason is told",
    patience,
    async () => {
      const one = await people().asked(alone);
      await people().die(people().nodeOf(one, "total"));
      const came = await people().live.came(one.id);
      expect(came.view.outcome).toMatchObject({ outcome: "failed" });
      expect(reasonsOf(came)).toContain("no-spare total");
      expect(came.answer).toBeNull();
    },
  );
});
