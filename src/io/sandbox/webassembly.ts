// Runs a WebAssembly body by the ABI of docs/protocols/operators.md:
//   imports  env.memory, and nothing else
//   exports  alloc(length) → pointer                     room for the next batch (or params), valid until the next call
//            process(input, pointer, length) → i64       (pointer << 32) | length of the output batch; 0 = nothing
//            end() → i64, optional                       the same, called until it gives 0
//            configure(pointer, length), optional        params as canonical JSON, once, before the first batch
import { engine, type Memory, type Module } from "./engine.ts";
import { type Guest, GuestFault, type GuestOrder } from "./guest.ts";
import { inspectModule } from "./inspect.ts";
import { canonicalJson } from "./json.ts";
import { limits } from "./limits.ts";

type Exported = (...args: number[]) => number | bigint | undefined;

export function startWebAssembly(order: GuestOrder): Guest {
  const module = compile(order.body);
  refuseOtherImports(module);
  const wish = inspectModule(order.body);
  const cap = Math.floor(order.memoryBytes / limits.pageBytes);
  if (wish.initialPages > cap) {
    throw new GuestFault(
      "operator-out-of-memory",
      `it begins with ${wish.initialPages} pages of 64 KiB; its limit is ${cap}`,
    );
  }
  const maximum = Math.max(wish.initialPages, Math.min(cap, wish.maximumPages ?? cap));
  const memory = new engine.Memory({ initial: wish.initialPages, maximum });
  return new WebAssemblyGuest(module, memory, maximum, order);
}

function compile(body: Uint8Array): Module {
  try {
    return new engine.Module(body);
  } catch (cause) {
    throw new GuestFault("operator-malformed", cause instanceof Error ? cause.message : "not a WebAssembly module");
  }
}

function refuseOtherImports(module: Module): void {
  for (const { module: from, name, kind } of engine.Module.imports(module)) {
    if (from === "env" && name === "memory" && kind === "memory") continue;
    throw new GuestFault("operator-forbidden-import", `${from}.${name} (${kind})`);
  }
}

class WebAssemblyGuest implements Guest {
  readonly #memory: Memory;
  readonly #maximumPages: number;
  readonly #alloc: Exported;
  readonly #process: Exported;
  readonly #end: Exported | null;
  #bytes: Uint8Array;

  constructor(module: Module, memory: Memory, maximumPages: number, order: GuestOrder) {
    this.#memory = memory;
    this.#maximumPages = maximumPages;
    const { exports } = this.#guarded(() => new engine.Instance(module, { env: { memory } }));
    const exported = (name: string): Exported | null =>
      typeof exports[name] === "function" ? (exports[name] as Exported) : null;
    const required = (name: string): Exported => exported(name) ?? lacks(name);
    this.#alloc = required("alloc");
    this.#process = required("process");
    this.#end = exported("end");
    this.#bytes = new Uint8Array(memory.buffer);
    this.#guarded(() => exported("_initialize")?.());
    this.#configure(exported("configure"), order);
  }

  process(input: number, batch: Uint8Array, output: Uint8Array): number {
    return this.#guarded(() => {
      const pointer = this.#put(batch);
      return this.#get(this.#process(input, pointer, batch.length), output);
    });
  }

  end(output: Uint8Array): number {
    return this.#guarded(() => (this.#end === null ? 0 : this.#get(this.#end(), output)));
  }

  #configure(configure: Exported | null, { params }: GuestOrder): void {
    if (configure === null) {
      if (Object.keys(params).length > 0)
        throw new GuestFault("operator-malformed", "it has params and does not export configure");
      return;
    }
    this.#guarded(() => {
      const text = new TextEncoder().encode(canonicalJson(params));
      configure(this.#put(text), text.length);
    });
  }

  #put(bytes: Uint8Array): number {
    const pointer = Number(this.#alloc(bytes.length)) >>> 0;
    const view = this.#view();
    if (pointer === 0) throw new GuestFault("operator-out-of-memory", "alloc gave 0");
    if (pointer + bytes.length > view.length)
      throw new GuestFault("operator-lied-about-output", "alloc gave room outside of its memory");
    view.set(bytes, pointer);
    return pointer;
  }

  #get(result: number | bigint | undefined, output: Uint8Array): number {
    if (typeof result !== "bigint") throw new GuestFault("operator-malformed", "process and end must give an i64");
    const pointer = Number(BigInt.asUintN(32, result >> 32n));
    const length = Number(BigInt.asUintN(32, result));
    if (length === 0) return 0;
    const view = this.#view();
    if (pointer + length > view.length)
      throw new GuestFault("operator-lied-about-output", "its output lies outside of its memory");
    if (length > output.length)
      throw new GuestFault("operator-wrong-output", `its output has ${length} bytes, at most ${output.length}`);
    output.set(view.subarray(pointer, pointer + length));
    return length;
  }

  /** Growing the memory detaches its old buffer. */
  #view(): Uint8Array {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      if (cause instanceof GuestFault) throw cause;
      if (cause instanceof engine.LinkError) throw new GuestFault("operator-malformed", cause.message);
      if (cause instanceof RangeError) throw new GuestFault("operator-trap", "its call stack is exhausted");
      if (!(cause instanceof engine.RuntimeError))
        throw new GuestFault("operator-malformed", "its exports do not have the types of the ABI");
      throw new GuestFault(this.#ranOutOfMemory(cause) ? "operator-out-of-memory" : "operator-trap", cause.message);
    }
  }

  /** Allocators trap as `unreachable` when the memory does not grow; it is then past half of what it may have. */
  #ranOutOfMemory({ message }: Error): boolean {
    const pages = this.#memory.buffer.byteLength / limits.pageBytes;
    return message.includes("unreachable") && pages * 2 > this.#maximumPages;
  }
}

function lacks(name: string): never {
  throw new GuestFault("operator-malformed", `it does not export the function ${name}`);
}
