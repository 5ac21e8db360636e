// Reads and writes Hedgerow batches from C, without a standard library. Layout: docs/protocols/operators.md.
#pragma once
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define EXPORT(name) __attribute__((export_name(#name)))

// (pointer << 32) | length, as `process` and `end` give it. Length 0: nothing.
static inline u64 result(const void *bytes, u32 length) { return ((u64)(u32)bytes << 32) | length; }

static inline u32 batch_rows(const u8 *batch) { return *(const u32 *)(batch + 4); }

// Four words per column: validity, data, data length, offsets.
static inline const u32 *batch_column(const u8 *batch, u32 column) {
  u32 shape_bytes = *(const u16 *)(batch + 14);
  return (const u32 *)(batch + 16 + ((shape_bytes + 7) & ~7u)) + 4 * column;
}

static inline void *batch_data(u8 *batch, u32 column) { return batch + batch_column(batch, column)[1]; }

// Room for one batch after another: the same block, grown when a larger one comes. 0 when the memory does not grow.
extern u8 __heap_base;
static u32 room_bytes;
static inline u8 *room_for(u32 length) {
  u8 *room = (u8 *)(((u32)&__heap_base + 7) & ~7u);
  u32 end = (u32)room + length, pages = (end + 0xffff) >> 16, have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (__SIZE_TYPE__)-1) return 0;
  room_bytes = length;
  return room;
}
