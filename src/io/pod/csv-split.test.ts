import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvSplitter, delimiterOf } from "./csv-split.ts";
import { JsonElements } from "./json-elements.ts";
import { ImportRefused } from "./refused.ts";

function inPieces(text: string, cuts: readonly number[], push: (part: string) => void): void {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, text.length]) {
    push(text.slice(from, place));
    from = place;
  }
}

describe("CSV", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "1", " ", ",", '"', "\n", "\r", ";", "é") });
  const quotedCell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  it("gives back what was written, wherever the chunks are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.constantFrom("\n", "\r\n"),
        (rows, cuts, end) => {
          const text = rows.map((row) => row.map(quotedCell).join(",") + end).join("");
          const seen: string[][] = [];
          const splitter = new CsvSplitter(",", (cells) => seen.push(cells));
          inPieces(text, cuts, (part) => splitter.push(part));
          splitter.end();
          expect(seen).toEqual(rows);
        },
      ),
    );
  });

  it("hostile text is split or refused, never more", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a,"\r\n') }), fc.array(fc.nat()), (text, cuts) => {
        const splitter = new CsvSplitter(",", () => {});
        try {
          inPieces(text, cuts, (part) => splitter.push(part));
          splitter.end();
        } catch (cause) {
          expect(cause).toBeInstanceOf(ImportRefused);
        }
      }),
    );
  });

  it("an open quote does not swallow a file", () => {
    const splitter = new CsvSplitter(",", () => {});
    const part = `x${"y".repeat(1024 * 1024)}\n`;
    splitter.push('a,b\n1,"');
    expect(() => {
      for (let n = 0; n < 20; n++) splitter.push(part);
    }).toThrow(ImportRefused);
  });

  it("the delimiter is told from the first lines", () => {
    expect(delimiterOf("a;b;c\n1,5;2;3\n")).toBe(";");
    expect(delimiterOf("a\tb\n1\t2\n")).toBe("\t");
    expect(delimiterOf("a,b\n1,2\n")).toBe(",");
  });
});

describe("JSON elements", () => {
  const collect = (shape: "lines" | "document", text: string, cuts: readonly number[] = []) => {
    const seen: [string, unknown][] = [];
    const faults: string[] = [];
    const elements = new JsonElements(
      shape,
      (value, key) => seen.push([key, value]),
      (_, reason) => faults.push(reason),
    );
    inPieces(text, cuts, (part) => elements.push(part));
    elements.end();
    return { seen, faults };
  };

  it("finds what JSON.parse finds, wherever the chunks are cut", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.array(fc.dictionary(fc.string(), fc.jsonValue())), { maxKeys: 4 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.constantFrom(undefined, 2),
        (document, cuts, indent) => {
          const text = JSON.stringify(document, null, indent);
          const { seen } = collect("document", text, cuts);
          expect(seen.map(([, value]) => value)).toEqual(Object.values(JSON.parse(text) as typeof document).flat());
        },
      ),
    );
  });

  it("a list at the top, other values beside, and lines", () => {
    expect(collect("document", '[{"a":1},{"a":"]}"}]').seen).toEqual([
      ["", { a: 1 }],
      ["", { a: "]}" }],
    ]);
    expect(collect("document", '{"kind":"x","n":[1,2],"o":{"l":[{"no":1}]},"entry":[{"a":1}]}').seen).toEqual([
      ["entry", { a: 1 }],
    ]);
    expect(collect("lines", '{"a":1}\n\n{oops}\n{"a":2}')).toMatchObject({
      seen: [
        ["", { a: 1 }],
        ["", { a: 2 }],
      ],
    });
  });

  it("deep nesting and a text that ends in the middle are refused", () => {
    expect(() => collect("document", "[".repeat(100_000))).toThrow(/pod-file-deep/);
    expect(() => collect("document", '[{"a":')).toThrow(/pod-file-malformed/);
  });
});
