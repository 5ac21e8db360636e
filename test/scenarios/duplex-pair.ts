// Two ends of a stream in memory: what the overlay hands to a cell host.
import { Duplex } from "node:stream";

export function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (const other of [1, 0]) {
    let resume: (() => void) | null = null;
    ends.push(
      new Duplex({
        read() {
          const go = resume;
          resume = null;
          go?.();
        },
        write(chunk: Buffer, _, done) {
          const far = ends[other] as Duplex & { wait?: (go: () => void) => void };
          if (far.push(Buffer.from(chunk))) done();
          else far.wait?.(done);
        },
        final(done) {
          ends[other]!.push(null);
          done();
        },
        destroy(error, done) {
          setImmediate(() => ends[other]!.destroy());
          done(error);
        },
      }),
    );
    Object.assign(ends.at(-1)!, { wait: (go: () => void) => (resume = go) });
  }
  return [ends[0]!, ends[1]!];
}
