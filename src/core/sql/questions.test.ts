import { expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { parseQuestion } from "./index.ts";

it.each(questionTexts)("has no fault: %s", (text) => {
  expect(parseQuestion(text, "q.sql", { catalogue: testCatalogue })).toMatchObject({ ok: true });
});
