// Who is drawn, beside a plain way of saying it: all candidates in a set, sorted by key ⊕ random.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromHex, type NodeId, nodeIdOfPublicKey, toHex } from "../base/index.ts";
import { drawActors, hidersAmong } from "./actors.ts";
import { limits } from "./limits.ts";
import type { Disclosure } from "./messages.ts";
import { compareBytes } from "./neighbourhood.ts";
import { xorAll } from "./statement.ts";

/** Leads often agree: then all 32 bytes decide. */
const key = fc
  .tuple(
    fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.constantFrom(0, 1, 0xff).map((byte) => new Uint8Array(4).fill(byte)),
    ),
    fc.uint8Array({ minLength: 2, maxLength: 2 }),
  )
  .map(([lead, end]) => {
    const all = new Uint8Array(32);
    all.set(lead);
    all.set(end, 30);
    return toHex(all);
  });
const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
const witness = fc.nat(255).map((byte) => nodeIdOfPublicKey(new Uint8Array(32).fill(byte)));
/** What each witness leaves out of all keys: often nothing. */
const disclosures = fc
  .record({
    keys: fc.uniqueArray(key, { maxLength: 80, size: "max" }),
    witnesses: fc.uniqueArray(witness, { minLength: 1, maxLength: 5 }),
    values: fc.array(random, { minLength: 5, maxLength: 5 }),
    gaps: fc.array(
      fc.oneof(
        { weight: 1, arbitrary: fc.constant<number[]>([]) },
        { weight: 2, arbitrary: fc.array(fc.nat(30), { minLength: 1, maxLength: 30 }) },
      ),
      { minLength: 5, maxLength: 5 },
    ),
  })
  .map(({ keys, witnesses, values, gaps }) => {
    const sorted = keys.map(fromHex).sort(compareBytes);
    return witnesses.map((of, i): Disclosure => {
      const named = sorted.filter((_, at) => !gaps[i]!.includes(at));
      const candidates = Uint8Array.from(named.flatMap((one) => [...one]));
      return { witness: of, random: values[i]!, candidates, signature: new Uint8Array(64) };
    });
  });

function namersOf(all: readonly Disclosure[]): Map<string, NodeId[]> {
  const namers = new Map<string, NodeId[]>();
  for (const { witness: of, candidates } of all)
    for (let at = 0; at < candidates.length; at += 32) {
      const name = toHex(candidates.subarray(at, at + 32));
      namers.set(name, [...(namers.get(name) ?? []), of]);
    }
  return namers;
}

it("drawActors draws whom sorting everybody draws, and says whom not all named", () => {
  let differing = 0;
  fc.assert(
    fc.property(disclosures, fc.integer({ min: 1, max: 40 }), (all, wanted) => {
      const namers = namersOf(all);
      const drawn = drawActors(all, wanted);
      if (namers.size < wanted) {
        expect(drawn).toEqual({ ok: true, value: null });
        return;
      }
      const value = xorAll(all.map((one) => one.random));
      const first = [...namers.keys()]
        .sort((a, b) => compareBytes(xorAll([fromHex(a), value]), xorAll([fromHex(b), value])))
        .slice(0, wanted);
      const unattested = first.filter((name) => namers.get(name)!.length < all.length);
      if (unattested.length > 0) differing++;
      const nodeOf = (name: string) => nodeIdOfPublicKey(fromHex(name));
      expect(drawn).toEqual({
        ok: true,
        value: {
          actors: first.map(nodeOf),
          unattested: new Map(unattested.map((name) => [nodeOf(name), namers.get(name)![0]!])),
        },
      });
    }),
    { numRuns: 1_000 },
  );
  expect(differing).toBeGreaterThan(50);
});

it("hidersAmong names who left out what all others named, as counting in sets does", () => {
  fc.assert(
    fc.property(disclosures, (all) => {
      const most = Math.max(limits.minHidden, namersOf(all).size / limits.hiddenShare);
      const named = [...namersOf(all).values()];
      const hiders = all.filter(({ witness: of }) => {
        const hidden = named.filter((by) => by.length === all.length - 1 && !by.includes(of));
        return all.length >= 3 && hidden.length > most;
      });
      expect(hidersAmong(all)).toEqual(hiders.map((one) => one.witness));
    }),
    { numRuns: 500 },
  );
});

it("an order that is none is the fault of whoever it is first of, also when all say the same", () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const [first, second] = [a, b].map((one) => nodeIdOfPublicKey(one)) as [NodeId, NodeId];
  const one = (of: NodeId, candidates: number[]): Disclosure => ({
    witness: of,
    random: a,
    candidates: Uint8Array.from(candidates),
    signature: new Uint8Array(64),
  });
  const turned = [...b, ...a];
  const fault = { ok: false, code: "draw-candidate-false" };
  expect(drawActors([one(first, turned), one(second, turned)], 1)).toMatchObject({ ...fault, blame: first });
  expect(drawActors([one(first, [...a, ...b]), one(second, turned)], 1)).toMatchObject({ ...fault, blame: second });
  expect(drawActors([one(first, [...a, ...a]), one(second, [...a])], 1)).toMatchObject({ ...fault, blame: first });
  expect(drawActors([one(first, [...a]), one(second, [...a, 1])], 1)).toMatchObject({ ...fault, blame: second });
});
