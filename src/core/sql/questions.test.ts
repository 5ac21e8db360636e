import { expect, it } from "vitest";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { peopleCatalogue } from "../../sdk/people-catalogue.ts";
import { parseQuestion } from "./index.ts";

it.each(questionTexts)("has no fault: %s", (text) => {
  expect(parseQuestion(text, "q.sql", { catalogue: peopleCatalogue })).toMatchObject({ ok: true });
});
