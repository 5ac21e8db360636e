// Adds up a column of whole numbers: each output batch carries the running total after each record. The total lives on from
// batch to batch, so the manifest says `stateless: false`. The param `start` is where the total begins.

/** Room for one batch after another: the same block, replaced when a larger one comes. */
let room: usize = 0;
let roomBytes: i32 = 0;
let total: i64 = 0;

export function alloc(length: i32): usize {
  if (length > roomBytes) {
    room = heap.realloc(room === 0 ? heap.alloc(length) : room, length);
    roomBytes = length;
  }
  return room;
}

/** Params are canonical JSON, here {"start":5}: digits and perhaps a sign are all there is to read. */
export function configure(pointer: usize, length: i32): void {
  let negative = false;
  for (let i = 0; i < length; i++) {
    const character = load<u8>(pointer + i);
    if (character === 0x2d) negative = true;
    if (character >= 0x30 && character <= 0x39) total = total * 10 + (character - 0x30);
  }
  if (negative) total = -total;
}

/** Where the data of a column lies. Layout: docs/protocols/operators.md. */
function dataOf(batch: usize, column: i32): usize {
  const shapeBytes = (load<u16>(batch, 14) + 7) & ~7;
  return batch + load<u32>(batch + 16 + shapeBytes + 16 * column, 4);
}

/** Works in place: the shape of the output is the shape of the input. */
export function process(input: i32, batch: usize, length: i32): u64 {
  const rows = load<u32>(batch, 4);
  const values = dataOf(batch, 0);
  for (let row: u32 = 0; row < rows; row++) {
    total += load<i64>(values + 8 * row);
    store<i64>(values + 8 * row, total);
  }
  return ((batch as u64) << 32) | (length as u64);
}
