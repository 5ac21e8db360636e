// Runs a JavaScript body in QuickJS, itself a WebAssembly module: the body reaches nothing but what the prelude left it.
//   function process(records, params, input) → list of records, or nothing        function end(params), optional
// It is interrupted at its deadline from inside; where that does not reach (a long native function), the host ends the
// thread from outside.
import variant from "@jitl/quickjs-ng-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from "quickjs-emscripten-core";
import { batchToText, textToBatch } from "./bridge.ts";
import { type Guest, GuestFault, type GuestOrder } from "./guest.ts";
import { canonicalJson } from "./json.ts";
import { limits } from "./limits.ts";
import { prelude } from "./prelude.ts";

export async function startJavaScript(order: GuestOrder): Promise<Guest> {
  // The types of this package describe its CommonJS half; imported as a module, its default is the variant.
  const quickjs = await newQuickJSWASMModuleFromVariant(variant as unknown as QuickJSSyncVariant);
  return new JavaScriptGuest(quickjs.newRuntime(), order);
}

class JavaScriptGuest implements Guest {
  readonly #order: GuestOrder;
  readonly #context: QuickJSContext;
  readonly #bridge: QuickJSHandle;
  readonly #process: QuickJSHandle;
  readonly #end: QuickJSHandle | null;
  #deadline = 0;
  #ended = false;

  constructor(runtime: QuickJSRuntime, order: GuestOrder) {
    this.#order = order;
    runtime.setMaxStackSize(limits.javascriptStackBytes);
    runtime.setInterruptHandler(() => performance.now() > this.#deadline);
    this.#context = runtime.newContext();
    this.#deadline = performance.now() + limits.javascriptStartMs;
    this.#bridge = this.#evaluate(prelude, "prelude.js");
    const names = (shape: GuestOrder["consumes"]) => shape.map((column) => column.name);
    const { params, consumes, produces } = order;
    this.#call("configure", canonicalJson({ params, consumes: names(consumes), produces: names(produces) }));
    runtime.setMemoryLimit(order.memoryBytes);
    this.#evaluate(bodyText(order.body), "operator.js").dispose();
    this.#process = this.#global("process") ?? malformed("it does not define a function process(records, params)");
    this.#end = this.#global("end");
  }

  process(input: number, batch: Uint8Array, output: Uint8Array): number {
    this.#deadline = performance.now() + this.#order.batchMs;
    const context = this.#context;
    using text = context.newString(batchToText(new Uint8Array(batch), this.#order.consumes));
    using which = context.newNumber(input);
    return this.#put(this.#call("process", this.#process, text, which), output);
  }

  end(output: Uint8Array): number {
    if (this.#end === null || this.#ended) return 0;
    this.#ended = true;
    this.#deadline = performance.now() + this.#order.batchMs;
    return this.#put(this.#call("end", this.#end), output);
  }

  #put(text: string, output: Uint8Array): number {
    if (text === "") return 0;
    if (text.startsWith("!")) {
      const [reason, name] = text.slice(1).split("\n", 2);
      throw new GuestFault(
        "operator-wrong-output",
        this.#order.explain && name !== undefined ? `${reason}: ${name}` : reason!,
      );
    }
    const batch = textToBatch(text, this.#order.produces, this.#order.outputBytes);
    output.set(batch);
    return batch.length;
  }

  /** Calls a function of the prelude, which gives text. */
  #call(name: string, ...args: (QuickJSHandle | string)[]): string {
    const context = this.#context;
    using target = context.getProp(this.#bridge, name);
    const handles = args.map((arg) => (typeof arg === "string" ? context.newString(arg) : arg));
    const result = this.#guarded(() => context.callFunction(target, context.undefined, handles));
    using value = this.#valueOf(result);
    return context.typeof(value) === "string" ? context.getString(value) : "";
  }

  #evaluate(code: string, file: string): QuickJSHandle {
    return this.#valueOf(this.#guarded(() => this.#context.evalCode(code, file, { type: "global" })));
  }

  /** Also finds what a body declared with const. */
  #global(name: string): QuickJSHandle | null {
    const found = this.#evaluate(`typeof ${name} === "function" ? ${name} : null`, "lookup.js");
    return this.#context.typeof(found) === "function" ? found : null;
  }

  #valueOf(result: { value: QuickJSHandle; error?: undefined } | { error: QuickJSHandle }): QuickJSHandle {
    if (result.error === undefined) return result.value;
    const { name, message, line } = this.#guarded(() => this.#read(result.error));
    const { batchMs, memoryBytes, explain } = this.#order;
    if (name === "InternalError" && message.includes("interrupted")) {
      throw new GuestFault("operator-timeout", `longer than ${batchMs} ms`);
    }
    if (message.includes("out of memory"))
      throw new GuestFault("operator-out-of-memory", `more than ${memoryBytes} bytes`);
    const said = explain ? `: ${message}` : "";
    if (name === "SyntaxError") throw new GuestFault("operator-malformed", `${name}${said}${line}`);
    throw new GuestFault("operator-threw", `${name}${said}${line}`);
  }

  /** A body may throw anything, even an object whose properties throw. */
  #read(error: QuickJSHandle): { name: string; message: string; line: string } {
    const thrown: unknown = this.#context.dump(error);
    const { name, message, stack } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as Record<
      string,
      unknown
    >;
    const place = /operator\.js:(\d+)/.exec(String(stack));
    return {
      name: typeof name === "string" && /^[A-Za-z]{1,40}$/.test(name) ? name : "an error",
      message: String(message ?? (thrown === null ? "out of memory" : thrown)).slice(0, 500),
      line: place === null ? "" : ` (line ${place[1]})`,
    };
  }

  /** QuickJS without memory to report that it has none aborts. */
  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : "";
      if (detail.includes("memory")) throw new GuestFault("operator-out-of-memory", detail);
      throw new GuestFault("operator-trap", cause instanceof RangeError ? "its call stack is exhausted" : detail);
    }
  }
}

function bodyText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return malformed("it is not UTF-8 text");
  }
}

function malformed(detail: string): never {
  throw new GuestFault("operator-malformed", detail);
}
