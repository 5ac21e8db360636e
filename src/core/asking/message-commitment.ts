// A message that a question brings (SEP2P §5.1, use case 2) is not in its plan, which indexers and gatherers read: the plan has a commitment,
// which is part of what the roster is drawn for. The text goes from the analyst's node to `find`'s, and from there to whom it calls.
//
// INVARIANT 1: nobody takes another text than the one committed to: neither analyst nor finder can say one thing to some and another to others.
// INVARIANT 2: without the salt nobody can try texts against the commitment. It goes where the text goes, and nowhere else.
import { accept, type Digest, type Hasher, type Result, refuse, toCanonical, toHex } from "../base/index.ts";
import type { MessageOpening } from "./messages.ts";

export function commitmentTo(hasher: Hasher, { salt, text }: MessageOpening): Digest {
  return toHex(hasher.sha256(toCanonical(["hedgerow message", salt, text]))) as Digest;
}

/** The text; null where none was committed to, and none is brought. */
export function openMessage(
  hasher: Hasher,
  commitment: Digest | undefined,
  opening: MessageOpening | undefined,
): Result<string | null> {
  const committed = opening === undefined ? undefined : commitmentTo(hasher, opening);
  return committed === commitment ? accept(opening?.text ?? null) : refuse("ask-other-message");
}
