// Assembles small WebAssembly modules for tests, byte by byte: also those that no compiler would make.
// Encodings: WebAssembly core specification §5.

export interface ModuleParts {
  /** Limits of the imported memory, as they stand in the module; null: none is imported. */
  memory?: { flags?: number; initial: number; maximum?: number } | null;
  /** A function import beside it, as `module.name`. */
  functionImport?: string;
  /** A memory of its own. */
  ownMemory?: boolean;
  /** A table of functions. */
  table?: boolean;
  /** Tables of functions with so many entries each. */
  tables?: readonly number[];
  /** Code of `process(i32 input, i32 pointer, i32 length) → i64`. */
  process?: readonly number[];
  /** Code of `alloc(i32) → i32`. */
  alloc?: readonly number[];
  /** Code of `end() → i64`. */
  end?: readonly number[];
  /** Names of exports to leave out. */
  without?: readonly string[];
}

export function signed(value: bigint): number[] {
  const low = Number(BigInt.asUintN(7, value));
  const rest = value >> 7n;
  // The sixth bit is the sign of what is left out.
  return rest === (low & 0x40 ? -1n : 0n) ? [low] : [low | 0x80, ...signed(rest)];
}

export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 128))];
}

const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];
const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)];
const section = (id: number, bytes: readonly number[]) =>
  bytes.length === 0 ? [] : [id, ...unsigned(bytes.length), ...bytes];

export const code = {
  unreachable: [0x00],
  nothing: [0x42, 0x00],
  endless: [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x42, 0x00],
  int64: (value: bigint) => [0x42, ...signed(BigInt.asIntN(64, value))],
  int32: (value: number) => [0x41, ...signed(BigInt(value))],
  /** (pointer << 32) | length of what came in. */
  same: [0x20, 0x01, 0xad, 0x42, 0x20, 0x86, 0x20, 0x02, 0xad, 0x84],
  pointer: [0x20, 0x01],
  storeInt32: (offset: number) => [0x36, 0x02, ...unsigned(offset)],
  storeInt64: (offset: number) => [0x37, 0x03, ...unsigned(offset)],
  /** Grows the memory page by page until it does not grow, then traps, as allocators do. */
  memoryBomb: [
    0x03, 0x40, 0x41, 0x01, 0x40, 0x00, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, 0x0b, 0x0c, 0x00, 0x0b, 0x42, 0x00,
  ],
  divideByZero: [0x41, 0x01, 0x41, 0x00, 0x6d, 0x1a, 0x42, 0x00],
  /** Calls `process` itself, without end. */
  recursion: (own: number) => [0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x10, own],
} as const;

const i32 = 0x7f;
const i64 = 0x7e;

export function wasmModule(parts: ModuleParts = {}): Uint8Array {
  const memory = parts.memory === undefined ? { initial: 2 } : parts.memory;
  const imports: number[][] = [];
  if (memory !== null) {
    const flags = memory.flags ?? (memory.maximum === undefined ? 0 : 1);
    const maximum = memory.maximum === undefined ? [] : unsigned(memory.maximum);
    imports.push([...name("env"), ...name("memory"), 0x02, flags, ...unsigned(memory.initial), ...maximum]);
  }
  const shift = parts.functionImport === undefined ? 0 : 1;
  if (parts.functionImport !== undefined) {
    const [from, what] = parts.functionImport.split(".");
    imports.push([...name(from!), ...name(what!), 0x00, 0x02]);
  }
  const functions: [string, number, readonly number[]][] = [
    ["alloc", 0, parts.alloc ?? code.int32(1024)],
    ["process", 1, parts.process ?? code.same],
  ];
  if (parts.end !== undefined) functions.push(["end", 2, parts.end]);
  const types = [
    [0x60, 1, i32, 1, i32],
    [0x60, 3, i32, i32, i32, 1, i64],
    [0x60, 0, 1, i64],
  ];
  const exported = functions
    .map(([text], i) => ({ text, bytes: [...name(text), 0x00, i + shift] }))
    .filter(({ text }) => !parts.without?.includes(text));
  const bodies = functions.map(([, , instructions]) => {
    const body = [0x00, ...instructions, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...(imports.length === 0 ? [] : section(2, vector(imports))),
    ...section(3, vector(functions.map(([, type]) => [type]))),
    ...(parts.table === true ? section(4, vector([[0x70, 0x00, 0x01]])) : []),
    ...(parts.tables === undefined
      ? []
      : section(4, vector(parts.tables.map((size) => [0x70, 0x00, ...unsigned(size)])))),
    ...(parts.ownMemory === true ? section(5, vector([[0x00, 0x02]])) : []),
    ...section(7, vector(exported.map(({ bytes }) => bytes))),
    ...section(10, vector(bodies)),
  ]);
}
