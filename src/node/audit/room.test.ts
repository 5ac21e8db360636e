import fc from "fast-check";
import { expect, it } from "vitest";
import { Room } from "./room.ts";

const bounds = { bytes: 100, bytesPerCell: 80, itemsPerCell: 30 };

it("whoever holds most gives way, with the newest first", () => {
  const room = new Room<string>(bounds);
  expect(room.take("liar", "a", 40)).toEqual([]);
  expect(room.take("liar", "b", 40)).toEqual([]);
  expect(room.take("cell", "c", 20)).toEqual([]);
  expect(room.take("cell", "d", 15)).toEqual(["b"]);
  expect(room.take("liar", "e", 40)).toEqual(["e"]);
});

it("a cell has its bound also where there is room", () => {
  const room = new Room<number>(bounds);
  expect(room.take("cell", 1, 81)).toEqual([1]);
  for (let item = 0; item < 30; item++) expect(room.take("cell", item, 1)).toEqual([]);
  expect(room.take("cell", 30, 1)).toEqual([30]);
});

it("nobody loses anything of an equal share, whatever the others bring, and in whatever order", () => {
  const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 12 })), {
    maxLength: 90,
  });
  fc.assert(
    fc.property(arrivals, (brought) => {
      const room = new Room<number>(bounds);
      const asked = [0, 0, 0, 0];
      const lost = [0, 0, 0, 0];
      for (const [cell, bytes] of brought) {
        asked[cell]! += bytes;
        for (const gone of room.take(`${cell}`, cell, bytes)) lost[gone]!++;
      }
      for (const [cell, bytes] of asked.entries()) if (bytes <= bounds.bytes / 4) expect(lost[cell]).toBe(0);
    }),
  );
});
