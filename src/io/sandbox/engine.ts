// The parts of the engine's WebAssembly interface that the sandbox uses. Node's types do not carry it, and the DOM's types
// would bring the DOM along.
export interface Memory {
  readonly buffer: ArrayBuffer;
}
export interface Module {
  readonly [module: symbol]: never;
}
interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}
type ErrorClass = new (message?: string) => Error;

interface Engine {
  readonly Module: {
    new (bytes: Uint8Array): Module;
    imports(module: Module): { module: string; name: string; kind: string }[];
  };
  readonly Instance: new (module: Module, imports: Record<string, Record<string, Memory>>) => Instance;
  readonly Memory: new (limits: { initial: number; maximum: number }) => Memory;
  readonly LinkError: ErrorClass;
  readonly RuntimeError: ErrorClass;
}

export const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
