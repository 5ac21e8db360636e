import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attribute, type Column, columnTypes, type RecordShape } from "../model/index.ts";
import {
  allocateBatch,
  BatchBuilder,
  BatchReader,
  checkBatch,
  descriptorBytes,
  encodeRows,
  maxBatchRows,
  prepareShape,
  type RowValue,
  selectBatch,
} from "./index.ts";

const column = (name: string, type: Column["type"], nullable = false): Column => ({
  name: name as Attribute,
  type,
  nullable,
});

const shapes = fc
  .uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,9}$/),
      type: fc.constantFrom(...columnTypes),
      nullable: fc.boolean(),
    }),
    {
      minLength: 1,
      maxLength: 6,
      selector: (made) => made.name,
    },
  )
  .map((columns) => columns.map((made) => column(made.name, made.type, made.nullable)));

function valuesOf({ type, nullable }: Column): fc.Arbitrary<RowValue> {
  const present: fc.Arbitrary<RowValue> =
    type === "bool"
      ? fc.boolean()
      : type === "float64"
        ? fc.double()
        : type === "text"
          ? fc.string({ unit: "binary", maxLength: 40 })
          : type === "bytes"
            ? fc.uint8Array({ maxLength: 20 })
            : fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  return nullable ? fc.option(present) : present;
}

const batches = shapes.chain((shape) =>
  fc
    .array(fc.record(Object.fromEntries(shape.map((made) => [made.name, valuesOf(made)]))), { maxLength: 40 })
    .map((rows) => ({ shape, rows })),
);

function encode(shape: RecordShape, rows: readonly Record<string, unknown>[]): Uint8Array {
  const encoded = encodeRows(shape, rows);
  if (!encoded.ok) throw new Error(JSON.stringify(encoded));
  return encoded.value;
}

const mixed: RecordShape = [
  column("count", "int64"),
  column("name.first", "text", true),
  column("weight", "float64", true),
  column("seen", "bool"),
];
const mixedRows = [
  { count: 10n, "name.first": "Ada", weight: 1.5, seen: true },
  { count: -1n, "name.first": null, weight: null, seen: false },
  { count: 2n ** 63n - 1n, "name.first": "Émilie ✓", weight: -0, seen: true },
];

