// Streams XML through saxes, bounded: depth, and how much may come without anything happening. saxes knows the five entities of
// XML and expands none that a document declares, so an entity bomb is a fault and no bomb.
import { SaxesParser } from "saxes";
import { podLimits } from "../../core/pods/index.ts";
import { type SourceFile, textChunks } from "./file.ts";
import type { Sink } from "./intake.ts";
import { ImportRefused } from "./refused.ts";

export interface XmlHandler {
  /** Names come without their prefix. */
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  /** `text`: what stood directly in it, trimmed. */
  close?(name: string, text: string): void;
}

export async function readXml(source: SourceFile, sink: Sink, handler: XmlHandler): Promise<void> {
  const parser = new SaxesParser({ position: false });
  let [depth, elements, quietChars] = [0, 0, 0];
  const texts: string[] = [];
  const refuse = (error: Error) => {
    throw new ImportRefused("pod-file-malformed", {
      blame: source.name,
      detail: `after ${elements} elements: ${error.message.slice(0, 120)}`,
    });
  };
  const wantsText = handler.close !== undefined;
  parser.on("error", refuse);
  parser.on("opentag", (tag) => {
    quietChars = 0;
    elements++;
    if (++depth > podLimits.maxDepth) throw new ImportRefused("pod-file-deep", { blame: source.name });
    if (wantsText) texts[depth] = "";
    handler.open?.(localName(tag.name), tag.attributes as Record<string, string>);
  });
  if (wantsText) {
    parser.on("text", (text) => {
      // Line ends between millions of elements of one would be kept until it ends, and are cut off then.
      if ((texts[depth] ?? "") === "" && text.trim() === "") return;
      texts[depth] = (texts[depth] ?? "") + text;
      if (texts[depth]!.length > podLimits.maxRecordChars) throw tooLong();
    });
  }
  parser.on("closetag", (tag) => {
    if (wantsText) handler.close?.(localName(tag.name), (texts[depth] ?? "").trim());
    depth--;
  });
  const tooLong = () => new ImportRefused("pod-record-too-long", { blame: source.name, detail: `element ${elements}` });

  for await (const { text, readBytes } of textChunks(source)) {
    quietChars += text.length;
    parser.write(text);
    if (quietChars > podLimits.maxRecordChars) throw tooLong();
    await sink.settle(readBytes);
  }
  parser.close();
}

function localName(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}
