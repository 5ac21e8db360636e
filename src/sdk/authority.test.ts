// A node's certificate is kept while it holds, and made anew when it does not.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Authority, createAuthority, enrolNode, keepEnrolled } from "./authority.ts";

let folder: string;
let authority: Authority;
const node = () => join(folder, "meter");
const certificate = () => readFileSync(join(node(), "node.crt"), "utf8");
const certification = { principal: "ada", roles: ["producer"] } as const;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-authority-"));
  authority = await createAuthority({ network: "garden", folder: join(folder, "authority") });
});
afterEach(() => rmSync(folder, { recursive: true }));

it("keeps one that holds, also with other roles than were asked for now: its authority gave them", async () => {
  await enrolNode(authority, node(), { principal: "ada", roles: ["producer", "exit"] });
  const before = certificate();
  await keepEnrolled(authority, node(), certification);
  expect(certificate()).toBe(before);
});

it("makes a first one, and another for one that ends within the day or is of another authority", async () => {
  await keepEnrolled(authority, node(), { ...certification, days: 1 });
  const short = certificate();
  await keepEnrolled(authority, node(), certification);
  const long = certificate();
  expect(long).not.toBe(short);
  const other = await createAuthority({ network: "garden", folder: join(folder, "other") });
  await keepEnrolled(other, node(), certification);
  expect(certificate()).not.toBe(long);
});
