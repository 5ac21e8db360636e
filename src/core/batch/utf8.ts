// UTF-8. The platform's own encoder and decoder are pure functions, so core may use them; it only lacks their types.
interface Encoder {
  encode(text: string): Uint8Array;
}
interface Decoder {
  decode(bytes: Uint8Array): string;
}
declare const TextEncoder: new () => Encoder;
declare const TextDecoder: new (label: string, options: { ignoreBOM: boolean }) => Decoder;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Lone surrogates become U+FFFD: what is encoded is always valid UTF-8. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes that are not UTF-8 become U+FFFD, the same on every machine. */
export function decodeText(bytes: Uint8Array, from = 0, to = bytes.length): string {
  // Below about 24 bytes the call into the platform costs more than the work, as long as the text is ASCII.
  if (to - from <= 24) {
    let text = "";
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at === to) return text;
  }
  return decoder.decode(bytes.subarray(from, to));
}
