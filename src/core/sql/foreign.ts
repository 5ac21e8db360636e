// Parts of SQL that are read to be refused in their place, and what can be written instead.
import type { Foreign, Select } from "./ast.ts";
import type { Context } from "./context.ts";

const reasons: Readonly<Record<Foreign["word"], readonly [string, string]>> = {
  having: [
    "HAVING would choose groups by their true values, before noise",
    "Filter rows with WHERE, or owners in a sub-select; ORDER BY … LIMIT chooses by the noised value.",
  ],
  qualify: ["QUALIFY filters by window functions, which are not computed here", "Filter rows with WHERE."],
  window: ["window functions are not computed here", "Group the rows in a sub-select."],
  offset: ["OFFSET is not computed here", "Take more rows with LIMIT, and pass over the first ones."],
  with: [
    "named sub-selects (WITH … AS) are not read here",
    "Write the SELECT in its place: `FROM (SELECT …) AS name`.",
  ],
  union: ["UNION would let one owner count in both halves", "Ask two questions, or write one WHERE with OR."],
  intersect: ["INTERSECT is not computed here", "Write `x IN (SELECT …)`."],
  except: ["EXCEPT is not computed here", "Write `x NOT IN (SELECT …)`."],
};

export function refuseForeign(context: Context, select: Select, where: "statement" | "sub-select"): void {
  for (const { word, at } of select.foreign) {
    const [message, remedy] = reasons[word];
    if (word === "having" && where === "sub-select") {
      const instead = "Write the grouped SELECT in FROM, and WHERE around it.";
      context.fault("sql-not-offered", at, "HAVING is not computed here", instead);
    } else context.fault("sql-not-offered", at, message, remedy);
  }
}
