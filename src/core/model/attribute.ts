// Attributes: dotted names of kinds of data. A parent covers its children: a rule on `location` holds for
// `location.precise` (DESIGN §2, PBDS §4).
import { z } from "zod";
import type { Branded } from "../base/index.ts";

export type Attribute = Branded<string, "Attribute">;

export const attributePattern = /^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){0,5}$/;
export const attributeSchema = z
  .string()
  .max(128)
  .regex(attributePattern, "an attribute is a dotted lower-case name such as location.precise")
  .transform((name) => name as Attribute);

export function covers(parent: Attribute, child: Attribute): boolean {
  return child === parent || child.startsWith(`${parent}.`);
}

/** How specific a name is: the number of its parts. The most specific rule wins. */
export function depthOf(attribute: Attribute): number {
  let parts = 1;
  for (let i = 0; i < attribute.length; i++) if (attribute.charCodeAt(i) === 46) parts++;
  return parts;
}
