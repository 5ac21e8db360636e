// The lowest layer: canonical bytes, the overlay's control framing, WebAssembly modules before anything of them runs.
import { readFileSync } from "node:fs";
import { fromCanonical, toCanonical } from "../../../src/core/base/index.ts";
import { controlAreas, FrameDecoder, frameHead } from "../../../src/io/overlay/control-frame.ts";
import { GuestFault } from "../../../src/io/sandbox/guest.ts";
import { inspectModule } from "../../../src/io/sandbox/inspect.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { damage } from "../damage.ts";
import { hostileMessage } from "../mutate.ts";
import { check, type Target } from "../target.ts";
import { honestPlans } from "./honest-plans.ts";

const values = [
  ...honestPlans,
  { a: [1, -1, 2 ** 40, 1.5, null, true, "é", new Uint8Array([1, 2])], b: { c: { d: { e: [] } } }, big: 2n ** 60n },
] as unknown[];
const encoded = values.map((value) => toCanonical(value));
const frames = controlAreas.map((area, i) => {
  const body = new Uint8Array(i * 40).fill(i);
  return Uint8Array.from([...frameHead(area, body.length), ...body]);
});
const modules = ["c", "assemblyscript"].map(
  (language) =>
    new Uint8Array(readFileSync(new URL(`../../../examples/operators/${language}/operator.wasm`, import.meta.url))),
);

/** Cut at random places, as a network does. */
function pieces(random: Random, bytes: Uint8Array): Uint8Array[] {
  const cuts = Array.from({ length: random.below(5) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}

export const wireTargets: readonly Target[] = [
  {
    name: "canonical bytes",
    inputs: 14_000,
    reaches: ["malformed", "too-deep", "too-large"],
    attempt(random) {
      const bytes = hostileMessage(random, encoded, values);
      const decoded = fromCanonical(bytes);
      if (!decoded.ok) return decoded.code;
      check(Buffer.compare(toCanonical(decoded.value), bytes) === 0, "two encodings of one value are accepted");
      return "accepted";
    },
  },
  {
    name: "overlay: control frames",
    inputs: 6_000,
    reaches: ["malformed", "message-too-large"],
    attempt(random) {
      const decoder = new FrameDecoder();
      const stream = Array.from({ length: random.between(1, 4) }, () =>
        random.chance(0.4) ? damage(random, frames) : random.pick(frames),
      );
      for (const piece of pieces(random, Buffer.concat(stream))) {
        const pushed = decoder.push(piece);
        if (!pushed.ok) return pushed.code;
      }
      return "accepted";
    },
  },
  {
    name: "sandbox: inspection of a module",
    inputs: 2_500,
    reaches: ["operator-malformed"],
    attempt(random) {
      try {
        inspectModule(random.chance(0.02) ? random.pick(modules) : damage(random, modules));
        return "accepted";
      } catch (fault) {
        // Inside the sandbox's thread a refusal travels as this one exception.
        if (fault instanceof GuestFault) return fault.code;
        throw fault;
      }
    },
  },
];
