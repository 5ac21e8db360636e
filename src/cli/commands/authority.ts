// hedgerow authority init | issue | revoke
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Role } from "../../sdk/index.ts";
import { roles } from "../../sdk/index.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { day, listOf } from "../words.ts";

type Risk = "region" | "network";

export function rolesFrom(given: readonly string[]): Role[] {
  return given.map((text) => {
    const role = roles.find((known) => known === text);
    if (role === undefined) throw usageFault(`There is no role ${text}.`, `Roles are ${listOf(roles)}.`);
    return role;
  });
}

export async function authorityInit(
  session: Session,
  [folder = ""]: string[],
  options: { network: string; years?: number; colluding: number; alpha: number; risk: Risk; cache: number },
): Promise<ExitCode> {
  const { createAuthority } = await import("../../sdk/authority.ts");
  const { drawRisk, regionAlpha } = await import("../../sdk/draw.ts");
  const where = resolve(session.terminal.cwd, folder);
  const { network, years, colluding, risk, cache } = options;
  const alpha = regionAlpha(options);
  const draw = { colluding, alpha, cacheNodes: cache };
  const authority = await createAuthority({ network, folder: where, draw, ...(years === undefined ? {} : { years }) });
  const key = join(where, "authority.key");
  await session.data({
    network: authority.network,
    draw,
    folder: where,
    key,
    certificate: join(where, "authority.crt"),
  });
  await session.say(`Network ${session.style.bold(authority.network)} has an authority in ${where}\n`);
  if (risk === "network")
    await session.say(
      `Some colluding node has colluding witnesses only with less than ${options.alpha}: each region with less than ${alpha}\n` +
        `Each draw adds at most ${drawRisk(draw).toExponential(2)}\n`,
    );
  session.note(
    session.json
      ? ""
      : `Keep ${key} offline, and a copy apart.\nNext, for each node: hedgerow node init, then hedgerow authority issue\n`,
  );
  return exitCodes.done;
}

export async function authorityIssue(
  session: Session,
  [subject = ""]: string[],
  options: { authority: string; principal: string; role: string[]; days?: number; out?: string },
): Promise<ExitCode> {
  const { cwd } = session.terminal;
  const { principal, days, out } = options;
  const certified = rolesFrom(options.role);
  const { issueCertificate, openAuthority } = await import("../../sdk/authority.ts");
  const authority = await openAuthority(resolve(cwd, options.authority));
  const { issued, files } = await issueCertificate(authority, resolve(cwd, subject), {
    principal,
    roles: certified,
    ...(days === undefined ? {} : { days }),
    ...(out === undefined ? {} : { out: resolve(cwd, out) }),
  });
  const { node, serial, notAfterMs } = issued;
  await session.data({ node, principal, roles: issued.roles, serial, notAfterMs, files });
  await session.say(
    facts([
      ["node", node],
      ["principal", principal],
      ["roles", listOf(issued.roles)],
      ["until", `${day(notAfterMs)} (serial ${serial})`],
      ["files", listOf(files)],
    ]),
  );
  session.note(session.json ? "" : "Both files belong in the node's folder. Then: hedgerow node start FOLDER\n");
  return exitCodes.done;
}

export async function authorityRevoke(
  session: Session,
  [subject]: (string | undefined)[],
  options: { authority: string; reason?: string; evidence?: string },
): Promise<ExitCode> {
  const { cwd } = session.terminal;
  const { reason, evidence } = options;
  if (evidence === undefined && subject === undefined)
    throw usageFault("Which node?", "Give its id or serial, or --evidence FILE.");
  if (evidence === undefined && reason === undefined)
    throw usageFault("Why?", "Give --reason TEXT for everybody to read, or --evidence FILE.");
  if (evidence !== undefined && subject !== undefined)
    throw usageFault("The evidence names the node.", "Leave the node out.");
  const { openAuthority, revokeByEvidence, revokeNode } = await import("../../sdk/authority.ts");
  const authority = await openAuthority(resolve(cwd, options.authority));
  if (evidence !== undefined) {
    const revoked = await revokeByEvidence(authority, await readFile(resolve(cwd, evidence)), reason);
    await session.data(revoked);
    await session.say(`The evidence holds: ${revoked.node} ${revoked.says}\n`);
    return saidRevoked(session, revoked);
  }
  const revoked = await revokeNode(authority, subject ?? "", reason ?? "");
  await session.data(revoked);
  return saidRevoked(session, revoked);
}

async function saidRevoked(
  session: Session,
  { node, serial, file }: { node: string; serial: string; file: string },
): Promise<ExitCode> {
  await session.say(`Revoked ${node} (serial ${serial})\n`);
  session.note(session.json ? "" : `Tell the network: hedgerow node import-revocations ${file}\n`);
  return exitCodes.done;
}
