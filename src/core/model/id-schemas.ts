// Ids as they stand in messages and files: the schemas of the branded types of core/base.
import { z } from "zod";
import type { Digest, NodeId, QueryId } from "../base/index.ts";
import { digestPattern, nodeIdPattern, queryIdPattern } from "../base/index.ts";

export const nodeIdSchema = z
  .string()
  .regex(nodeIdPattern, "a node id starts with 12D3Koo")
  .transform((id) => id as NodeId);
export const digestSchema = z
  .string()
  .regex(digestPattern, "a digest is 64 hexadecimal digits")
  .transform((id) => id as Digest);
export const queryIdSchema = z
  .string()
  .regex(queryIdPattern, "a query id is 32 hexadecimal digits")
  .transform((id) => id as QueryId);
