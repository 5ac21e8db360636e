// What an audit holds of what nodes hand over, and whom it names for the rest.
import { expect, it } from "vitest";
import { crypto } from "../../../test/support/signers.ts";
import { ToldQuery } from "../../../test/support/told-query.ts";
import type { QueryId } from "../../core/base/index.ts";
import { decodeEnvelope, encodeEnvelope } from "../../core/cell/index.ts";
import { Examination } from "./examination.ts";
import { limits } from "./limits.ts";

const told = new ToldQuery();
const { source, sink, spare } = told;
const honest = { source: told.receipts("source", 3), sink: told.receipts("sink", 3) };
const examine = (bounds?: ConstructorParameters<typeof Examination>[2], known = told.known) =>
  new Examination({ ...told.audited, known }, crypto, bounds);

function taking(examination: Examination, giver: typeof source | null, envelopes: readonly Uint8Array[]): void {
  for (const bytes of envelopes) examination.take(giver?.node ?? null, bytes);
}

it("holds what nodes signed of their own cells, once, and judges it", () => {
  const examination = examine();
  taking(examination, source, honest.source);
  taking(examination, sink, [...honest.sink, ...honest.sink]);
  expect(examination.receipts).toBe(6);
  expect(examination.judge([])).toMatchObject({
    receipts: 6,
    leftOut: [],
    cut: [],
    audit: { holds: true, complete: true },
  });
});

it("holds nothing that the audit would not count, and names who gave it", () => {
  const examination = examine();
  const other = told.receipts("source", 2, source, 1, { query: "0d".repeat(16) as QueryId });
  const opened = decodeEnvelope(honest.source[0]!);
  if (!opened.ok) throw new Error(opened.code);
  const signatures = [{ keyid: source.node, sig: new Uint8Array(64) }];
  const forged = encodeEnvelope({ ...opened.value, signatures });
  taking(examination, source, [...other, ...told.receipts("source", 1, source, 1, { incarnation: 1 })]);
  taking(examination, spare, [...told.receipts("source", 2, spare), ...honest.sink]);
  taking(examination, source, [forged, Uint8Array.of(1, 2, 3), new Uint8Array(9)]);
  expect(examination.receipts).toBe(0);
  expect(examination.envelopes()).toEqual([]);
  const { leftOut, audit } = examination.judge([]);
  expect(leftOut.map(({ giver, code, times }) => [giver, code, times])).toEqual([
    [source.node, "receipt-not-of-plan", 3],
    [spare.node, "receipt-not-of-plan", 2],
    [spare.node, "receipt-foreign", 3],
    [source.node, "receipt-forged", 1],
    [source.node, "receipt-malformed", 2],
  ]);
  expect(leftOut[2]!.detail).toBe(`it names ${sink.node}`);
  expect(audit.holds).toBe(true);
});

it("shows no text that a liar put into an envelope", () => {
  const examination = examine();
  const text = "\u001b[2J ok";
  const envelope = Buffer.from(honest.source[0]!);
  const at = envelope.indexOf(source.node);
  // The keyid of the envelope: a name of the same length.
  const renamed = Buffer.from(envelope);
  for (let from = at; from !== -1; from = envelope.indexOf(source.node, from + 1))
    renamed.write(text.padEnd(source.node.length, "x"), from, "latin1");
  examination.take(sink.node, Uint8Array.from(renamed));
  expect(examination.judge([]).leftOut).toMatchObject([
    { giver: sink.node, code: "receipt-foreign", times: 1, detail: "it names no node" },
  ]);
  expect(JSON.stringify(examination.judge([]).leftOut)).not.toContain("[2J");
});

it("one node's receipts, signed as they should be, push out nobody else's", () => {
  const bytes = honest.source[0]!.length;
  const bounds = { bytes: 20 * bytes, bytesPerCell: 18 * bytes, itemsPerCell: 1_000 };
  for (const liarFirst of [true, false]) {
    const examination = examine(bounds);
    const flood = Array.from({ length: 60 }, (_, salt) => told.receipts("sink", 1, sink, 1, { salt })).flat();
    if (liarFirst) taking(examination, sink, flood);
    taking(examination, source, honest.source);
    if (!liarFirst) taking(examination, sink, flood);
    const { audit, leftOut, cut } = examination.judge([]);
    expect(audit.cells[0]).toMatchObject({ node: source.node, receipts: 3, final: true, verdict: "holds" });
    expect(leftOut).toMatchObject([{ giver: sink.node, code: "receipts-too-many" }]);
    expect(cut).toEqual([{ vertex: "sink", incarnation: 0, node: sink.node }]);
    expect(examination.envelopes().reduce((sum, one) => sum + one.length, 0)).toBeLessThanOrEqual(bounds.bytes);
  }
});

it("a node that claims many incarnations has no more room than one, where no coordinator says which there were", () => {
  const bytes = honest.source[0]!.length;
  const bounds = { bytes: 12 * bytes, bytesPerCell: 12 * bytes, itemsPerCell: 1_000 };
  const examination = examine(bounds, []);
  const claims = Array.from({ length: 32 }, (_, i) =>
    told.receipts("source", 1, spare, 1, { incarnation: i + 1 }),
  ).flat();
  taking(examination, spare, claims);
  taking(examination, source, honest.source);
  taking(examination, sink, honest.sink);
  const full = examination.judge([]).audit.cells.filter(({ receipts, final }) => receipts === 3 && final);
  expect(full.map(({ node }) => node)).toEqual([source.node, sink.node]);
});

it("what was kept stays, whatever the node says now", () => {
  const bytes = honest.source[0]!.length;
  const examination = examine({ bytes: 100 * bytes, bytesPerCell: 4 * bytes, itemsPerCell: 1_000 });
  taking(examination, null, [...honest.source, Uint8Array.of(7), ...told.receipts("source", 1, spare)]);
  taking(
    examination,
    source,
    Array.from({ length: 9 }, (_, i) => told.receipts("source", 1, source, 1, { salt: i + 1 })).flat(),
  );
  const kept = examination.envelopes();
  for (const one of honest.source) expect(kept).toContainEqual(one);
  expect(examination.judge([]).leftOut).toMatchObject([{ giver: source.node, code: "receipts-too-many" }]);
});

it("reads no further where a node hands over what no honest one has", () => {
  const examination = examine();
  const read = Array.from({ length: 2 * limits.maxFalsePerNode }, (_, i) =>
    examination.take(spare.node, Uint8Array.of(i, i >> 8)),
  );
  expect(read.filter(Boolean)).toHaveLength(limits.maxFalsePerNode - 1);
  expect(examination.judge([]).leftOut).toMatchObject([{ times: limits.maxFalsePerNode }]);
  // Others are read on.
  expect(examination.take(source.node, honest.source[0]!)).toBe(true);
});
