// An outlet that is a file, after a crash or a full disk left half a line in it.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { QueryId, VertexId } from "../../core/base/index.ts";
import { batchOf, columns } from "../../operators/harness.ts";
import { catalogue } from "../../operators/index.ts";
import { openAppendFile } from "./append-file.ts";
import { createPorts } from "./index.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-outlet-"));
  file = join(folder, "report");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = () => readFileSync(file, "utf8");
const bytesOf = (line: string) => new TextEncoder().encode(line);

/** A sink-file writes one batch, as the cell does that takes the place of one that was killed. */
async function delivered(format: "csv" | "ndjson", value: number, note: string) {
  const place = { name: "reports", kind: "outlet", format, file } as const;
  const of = { query: "aa" as QueryId, vertex: "out" as VertexId };
  const ports = createPorts({ of, equipment: [place], print: () => {}, keep: async () => {}, kept: () => [] });
  const shape = columns("value: int64, note: text");
  const signature = { consumes: [], output: null, stateless: false };
  const context = { params: {}, inputs: [shape], signature, ports, equipment: "reports" };
  const started = catalogue().get("sink-file")!.start(context);
  if (!started.ok || started.value.kind !== "sink") throw new Error("no sink");
  const batch = batchOf(shape, [{ value: BigInt(value), note }]);
  await started.value.sink.write(batch, { path: 0, origin: value });
  await started.value.sink.close();
}

it.each([
  ["half a line", '{"value":1}\n{"val', '{"value":1}\n'],
  ["half of the first line", '{"val', ""],
  ["a line but for its end", '{"value":1}', ""],
  ["whole lines", '{"value":1}\n', '{"value":1}\n'],
])("ndjson that ends in %s: what is acknowledged next is a line of its own", async (_, left, kept) => {
  writeFileSync(file, left);
  await delivered("ndjson", 2, "x");
  expect(text()).toBe(`${kept}{"value":2,"note":"x"}\n`);
});

it.each([
  ["half a line", "value,note\n1,a\n2", "value,note\n1,a\n"],
  ["half of its header", "value,no", "value,note\n"],
  ["half a cell behind a line break in it", 'value,note\n1,"a\nb"\n2,"c\n', 'value,note\n1,"a\nb"\n'],
  ["a quote that may end a cell or stand for one", 'value,note\n1,"a\n"', "value,note\n"],
  ["whole records, one with a line break", 'value,note\n1,"a\n""b"\n', 'value,note\n1,"a\n""b"\n'],
  ["half a line behind one that is no record", 'value,note\n1,"a"b\n3,"c"\n2', 'value,note\n1,"a"b\n3,"c"\n'],
])("csv that ends in %s: what is acknowledged next is a record of its own", async (_, left, kept) => {
  writeFileSync(file, left);
  await delivered("csv", 7, "x");
  expect(text()).toBe(`${kept}7,x\n`);
});

it("cuts back what a failed append left", async () => {
  let room = 100;
  const outlet = await openAppendFile(file, "ndjson", async (handle, bytes) => {
    await handle.appendFile(bytes.subarray(0, room));
    if (room < bytes.length) throw new Error("ENOSPC");
  });
  await outlet.append(bytesOf("first\n"));
  room = 3;
  await expect(outlet.append(bytesOf("second\n"))).rejects.toThrow("ENOSPC");
  expect(text()).toBe("first\n");
  room = 100;
  await outlet.append(bytesOf("third\n"));
  expect(text()).toBe("first\nthird\n");
  await outlet.close();
});

it("opened while another cell writes to it, it cuts nothing off", async () => {
  let goOn = () => {};
  const half = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isHalf = () => {};
  const begun = new Promise<void>((resolve) => {
    isHalf = resolve;
  });
  const first = await openAppendFile(file, "ndjson", async (handle, bytes) => {
    await handle.appendFile(bytes.subarray(0, 3));
    isHalf();
    await half;
    await handle.appendFile(bytes.subarray(3));
  });
  const writing = first.append(bytesOf("first\n"));
  await begun;
  const opening = openAppendFile(file, "ndjson");
  for (let i = 0; i < 20; i++) await stat(file); // as many steps as it takes to do harm
  expect(text()).toBe("fir");
  goOn();
  await writing;
  const second = await opening;
  await second.append(bytesOf("second\n"));
  expect(text()).toBe("first\nsecond\n");
  await Promise.all([first.close(), second.close()]);
});

it("does not cut what no batch can have left", async () => {
  writeFileSync(file, new Uint8Array(33 * 1024 * 1024).fill(120));
  await expect(openAppendFile(file, "ndjson")).rejects.toThrow("not what this outlet wrote");
  expect(statSync(file).size).toBe(33 * 1024 * 1024);
});

it("leaves devices alone", async () => {
  const outlet = await openAppendFile("/dev/null", "ndjson");
  expect(outlet.empty).toBe(true);
  await outlet.append(bytesOf("first\n"));
  await outlet.close();
});
