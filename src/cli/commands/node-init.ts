// hedgerow node init
import { basename, join, resolve } from "node:path";
import type { NodeFunction } from "../../sdk/index.ts";
import { localNetwork, nodeFunctions } from "../../sdk/index.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { listOf } from "../words.ts";
import { rolesFrom } from "./authority.ts";

interface InitOptions {
  readonly name?: string;
  readonly function?: string[];
  readonly listen?: string[];
  readonly seed?: string[];
  readonly apiPort?: number;
  readonly authority?: string;
  readonly principal?: string;
  readonly role?: string[];
}

export async function nodeInit(session: Session, [given]: string[], options: InitOptions): Promise<ExitCode> {
  const { cwd, home } = session.terminal;
  const folder = given === undefined ? join(home, localNetwork.folder) : resolve(cwd, given);
  const roles = rolesFrom(options.role ?? options.function ?? []);
  // What it may do it does, unless less was said.
  const functions = functionsFrom(
    options.function ?? roles.filter((role) => nodeFunctions.some((name) => name === role)),
  );
  const certified = rolesFrom(options.role ?? functions);
  if (options.authority === undefined && (options.principal !== undefined || options.role !== undefined)) {
    throw usageFault(
      "--principal and --role are what an authority certifies.",
      "Add --authority FOLDER, or give them to hedgerow authority issue.",
    );
  }
  if (options.authority !== undefined && (options.principal === undefined || certified.length === 0)) {
    throw usageFault(
      "To certify the node, its principal and its roles are needed.",
      "Add --principal NAME --role ROLE.",
    );
  }
  const { createNodeFolder } = await import("../../sdk/node-folder.ts");
  const { enrolNode, openAuthority } = await import("../../sdk/authority.ts");
  // Opened first: a mistyped authority must not leave half a node behind.
  const authority = options.authority === undefined ? null : await openAuthority(resolve(cwd, options.authority));
  const made = await createNodeFolder({
    folder,
    name: options.name ?? basename(folder).replace(/^\.+/, ""),
    functions,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.seed === undefined ? {} : { seeds: options.seed }),
    ...(options.apiPort === undefined ? {} : { apiPort: options.apiPort }),
  });
  const { principal = "" } = options;
  const issued = authority === null ? null : await enrolNode(authority, folder, { principal, roles: certified });
  await session.data({ ...made, certified: issued !== null });
  await session.say(
    `Node made in ${folder}\n${facts([
      ["id", made.node],
      ["configuration", made.configuration],
      [
        "certificate",
        issued === null ? `not yet; the request is ${made.request}` : `${principal}: ${listOf(issued.roles)}`,
      ],
    ])}`,
  );
  const next =
    issued === null
      ? `Next, where the authority is: hedgerow authority issue ${made.request} --authority FOLDER --principal NAME --role ROLE\n`
      : `Next: hedgerow node start ${folder}\n`;
  session.note(session.json ? "" : next);
  return exitCodes.done;
}

function functionsFrom(given: readonly string[]): NodeFunction[] {
  return given.map((text) => {
    const known = nodeFunctions.find((one) => one === text);
    if (known === undefined)
      throw usageFault(`There is no function ${text}.`, `Functions are ${listOf(nodeFunctions)}.`);
    return known;
  });
}
