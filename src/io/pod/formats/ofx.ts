// OFX bank statements: 1.x is SGML whose values are not closed, 2.x is XML. One reader takes both: a tag, and the text up to the next.
import { fixedTable } from "../../../core/pods/index.ts";
import { textChunks } from "../file.ts";
import { limits } from "../limits.ts";
import { ImportRefused } from "../refused.ts";
import type { Format } from "./format.ts";

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
const plainText = (text: string) =>
  text.replace(/&(?:#(\d{1,6})|([a-z]{2,5}));/g, (whole, code?: string, name?: string) =>
    code === undefined ? (entities[name ?? ""] ?? whole) : String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
  );

export const ofx: Format = {
  name: "ofx",
  title: "OFX bank statement",
  from: "banks and card issuers; also .qfx",

  recognises: (head) => /^\s*OFXHEADER:|<\?OFX\s|<OFX>/.test(head.slice(0, 4_096)),
  plan: () =>
    Promise.resolve([
      fixedTable("bank_transactions", [
        "account",
        "booked:date",
        "kind",
        "amount:float64",
        "currency",
        "counterparty",
        "memo",
        "id",
      ]),
    ]),

  async read(source, _, sink) {
    if (source.bytes > limits.maxWholeFileBytes) {
      throw new ImportRefused("pod-file-malformed", { blame: source.name, detail: "no bank statement is so large" });
    }
    let text = "";
    for await (const chunk of textChunks(source)) text += chunk.text;
    let [account, currency, transactions] = ["", "", 0];
    let fields: Map<string, string> | null = null;
    // Neither part can match what the other does, so that the time stays in proportion to the length.
    for (const [, slash, tag = "", value = ""] of text.matchAll(/<(\/?)([A-Za-z0-9._]{1,64})[^<>]{0,200}>([^<]*)/g)) {
      const name = tag.toUpperCase();
      if (slash === "/" && name === "STMTTRN" && fields !== null) {
        give(fields);
        fields = null;
      } else if (slash === "/") continue;
      else if (name === "STMTTRN") {
        if (fields !== null) give(fields);
        fields = new Map();
      } else if (fields !== null) fields.set(name, plainText(value.trim()));
      else if (name === "ACCTID") account = plainText(value.trim());
      else if (name === "CURDEF") currency = plainText(value.trim());
      if (transactions % 5_000 === 4_999) await sink.settle(source.bytes);
    }
    if (fields !== null) give(fields);
    if (transactions === 0)
      throw new ImportRefused("pod-file-empty", { blame: source.name, detail: "no transactions" });

    function give(of: ReadonlyMap<string, string>): void {
      transactions++;
      const date = /^(\d{4})(\d\d)(\d\d)/.exec(of.get("DTPOSTED") ?? "");
      const booked = date === null ? of.get("DTPOSTED") : `${date[1]}-${date[2]}-${date[3]}`;
      // Some banks write a decimal comma, against the standard.
      const amount = (of.get("TRNAMT") ?? "").replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
      const row = [
        account,
        booked,
        of.get("TRNTYPE"),
        amount,
        of.get("CURRENCY") || currency,
        of.get("NAME") ?? of.get("PAYEE"),
      ];
      if (booked === undefined || amount === "") {
        sink.reject(transactions, "a transaction without day or amount", JSON.stringify([...of]));
      } else sink.row(0, [...row, of.get("MEMO"), of.get("FITID")], transactions);
    }
  },
};
