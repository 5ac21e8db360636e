import { describe, expect, it } from "vitest";
import type { PeopleAnswer } from "../../sdk/index.ts";
import { styleFor } from "../style.ts";
import { gridOf, mapColumns } from "./map-grid.ts";
import { mapSvg } from "./map-svg.ts";
import { mapText } from "./map-text.ts";

const count = { value: 8 };
const participation = {
  ...{ contributed: count, policy: count, grant: count, budget: count, failed: count, silent: count, asked: count },
};
function answer(rows: readonly (readonly [number, number, number, number])[], name = "average_noise"): PeopleAnswer {
  return {
    columns: [
      { name: "latitude_hundredths", type: "int64", unit: null },
      { name: "longitude_hundredths", type: "int64", unit: null },
      { name, type: "float64", unit: "dB" },
    ],
    rows: rows.map(([lat, lon, value, half]) => [
      { value: lat },
      { value: lon },
      { value, noise: half / 2, interval: { low: value - half, high: value + half, coverage: 0.95, method: "" } },
    ]),
    participation,
    missing: [],
    cost: { rho: 0.01, epsilon: 0.5, delta: 1e-9 },
    noise: "split",
  };
}
/** Two rows on both sides of the meridian, a hole between them, and a cell that is all noise. */
const small = answer([
  [4885, -5, 50, 1],
  [4885, 5, 70, 1],
  [4880, -5, 60, 2],
  [4880, 5, 90, 60],
]);
const style = styleFor({ env: {} } as Parameters<typeof styleFor>[0], false);

describe("the grid of an answer", () => {
  it("has the largest step that all corners fit, from north to south and west to east", () => {
    const grid = gridOf(small)!;
    expect(grid).toMatchObject({ south: [48.85, 48.8], west: [-0.05, 0.05], decimals: 2, unit: "dB" });
    expect(grid.columnDegrees).toBeCloseTo(0.1);
    expect(grid.cells.map(({ row, column }) => [row, column])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  it("takes its scale from the surest cells, and colours no cell that is mostly noise", () => {
    const grid = gridOf(small)!;
    expect([grid.low, grid.high]).toEqual([50, 70]);
    expect(grid.cells.map(({ unsure }) => unsure)).toEqual([false, false, false, true]);
  });

  it("is none without two whole coordinates and a number, or with more cells than a picture bears", () => {
    expect(gridOf(answer([]))).toBeNull();
    expect(gridOf(answer([...Array(65).keys()].map((n) => [n, 0, 1, 1] as const)))).toBeNull();
    expect(gridOf(answer([...Array(64).keys()].map((n) => [n, 0, 1, 1] as const)))).not.toBeNull();
    // Nothing is laid out for corners a world apart.
    expect(
      gridOf(
        answer([
          [0, 0, 1, 1],
          [1, 0, 1, 1],
          [2 ** 52, 0, 1, 1],
        ]),
      ),
    ).toBeNull();
    const named = (latitude: string) => [
      { name: latitude, type: "int64" as const },
      { name: "longitude", type: "int64" as const },
      { name: "n", type: "int64" as const },
    ];
    expect(mapColumns(named("latitude_tenths"))).not.toBeNull();
    expect(mapColumns(named("latitudeconstructor"))).toBeNull();
    expect(mapColumns(named("latitude").slice(0, 2))).toBeNull();
  });
});

it("in the terminal says every value with its noise, and by signs what an SVG file says by colours", () => {
  const text = mapText(gridOf(small)!, style);
  expect(text).toBe(
    [
      "         -0.05    0.05",
      "  48.85  ░ 50 ±1  █ 70 ±1",
      "  48.80  ▓ 60 ±2  ? 90 ±60",
      "  average_noise (dB): ░ from 50, ▒ from 55, ▓ from 60, █ from 65, ? too uncertain; ± half of the 95 % interval",
      "",
    ].join("\n"),
  );
});

describe("an SVG file", () => {
  const words = { title: "noise <script>alert(1)</script> & \u001b[31m", lines: ["window 1"] };
  const svg = mapSvg(gridOf(small)!, words);

  it("writes each value and interval into its cell, and hatches what is mostly noise", () => {
    for (const text of ["50", "49 – 51", "30 – 150", "48.85° N", "0.05° W", "window 1", "too uncertain"])
      expect(svg).toContain(`>${text}</text>`);
    expect(svg.match(/fill="url\(#unsure\)" stroke="#ffffff"/g)).toHaveLength(1);
    expect(svg).toContain("average_noise in dB");
  });

  it("takes nothing of a name for markup", () => {
    expect(svg).not.toContain("<script>");
    expect(svg).not.toContain("\u001b");
    expect(svg).toContain("&lt;script&gt;alert(1)&lt;/script&gt; &amp;");
  });

  it("can be read by people who see no colours: texts differ from what they stand on, and steps from each other", () => {
    const pairs = [
      ...svg.matchAll(/<rect [^>]*fill="(#[0-9a-f]{6})" stroke="#ffffff"[^>]*\/><text [^>]*fill="(#[0-9a-f]{6})"/g),
    ];
    expect(pairs.length).toBe(3);
    for (const [, fill, ink] of pairs) expect(contrast(fill!, ink!)).toBeGreaterThan(4);
    const legend = [...svg.matchAll(/height="12" fill="(#[0-9a-f]{6})"/g)].map(([, fill]) => luminance(fill!));
    expect(legend).toHaveLength(7);
    for (const [index, light] of legend.entries()) if (index > 0) expect(light).toBeGreaterThan(legend[index - 1]!);
  });
});

/** WCAG 2. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
