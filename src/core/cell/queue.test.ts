import fc from "fast-check";
import { expect, it } from "vitest";
import { Queue } from "./queue.ts";

it("does what an array does", () => {
  const step = fc.oneof(
    fc.record({ push: fc.array(fc.integer(), { minLength: 1, maxLength: 40 }) }),
    fc.record({ shift: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(50), (steps, index) => {
      const queue = new Queue<number>();
      const twin: number[] = [];
      for (const one of steps) {
        if ("push" in one) {
          for (const item of one.push) queue.push(item);
          twin.push(...one.push);
        } else for (let i = 0; i < one.shift; i++) expect(queue.shift()).toBe(twin.shift());
        expect(queue.length).toBe(twin.length);
        expect(queue.at(index)).toBe(twin[index]);
        expect(queue.after(index)).toEqual(twin.slice(index));
      }
      expect(queue.at(-1)).toBeUndefined();
    }),
  );
});
