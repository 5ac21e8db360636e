// Importers are loops deep inside parsers: they throw their refusal, and the import hands it on as a value.
import { type Refusal, type RefusalCode, refuse } from "../../core/base/index.ts";

export class ImportRefused extends Error {
  override name = "ImportRefused";
  readonly refusal: Refusal;

  constructor(code: RefusalCode, about: { blame?: string; detail?: string } = {}) {
    super(`${code} ${about.detail ?? ""}`);
    this.refusal = refuse(code, about);
  }
}
