// A receiving end and a sender that has the keys, and lies.
import { Duplex, PassThrough } from "node:stream";
import { expect, it } from "vitest";
import type { Digest, EdgeId, QueryId } from "../../core/base/index.ts";
import { freshAgreementKey } from "../curve/index.ts";
import { IncomingEdge } from "./incoming.ts";
import { deriveLinkKeys } from "./keys.ts";
import type { EdgeListener } from "./listener.ts";
import { FrameSealer } from "./seal.ts";

const query = "ab".repeat(16) as QueryId;
const edge = "a>b:0" as EdgeId;
const planDigest = "cd".repeat(32) as Digest;

function receivingEnd() {
  const [sender, own] = [freshAgreementKey(), freshAgreementKey()];
  const link = { query, edge, from: 0, to: 0 };
  const keys = deriveLinkKeys({ link, planDigest, own: sender, peer: own.publicKey, sending: true });
  if (!keys.ok) throw new Error(keys.code);
  type Expected = Parameters<EdgeListener["expect"]>[1];
  let expected: Expected | undefined;
  const listener = {
    expect(_: unknown, what: Expected) {
      expected = what;
      return () => {};
    },
  } as unknown as EdgeListener;
  const seen: string[] = [];
  const incoming: IncomingEdge = new IncomingEdge(
    { query, planDigest, edge, key: own, incarnation: 0, paths: 1 },
    listener,
    {
      readable() {
        for (let frame = incoming.next(); frame !== null; frame = incoming.next()) seen.push(`${frame.sequence}`);
      },
      relinked() {},
      refused: (code) => void seen.push(code),
      reset: () => void seen.push("reset"),
    },
  );
  incoming.wire({ publicKey: sender.publicKey, incarnation: 0 });
  /** Over a new connection. What was taken, and what was refused. */
  const give = async (...frames: readonly Buffer[]): Promise<string[]> => {
    const stream = new PassThrough();
    const ended = new Promise((resolve) => stream.once("close", resolve));
    expected!.adopt(
      Duplex.from({ readable: stream, writable: new PassThrough().resume() }),
      expected!.challenge() as never,
    );
    for (const frame of frames) stream.write(frame);
    stream.end();
    await ended;
    return seen.splice(0);
  };
  return { sealer: new FrameSealer(keys.value.forward), give };
}

it.each([10, 20_000])(
  "a batch under a new number stays a replay, and hides nothing that comes after: %i bytes",
  async (bytes) => {
    const { sealer, give } = receivingEnd();
    const body = (fill: number) => new Uint8Array(bytes).fill(fill);
    const whole = (sequence: number, origin: number, fill: number) =>
      Buffer.concat(sealer.seal("data", sequence, 0, origin, body(fill)).pieces);
    const [first, again] = [whole(0, 5, 1), whole(1, 5, 2)];
    expect(await give(first, again)).toEqual(["0", "frame-replayed"]);
    expect(await give(again)).toEqual(["frame-replayed"]);
    expect(await give(again)).toEqual(["frame-replayed"]);
  },
);
