import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ControlArea, controlAreas, FrameDecoder, frameHead } from "./control-frame.ts";
import { limits } from "./limits.ts";

const frame = fc.record({ area: fc.constantFrom(...controlAreas), body: fc.uint8Array({ maxLength: 200 }) });
const bytesOf = (frames: readonly { area: ControlArea; body: Uint8Array }[]) =>
  Buffer.concat(frames.flatMap(({ area, body }) => [frameHead(area, body.length), body]));

describe("control frames", () => {
  it("come out as they went in, however the bytes were cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = bytesOf(frames);
          const decoder = new FrameDecoder();
          const out: { area: ControlArea; body: Uint8Array }[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length]!;
            const chunk = Uint8Array.from(bytes.subarray(at, at + size));
            const decoded = decoder.push(chunk);
            chunk.fill(0xee); // the transport reuses its buffers
            if (!decoded.ok) throw new Error(decoded.code);
            out.push(...decoded.value);
            at += size;
          }
          expect(out.map(({ area, body }) => [area, [...body]])).toEqual(
            frames.map(({ area, body }) => [area, [...body]]),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("of random bytes are frames or a refusal, and hold no more than was sent", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const decoder = new FrameDecoder();
        let received = 0;
        for (const chunk of chunks) {
          const decoded = decoder.push(chunk);
          if (!decoded.ok) {
            expect(["malformed", "message-too-large"]).toContain(decoded.code);
            return;
          }
          for (const { body } of decoded.value) received += body.length;
        }
        expect(received).toBeLessThanOrEqual(chunks.reduce((total, chunk) => total + chunk.length, 0));
      }),
      { numRuns: 5_000 },
    );
  });

  it("refuse an unknown area and a length beyond the bound as soon as the head is there", () => {
    expect(new FrameDecoder().push(Uint8Array.of(9, 0, 0, 0, 1))).toMatchObject({ code: "malformed" });
    expect(new FrameDecoder().push(Uint8Array.of(0, 0, 0, 0, 1))).toMatchObject({ code: "malformed" });
    const tooLong = frameHead("audit", limits.maxMessageBytes + 1);
    expect(new FrameDecoder().push(tooLong)).toMatchObject({ code: "message-too-large" });
    expect(new FrameDecoder().push(frameHead("audit", limits.maxMessageBytes))).toMatchObject({ ok: true, value: [] });
  });
});
