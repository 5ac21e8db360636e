// What is encoded once for several signers is what each of them signed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Digest, type NodeId, toHex } from "../base/index.ts";
import {
  beaconStatement,
  beaconStatements,
  rosterStatement,
  rosterStatements,
  sealStatement,
  sealStatements,
} from "./statement.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const draw = hash.map((bytes) => toHex(bytes) as Digest);
const atMs = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());

it("of a roster, whatever the times", () => {
  const actors = fc.array(fc.string({ maxLength: 52 }) as fc.Arbitrary<NodeId>, { maxLength: 40 });
  fc.assert(
    fc.property(draw, hash, fc.nat(9), actors, fc.array(atMs), (of, random, attempt, nodes, times) => {
      const statement = rosterStatements(of, random, attempt, nodes);
      const seal = sealStatements(of, random, attempt, nodes);
      for (const time of times) {
        expect(statement(time)).toEqual(rosterStatement(of, random, attempt, nodes, time));
        expect(seal(time)).toEqual(sealStatement(of, random, attempt, nodes, time));
        expect(seal(time)).not.toEqual(statement(time));
      }
    }),
  );
});

it("of a beacon, whatever the values and times", () => {
  fc.assert(
    fc.property(draw, fc.array(hash, { maxLength: 30 }), fc.array(fc.tuple(hash, atMs)), (of, commitments, parts) => {
      const statement = beaconStatements(of, commitments);
      for (const [random, time] of parts)
        expect(statement(random, time)).toEqual(beaconStatement(of, commitments, random, time));
    }),
  );
});
