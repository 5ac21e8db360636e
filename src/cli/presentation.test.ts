// Words, tables, colours, progress.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progressOn } from "./progress.ts";
import { dagText } from "./render/plan.ts";
import { styleFor } from "./style.ts";
import { table, widthOf } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { bytes, duration, milliseconds, rate, reasonText } from "./words.ts";

function terminal(over: Partial<Terminal> = {}): Terminal & { shown: string[] } {
  const shown: string[] = [];
  return {
    shown,
    out: async () => {},
    err: (text) => void shown.push(text),
    outIsTty: true,
    errIsTty: true,
    columns: 80,
    env: {},
    cwd: "/",
    home: "/",
    interrupted: new AbortController().signal,
    ...over,
  };
}

describe("colours", () => {
  it("show on a terminal only, and not against NO_COLOR or TERM=dumb", () => {
    expect(styleFor(terminal(), true).bad("x")).toBe("\u001b[31mx\u001b[39m");
    expect(styleFor(terminal(), false).bad("x")).toBe("x");
    expect(styleFor(terminal({ env: { NO_COLOR: "1" } }), true).bad("x")).toBe("x");
    expect(styleFor(terminal({ env: { TERM: "dumb" } }), true).bad("x")).toBe("x");
  });
});

describe("tables", () => {
  it("align whatever colours stand in them, and leave out what is empty", () => {
    const { good } = styleFor(terminal(), true);
    const text = table(
      ["A", "EMPTY", "B"],
      [
        [good("x"), "", "1"],
        ["longer", "", "2"],
      ],
      "",
    );
    const lines = text.trimEnd().split("\n");
    expect(text).not.toContain("EMPTY");
    expect(lines.map((line) => widthOf(line))).toEqual([9, 9, 9]);
  });
});

describe("words", () => {
  it("numbers read one way", () => {
    expect([0.42, 42, 4_200, 42_000].map(milliseconds)).toEqual(["0.4 ms", "42 ms", "4200 ms", "42 s"]);
    expect([59_000, 61_000, 3_660_000, 90_000_000].map(duration)).toEqual([
      "59 s",
      "1 min 1 s",
      "1 h 1 min",
      "1 d 1 h",
    ]);
    expect([999, 1_500, 250e6, 3e12].map(bytes)).toEqual(["999 B", "1.5 KB", "250 MB", "3.0 TB"]);
    expect([0, 2.5, 1_234.5, 42_000, 3.2e6].map(rate)).toEqual(["0/s", "2.5/s", "1235/s", "42 k/s", "3.2 M/s"]);
  });
  it("reasons name what they are about, people's names before ids", () => {
    const reason = { code: "x", sentence: "No.", node: "12D3Koo1", attribute: "a.b" };
    expect(reasonText(reason, new Map([["12D3Koo1", "camera"]]))).toBe("No. (attribute a.b; node camera)");
    expect(reasonText({ code: "x", sentence: "No." })).toBe("No.");
  });
});

describe("a DAG as text", () => {
  it("draws a vertex with two inputs once, and names it again at the other", () => {
    const vertex = (id: string, ...inputs: string[]) => ({ id, operator: "op", own: false, nodeName: "n", inputs });
    const edge = (from: string, to: string) => ({ id: `${from}>${to}:0`, from, to, input: 0, carries: ["x"] });
    const graph = {
      vertices: [vertex("a"), vertex("b"), vertex("m", "a", "b"), vertex("s", "m")],
      edges: [edge("a", "m"), edge("b", "m"), edge("m", "s")],
    } as unknown as Parameters<typeof dagText>[0];
    expect(dagText(graph, styleFor(terminal(), false))).toBe(
      [
        "  a (op) on n",
        "  └─ x ─▶ m (op) on n",
        "     └─ x ─▶ s (op) on n",
        "  b (op) on n",
        "  └─ x ─▶ m (above)",
        "",
      ].join("\n"),
    );
  });
});

describe("progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("shows nothing for what is quick", () => {
    const screen = terminal();
    const progress = progressOn(screen, "planning");
    vi.advanceTimersByTime(1_900);
    progress.end();
    vi.advanceTimersByTime(10_000);
    expect(screen.shown).toEqual([]);
  });
  it("moves on a terminal after two seconds, and cleans up behind itself", () => {
    const screen = terminal();
    const progress = progressOn(screen, "planning");
    vi.advanceTimersByTime(2_500);
    progress.step("starting");
    vi.advanceTimersByTime(200);
    progress.end();
    expect(screen.shown[0]).toContain("planning (2 s)");
    expect(screen.shown.some((text) => text.includes("starting"))).toBe(true);
    expect(screen.shown.at(-1)).toBe("\r\u001b[2K");
    const count = screen.shown.length;
    vi.advanceTimersByTime(10_000);
    expect(screen.shown.length).toBe(count);
  });
  it("is one plain line per step elsewhere", () => {
    const screen = terminal({ errIsTty: false });
    const progress = progressOn(screen, "planning");
    vi.advanceTimersByTime(5_000);
    progress.step("starting");
    progress.step("starting");
    progress.end();
    expect(screen.shown).toEqual(["planning …\n", "starting …\n"]);
  });
});
