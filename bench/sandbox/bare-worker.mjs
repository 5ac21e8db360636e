// The reference: the same module, called bare over shared memory. No checks of any kind.
import { parentPort, workerData } from "node:worker_threads";

const { body, shared, slots, slotBytes } = workerData;
const memory = new WebAssembly.Memory({ initial: 2, maximum: 128 });
const { alloc, process } = new WebAssembly.Instance(new WebAssembly.Module(body), { env: { memory } }).exports;
const control = new Int32Array(shared, 0, 4);
const bytes = new Uint8Array(shared, 64);
parentPort.postMessage("ready");
for (let sequence = 0; shared.byteLength > 64; sequence++) {
  while (Atomics.load(control, 0) === sequence) Atomics.wait(control, 0, sequence);
  if (control[2] === 1) break;
  const from = (sequence % slots) * slotBytes;
  const length = control[3];
  const pointer = alloc(length);
  new Uint8Array(memory.buffer).set(bytes.subarray(from, from + length), pointer);
  const result = process(0, pointer, length);
  const at = Number(result >> 32n);
  bytes.set(new Uint8Array(memory.buffer, at, Number(result & 0xffffffffn)), from);
  Atomics.store(control, 1, sequence + 1);
  Atomics.notify(control, 1);
}