describe("the batch codec", () => {
  it("gives back what was put in, and is canonical", () => {
    fc.assert(
      fc.property(batches, ({ shape, rows }) => {
        const bytes = encode(shape, rows);
        expect(checkBatch(bytes, prepareShape(shape))).toEqual({ ok: true, value: { rows: rows.length } });
        const back = new BatchReader(bytes, shape).rowsAsObjects();
        expect(back).toEqual(rows.map((row) => ({ ...row })));
        expect(encode(shape, back)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("reads a batch that lies unaligned in a larger buffer", () => {
    const bytes = encode(mixed, mixedRows);
    for (const shift of [1, 2, 4]) {
      const moved = new Uint8Array(bytes.length + 8).subarray(shift, shift + bytes.length);
      moved.set(bytes);
      expect(checkBatch(moved, prepareShape(mixed)).ok).toBe(true);
      expect(new BatchReader(moved, mixed).rowsAsObjects()).toEqual(mixedRows);
    }
  });

  it("gives numeric columns without a copy, as views that write the batch", () => {
    const batch = allocateBatch([column("value", "int64")], 3);
    batch.int64(0).set([1n, 2n, 3n]);
    expect(batch.int64(0).buffer).toBe(batch.bytes.buffer);
    expect(batch.rowsAsObjects()).toEqual([{ value: 1n }, { value: 2n }, { value: 3n }]);
  });

  it("writes one NaN, whatever bits it came with", () => {
    const odd = new Float64Array(new BigInt64Array([0x7ff8_0000_dead_beefn]).buffer)[0];
    const shape = [column("x", "float64")];
    expect(encode(shape, [{ x: odd }])).toEqual(encode(shape, [{ x: Number.NaN }]));
  });

  it("refuses rows that do not carry exactly the declared attributes", () => {
    const shape = [column("a", "int64"), column("b", "text", true)];
    const detail = (rows: Record<string, unknown>[]) => {
      const encoded = encodeRows(shape, rows);
      return encoded.ok ? "accepted" : `${encoded.code}: ${encoded.detail}`;
    };
    expect(detail([{ a: 1, b: null }])).toBe("accepted");
    expect(detail([{ a: 1 }])).toBe("accepted");
    expect(detail([{ b: "x" }])).toBe("batch-wrong-shape: row 1: a is missing");
    expect(detail([{ a: 1 }, { a: 1, c: 2 }])).toBe("batch-wrong-shape: row 2: c is not declared");
    expect(detail([{ a: "secret" }])).toBe("batch-wrong-shape: row 1: a must be int64, not string");
    expect(detail([{ a: 1.5 }])).toBe("batch-wrong-shape: row 1: a must be int64, not number");
    expect(detail([{ a: 2n ** 63n }])).toBe("batch-wrong-shape: row 1: a must be int64, not bigint");
  });

  it("keeps a builder whole after a refused row, and starts anew after finish", () => {
    const builder = new BatchBuilder(mixed);
    expect(builder.append([1n, "a", 1, true])).toBeNull();
    expect(builder.append([2n, "b", 2, "yes"])).toMatchObject({ code: "batch-wrong-shape" });
    expect(builder.append([3n, null, null, false])).toBeNull();
    const announced = builder.bytes;
    const finished = builder.finish();
    if (!finished.ok) throw new Error(finished.code);
    expect(finished.value.length).toBe(announced);
    expect(new BatchReader(finished.value, mixed).rowsAsObjects().map((row) => row.count)).toEqual([1n, 3n]);
    expect(builder.rows).toBe(0);
    const empty = builder.finish();
    expect(empty.ok && checkBatch(empty.value, prepareShape(mixed))).toEqual({ ok: true, value: { rows: 0 } });
  });

  it("selects rows and columns as a plain filter of objects would", () => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat(1000), { maxLength: 30 }), fc.boolean(), ({ shape, rows }, picks, all) => {
        const from = new BatchReader(encode(shape, rows), shape);
        const chosen = rows.length === 0 ? [] : picks.map((pick) => pick % rows.length);
        const order = shape.map((_, index) => index).reverse();
        const target = order.map((index) => ({ ...shape[index]! }));
        const made = selectBatch(from, target, order, all ? null : Uint32Array.from(chosen));
        expect(checkBatch(made, prepareShape(target)).ok).toBe(true);
        const expected = all ? rows : chosen.map((row) => rows[row]!);
        expect(new BatchReader(made, target).rowsAsObjects()).toEqual(expected.map((row) => ({ ...row })));
      }),
      { numRuns: 200 },
    );
  });
});

describe("checkBatch", () => {
  const check = prepareShape(mixed);
  const good = encode(mixed, mixedRows);
  const codeOf = (bytes: Uint8Array, bounds = {}) => {
    const checked = checkBatch(bytes, check, bounds);
    return checked.ok ? "accepted" : checked.code;
  };
  const altered = (change: (view: DataView, bytes: Uint8Array) => void) => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer), bytes);
    return codeOf(bytes);
  };
  const descriptor = (column: number, field: number) => check.descriptors + descriptorBytes * column + 4 * field;

  it("accepts the batch that the others are made from", () => expect(codeOf(good)).toBe("accepted"));

  it("refuses each lie in the header", () => {
    expect(altered((view) => view.setUint32(0, 1, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(4, 4, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(4, 2, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(4, maxBatchRows + 1, true))).toBe("batch-too-large");
    expect(altered((view) => view.setUint32(4, 0xffff_ffff, true))).toBe("batch-too-large");
    expect(altered((view) => view.setUint32(8, good.length - 8, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint16(12, 5, true))).toBe("batch-wrong-shape");
    expect(altered((view) => view.setUint16(14, 1, true))).toBe("batch-wrong-shape");
    expect(altered((_, bytes) => bytes.fill(0x7a, 19, 20))).toBe("batch-wrong-shape");
    expect(altered((_, bytes) => bytes.fill(1, 16 + check.block.length, check.descriptors))).toBe("batch-malformed");
  });

  it("refuses each lie in the descriptors", () => {
    for (let c = 0; c < mixed.length; c++) {
      for (let field = 0; field < 4; field++) {
        for (const lie of [1, 4, 8, good.length, good.length - 8, 0x8000_0000, 0xffff_fff8, 0xffff_ffff]) {
          const at = descriptor(c, field);
          if (new DataView(good.buffer).getUint32(at, true) === lie) continue;
          expect(
            altered((view) => view.setUint32(at, lie, true)),
            `column ${c}, field ${field}, ${lie}`,
          ).toBe("batch-malformed");
        }
      }
    }
  });

  it("refuses offsets of text that run backwards, past the data, or do not begin at 0", () => {
    const at = new DataView(good.buffer).getUint32(descriptor(1, 3), true);
    expect(altered((view) => view.setUint32(at, 1, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(at + 4, 5000, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(at + 8, 1, true))).toBe("batch-malformed");
    expect(altered((view) => view.setUint32(at + 12, 3, true))).toBe("batch-malformed");
  });

  it("leaves no room for undeclared data: gaps, tails, padding, bits past the rows", () => {
    const longer = new Uint8Array(good.length + 8);
    longer.set(good);
    expect(codeOf(longer)).toBe("batch-malformed");
    new DataView(longer.buffer).setUint32(8, longer.length, true);
    expect(codeOf(longer)).toBe("batch-malformed");
    expect(altered((_, bytes) => bytes.fill(1, good.length - 1))).toBe("batch-malformed");
    const validity = new DataView(good.buffer).getUint32(descriptor(1, 0), true);
    expect(altered((_, bytes) => bytes.fill(0b1111_0101, validity, validity + 1))).toBe("batch-malformed");
  });

  it("refuses another shape, more rows or more bytes than the bounds", () => {
    const other = prepareShape([column("count", "int64")]);
    expect(checkBatch(good, other)).toMatchObject({ code: "batch-wrong-shape" });
    expect(codeOf(good, { maxBytes: good.length - 1 })).toBe("batch-too-large");
    expect(codeOf(good, { maxRows: 2 })).toBe("batch-too-large");
  });

  it("refuses every truncation", () => {
    for (let length = 0; length < good.length; length++) expect(codeOf(good.subarray(0, length))).not.toBe("accepted");
  });

  it("survives any bytes, and what it accepts can be read and encodes to itself", () => {
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.oneof(edits, fc.uint8Array({ maxLength: 300 })), (input) => {
        let bytes: Uint8Array;
        if (input instanceof Uint8Array) bytes = input;
        else {
          bytes = good.slice();
          for (const [at, value] of input) bytes[at] = value;
        }
        const checked = checkBatch(bytes, check);
        if (!checked.ok) return;
        expect(new BatchReader(bytes, mixed).rowsAsObjects()).toHaveLength(checked.value.rows);
      }),
      { numRuns: 20_000 },
    );
  });
});
