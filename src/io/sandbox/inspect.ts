// Reads a WebAssembly module before it is instantiated. The engine has validated it; this asks what the engine does not:
// what memory it wants, and whether it keeps to the features that behave the same everywhere.
//
// INVARIANT 1: one memory, imported, neither shared nor 64-bit. A module's own memory would escape the cap.
// INVARIANT 2: instructions come from an allowed list: no threads, no relaxed SIMD (its results differ between machines),
//   no exceptions, no garbage-collected types, no growing tables (their memory has no cap).
// INVARIANT 3: what is instantiated outside the memory is bounded: tables begin small. Their memory is the engine's, and the
//   engine ends the whole process when it has none left.
import { GuestFault } from "./guest.ts";
import { limits } from "./limits.ts";

export interface MemoryWish {
  readonly initialPages: number;
  readonly maximumPages: number | null;
}

const functionReference = 0x70;
const sections = { import: 2, table: 4, memory: 5, code: 10 } as const;

export function inspectModule(body: Uint8Array): MemoryWish {
  const bytes = new Cursor(body);
  bytes.pass(8);
  let wish: MemoryWish | null = null;
  while (!bytes.atEnd) {
    const id = bytes.byte();
    const section = bytes.part(bytes.unsigned());
    if (id === sections.import) wish = readImports(section);
    else if (id === sections.memory && section.unsigned() > 0)
      malformed("it defines its own memory; import env.memory instead");
    else if (id === sections.table) checkTables(section);
    else if (id === sections.code) walkCode(section);
  }
  return wish ?? malformed("it does not import env.memory");
}

/** Whatever else it imports was refused before, by name. */
function readImports(section: Cursor): MemoryWish | null {
  let wish: MemoryWish | null = null;
  for (let left = section.unsigned(); left > 0; left--) {
    section.pass(section.unsigned());
    section.pass(section.unsigned());
    if (section.byte() !== 2) malformed("it imports something besides a memory");
    if (wish !== null) malformed("it imports more than one memory");
    const flags = section.byte();
    if (flags > 1) malformed("its memory is shared or 64-bit");
    wish = { initialPages: section.unsigned(), maximumPages: flags === 1 ? section.unsigned() : null };
  }
  return wish;
}

/** Tables lie outside the memory's cap: enough for the functions of a large program, and no more. */
function checkTables(section: Cursor): void {
  let entries = 0;
  for (let left = section.unsigned(); left > 0; left--) {
    if (section.byte() !== functionReference) malformed("it has a table of something besides functions");
    const flags = section.byte();
    if (flags > 1) malformed("its table is shared or 64-bit");
    entries += section.unsigned();
    if (flags === 1) section.unsigned();
    if (entries > limits.maxTableEntries) malformed(`its tables have more than ${limits.maxTableEntries} entries`);
  }
}

function walkCode(section: Cursor): void {
  for (let left = section.unsigned(); left > 0; left--) {
    const body = section.part(section.unsigned());
    for (let groups = body.unsigned(); groups > 0; groups--) {
      body.unsigned();
      body.byte();
    }
    while (!body.atEnd) passInstruction(body);
  }
}

const within = (value: number, from: number, to: number) => value >= from && value <= to;

/** Numbers are opcodes of the WebAssembly core specification 2.0, §5.4. */
function passInstruction(code: Cursor): void {
  const opcode = code.byte();
  if (opcode === 0xfc) return passMiscellaneous(code);
  if (opcode === 0xfd) return passVector(code);
  if (within(opcode, 0x45, 0xc4) || [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].includes(opcode)) return;
  if (within(opcode, 0x28, 0x3e)) return passMemoryArgument(code);
  if (within(opcode, 0x20, 0x26) || [0x0c, 0x0d, 0x10, 0x12, 0x3f, 0x40, 0xd2].includes(opcode)) {
    code.unsigned();
  } else if (within(opcode, 0x02, 0x04) || [0x41, 0x42, 0xd0].includes(opcode)) {
    code.passSigned();
  } else if (opcode === 0x11 || opcode === 0x13) {
    code.unsigned();
    code.unsigned();
  } else if (opcode === 0x0e) {
    for (let left = code.unsigned(); left >= 0; left--) code.unsigned();
  } else if (opcode === 0x1c) {
    code.pass(code.unsigned());
  } else if (opcode === 0x43) {
    code.pass(4);
  } else if (opcode === 0x44) {
    code.pass(8);
  } else {
    malformed(`instruction 0x${opcode.toString(16)} (threads, exceptions, garbage collection) is not allowed`);
  }
}

function passMiscellaneous(code: Cursor): void {
  const opcode = code.unsigned();
  if (opcode === 15) malformed("table.grow is not allowed");
  if (opcode > 17) malformed(`instruction 0xfc ${opcode} is not allowed`);
  const immediates = opcode < 8 ? 0 : [8, 10, 12, 14].includes(opcode) ? 2 : 1;
  for (let left = immediates; left > 0; left--) code.unsigned();
}

function passVector(code: Cursor): void {
  const opcode = code.unsigned();
  if (opcode > 255) malformed("relaxed SIMD is not allowed: its results differ between machines");
  if (opcode <= 11 || within(opcode, 84, 93)) passMemoryArgument(code);
  if (opcode === 12 || opcode === 13) code.pass(16);
  if (within(opcode, 21, 34) || within(opcode, 84, 91)) code.pass(1);
}

function passMemoryArgument(code: Cursor): void {
  if (code.unsigned() >= 0x40) malformed("more than one memory is not allowed");
  code.unsigned();
}

function malformed(detail: string): never {
  throw new GuestFault("operator-malformed", detail);
}

/** Reads forward; running past the end is a malformed module, whatever the engine thought of it. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    return this.#bytes[this.#at++] ?? malformed("it ends too early");
  }
  pass(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) malformed("it ends too early");
  }
  part(count: number): Cursor {
    const from = this.#at;
    this.pass(count);
    return new Cursor(this.#bytes.subarray(from, this.#at));
  }
  /** LEB128. */
  unsigned(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
  passSigned(): void {
    while (this.byte() >= 0x80);
  }
}
