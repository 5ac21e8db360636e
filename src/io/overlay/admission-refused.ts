// libp2p hands on only the text of an error that ends a connection's upgrade. A refusal therefore travels in that text,
// and is read back where the dial failed.
import { type Refusal, type RefusalCode, refusals, refuse } from "../../core/base/index.ts";

const mark = "hedgerow-refusal:";

export class AdmissionRefused extends Error {
  override name = "AdmissionRefused";
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    const { code, blame, detail } = refusal;
    super(`${mark}${JSON.stringify({ code, blame, detail })}`);
    this.refusal = refusal;
  }
}

export function refusalIn(text: string): Refusal | null {
  const at = text.indexOf(mark);
  if (at < 0) return null;
  try {
    const { code, blame, detail } = JSON.parse(text.slice(at + mark.length)) as Record<string, string | undefined>;
    if (code === undefined || !Object.hasOwn(refusals, code)) return null;
    return refuse(code as RefusalCode, { ...(blame && { blame }), ...(detail && { detail }) });
  } catch {
    return null;
  }
}
