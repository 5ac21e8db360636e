// Results of the areas below, as the SDK hands them out: the value, or an ApiRefusal thrown.
import { type Result, sentenceOf } from "../core/base/index.ts";
import { ApiRefusal } from "./errors.ts";

export function valueOrThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code, blame, detail } = result;
  throw new ApiRefusal({ code, blame, detail, sentence: sentenceOf(code) });
}
