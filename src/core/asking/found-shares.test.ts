import { describe, expect, it } from "vitest";
import type { NodeId } from "../base/index.ts";
import { FoundShares } from "./found-shares.ts";
import { limits } from "./limits.ts";

const holders = Array.from({ length: 10 }, (_, i) => `holder-${i}` as NodeId);
const liar = holders[0]!;
const pointOf = (holder: NodeId) => 1 + (holders.indexOf(holder) % limits.shares);

function finding(maxLabels?: number) {
  const found = new FoundShares(maxLabels);
  found.divideAmong(holders.length);
  const say = (holder: NodeId, label: string, byte = 7, point = pointOf(holder)) =>
    found.keep("key", label, { holder, point, bytes: Uint8Array.of(byte) }, pointOf(holder));
  /** Shares of each label that was not put together. */
  const sharesOf = () => {
    const all: string[][] = [];
    found.join("key", (shares) => all.push(shares.map(({ point, bytes }) => `${point}/${bytes[0]}`)) === 0);
    return all;
  };
  return { found, say, sharesOf };
}

describe("what a finder keeps of the index", () => {
  it("is of one holder one share of one label, with the point that it has", () => {
    const { say, sharesOf } = finding();
    for (let point = 1; point <= limits.shares; point++)
      for (let byte = 0; byte < 10; byte++) say(liar, "label", byte, point);
    for (const holder of holders.slice(1)) expect(say(holder, "label")).toBe(true);
    expect(sharesOf()).toEqual([["1/0", "2/7", "3/7", "4/7", "5/7", "1/7", "2/7", "3/7", "4/7", "5/7"]]);
    expect(say("eleventh" as NodeId, "label")).toBe(false);
  });

  it("leaves room for the others' labels, whatever one holder invents, before and between", () => {
    const { found, say } = finding(1_000);
    for (let i = 0; i < 5_000; i++) say(liar, `junk-${i}`);
    expect(found.labels).toBe(100);
    expect(say(liar, "junk-6000")).toBe(false);
    for (let i = 0; i < 900; i++)
      for (const holder of holders.slice(1, 4)) {
        expect(say(holder, `true-${i}`)).toBe(true);
        say(liar, `more-${i}`);
      }
    expect(found.labels).toBe(1_000);
  });

  it("counts against nobody what as many holders speak of as suffice", () => {
    const { found, say } = finding(1_000);
    for (let i = 0; i < 1_000; i++)
      for (const holder of holders.slice(0, 3)) expect(say(holder, `true-${i}`)).toBe(true);
    expect(found.labels).toBe(1_000);
    expect(say(holders[5]!, "one more")).toBe(false);
    // Two holders of one share are one point: they do not suffice together.
    const other = finding(100);
    for (let i = 0; i < 50; i++) for (const holder of [holders[0]!, holders[5]!]) other.say(holder, `label-${i}`);
    expect(other.found.labels).toBe(20);
  });
});
