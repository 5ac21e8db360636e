// Somebody sits on the wire between two cells. Whatever she does to a frame is refused with its code, the edge recovers,
// and every record still arrives exactly once.
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CellWorld, Wire } from "../../src/io/cells/world.ts";

let world: CellWorld;
let wire: Wire;
afterEach(() => world.close());

/** Batches of one record go in small frames, and others are sealed in another way. */
interface Load {
  readonly frames: string;
  readonly count: number;
  readonly batch: number;
}
const small: Load = { frames: "small", count: 40, batch: 1 };
const large: Load = { frames: "large", count: 15_000, batch: 1_500 };
async function line({ count, batch }: Load = small): Promise<void> {
  world = new CellWorld(3);
  wire = new Wire();
  await world.open([
    { id: "source", operator: "source-generator", params: { count, batch, from: 1 }, on: 0 },
    { id: "increment", operator: "increment", inputs: ["source"], on: 1 },
    { id: "sink", operator: "sink-print", inputs: ["increment"], on: 2 },
  ]);
  await world.intercept("increment", wire);
}
const allOf = ({ count }: Load) => Array.from({ length: count }, (_, i) => i + 2);
const all = allOf(small);

function once(number: number, change: (frame: Buffer) => Buffer[]): (frame: Buffer, at: number) => Buffer[] {
  return (frame, at) => (at === number ? change(frame) : [frame]);
}
const flipped = (frame: Buffer, at: number): Buffer => {
  const copy = Buffer.from(frame);
  copy[at < 0 ? copy.length + at : at]! ^= 1;
  return copy;
};

describe("an attacker on the wire", () => {
  let kept: Buffer | null = null;
  const attacks: [string, (frame: Buffer, at: number) => Buffer[], string][] = [
    ["flips a bit of a batch", once(5, (frame) => [flipped(frame, 60)]), "frame-forged"],
    ["flips a bit of a tag", once(5, (frame) => [flipped(frame, -1)]), "frame-forged"],
    ["flips a bit of an origin", once(5, (frame) => [flipped(frame, 16)]), "frame-forged"],
    ["flips a bit of a path", once(5, (frame) => [flipped(frame, 24)]), "frame-forged"],
    ["changes a type", once(5, (frame) => [Buffer.from(frame.with(4, 2))]), "frame-forged"],
    ["writes nonsense as a type", once(5, (frame) => [Buffer.from(frame.with(4, 9))]), "frame-malformed"],
    ["claims a gigantic frame", once(5, (frame) => [Buffer.from(frame.with(3, 200))]), "frame-too-large"],
    ["drops a frame", once(5, () => []), "frame-out-of-order"],
    ["replays a frame", once(5, (frame) => [frame, frame]), "frame-replayed"],
    ["numbers a frame anew", once(5, (frame) => [frame, Buffer.from(frame.with(8, 6))]), "frame-forged"],
    [
      "swaps two frames",
      (frame, at) => {
        if (at === 5) {
          kept = frame;
          return [];
        }
        return at === 6 ? [frame, kept!] : [frame];
      },
      "frame-out-of-order",
    ],
  ];
  const cases = [small, large].flatMap((load) => attacks.map((attack) => [load, ...attack] as const));
  for (const [load, what, mangle, code] of cases) {
    it(`${what}, among ${load.frames} frames: ${code}, and nothing is lost or doubled`, async () => {
      await line(load);
      wire.mangle = mangle;
      await world.run();
      await world.ended("source");
      expect(world.codes("frame-refused")[0]).toBe(code);
      expect(world.events.filter((event) => event.type === "frame-refused").map((event) => event.edge)).toContain(
        "source>increment:0",
      );
      expect(world.values()).toEqual(allOf(load));
      expect(world.codes("failed")).toEqual([]);
      expect(world.audit()).toMatchObject({ holds: true, complete: true });
    });
  }

  it("splices a frame of another query: frame-forged", async () => {
    await line();
    await world.run();
    await world.ended("source");
    const foreign = wire.recorded.at(-3)!; // a frame of the first query, under its keys
    await world.close();
    await line();
    wire.mangle = once(5, (frame) => {
      const spliced = Buffer.from(foreign);
      frame.copy(spliced, 8, 8, 16); // under the number that is due
      return [spliced];
    });
    await world.run();
    await world.ended("source");
    expect(world.codes("frame-refused")[0]).toBe("frame-forged");
    expect(world.values()).toEqual(all);
  });

  it("splices a frame of another edge of the same query: frame-forged", async () => {
    await line();
    const later = new Wire();
    await world.intercept("sink", later);
    let own: Buffer | null = null;
    wire.mangle = (frame, at) => {
      if (at === 5) own = frame;
      return [frame];
    };
    later.mangle = (frame, at) => (at === 5 && own !== null ? [own] : [frame]);
    await world.run();
    await world.ended("source");
    expect(world.codes("frame-refused")).toContain("frame-forged");
    expect(world.values()).toEqual(all);
  });

  it.each([small, { ...large, count: 60_000 }])(
    "cuts the connection again and again: everything arrives once, in $frames frames",
    async (load) => {
      await line(load);
      let last = 0;
      wire.mangle = (frame, at) => {
        if (wire.connections > 6 || at - last < 4 + wire.connections) return [frame];
        last = at;
        setImmediate(() => wire.cut());
        return [];
      };
      await world.run();
      await world.ended("source");
      expect(wire.connections).toBeGreaterThan(3);
      expect(world.values()).toEqual(allOf(load));
      expect(world.audit()).toMatchObject({ holds: true, complete: true });
    },
  );
});

describe("a stranger at the door", () => {
  const gone = (socket: Socket) =>
    new Promise<void>((resolve) =>
      socket
        .on("close", () => resolve())
        .resume()
        .on("error", () => {}),
    );
  const door = () => {
    const [host, port] = world.hosts[1]!.edgeAddresses[0]!.split(":");
    return connect(Number(port), host!);
  };

  it("who speaks garbage is shut out, and the query goes on", async () => {
    await line();
    const bytes = [
      Buffer.alloc(2),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.alloc(600, 0xff),
      Buffer.from([90, 0, ...new Array(122).fill(7)]),
    ];
    for (const garbage of bytes) {
      const socket = door();
      socket.write(garbage);
      await gone(socket);
    }
    await world.run();
    await world.ended("source");
    expect(world.values()).toEqual(all);
  });

  it("who replays a recorded hello gets no further than the challenge, and disturbs nobody", async () => {
    await line();
    await world.run();
    await world.until(() => world.lines.length > 0);
    const [hello, confirm] = wire.recorded;
    const socket = door();
    socket.write(Buffer.concat([hello!, confirm!]));
    await gone(socket);
    await world.ended("source");
    expect(world.values()).toEqual(all);
    expect(wire.connections).toBe(1);
  });
});
