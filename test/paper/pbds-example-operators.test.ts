// PBDS §6.3, the example operators: a source of integers, an increment, a sink that prints. The value 10 that the source
// emits becomes 11, and 11 is what the sink prints.
import { expect, it } from "vitest";
import { start } from "../../src/operators/harness.ts";

it("PBDS §6.3: the source emits 10, the increment makes it 11, the sink prints 11", async () => {
  const printed: string[] = [];
  const source = start("source-generator", { from: 10, count: 1 }, []);
  const increment = start("increment", {}, [source.output!]);
  const sink = start("sink-print", {}, [increment.output!], { ports: { print: (line) => printed.push(line) } });
  if (source.running.kind !== "source" || increment.running.kind !== "transform" || sink.running.kind !== "sink") {
    throw new Error("the kinds of the three operators are not what the paper says");
  }
  for (let batch = await source.running.source.next(); batch !== null; batch = await source.running.source.next()) {
    const incremented = increment.running.transform.process(0, batch);
    if (incremented !== null) await sink.running.sink.write(incremented, { path: 0, origin: 0 });
  }
  await sink.running.sink.end();
  expect(printed).toEqual(["11"]);
});
