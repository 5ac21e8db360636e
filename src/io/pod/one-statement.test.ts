// One statement, or more of them.
import { expect, it } from "vitest";
import { isOneStatement } from "./one-statement.ts";

it.each([
  "select 1",
  "select 1;",
  "select 1 ; ;\n",
  "select 1; -- that was it; really",
  "select 1; /* ; */ -- ;",
  "select 1 /* not; closed",
  "-- first; a comment\nselect 1",
  "select ';', 'it''s; so'",
  'select "a;b", "x"";y", `c;d`, [e;f] from t',
  "select 'never; closed",
  "select 4/2-1; ",
  "",
])("%j is one", (text) => expect(isOneStatement(text)).toBe(true));

it.each([
  "select 1; delete from bank",
  "select 1; garbage(",
  "select 1;;select 2",
  "select '--'; select 2",
  "select '/*'; select 2 -- */",
  "select 1 -- '\n; select 2 -- '",
  "select 1; /* a */ x",
  "select 'a''b'; 'c'",
  "select 1; -",
])("%j is more", (text) => expect(isOneStatement(text)).toBe(false));
