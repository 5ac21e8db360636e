// The pods that one node keeps, and whether each could be asked: for whoever looks after the machine, who shall learn what to mend, and
// nothing of what is in them.
import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { accept, type RefusalCode, type Result } from "../../core/base/index.ts";
import type { OwnerRules } from "../../core/consent/index.ts";
import { type Catalogue, knownAttributes } from "../../core/pods/index.ts";
import { holderOf } from "../storage/index.ts";
import { conceptsFrom } from "./answer.ts";
import { openDatabase, podExists } from "./database.ts";
import { readOwnCatalogue } from "./own-catalogue.ts";
import { readOwnerRecords, readOwnerRules } from "./owner-records.ts";
import { podKey } from "./pod-key.ts";
import { tablesOf } from "./tables.ts";

export interface HousePod {
  readonly folder: string;
  /** null: the node's own. Else the place of the person's folder among those of `people:`, from 1: a name would be personal. */
  readonly place: number | null;
}

/** The node's own pod, and those of the people whose folders it keeps. */
export function podFoldersIn(nodeFolder: string, people: string | undefined): HousePod[] {
  const own: HousePod = { folder: join(nodeFolder, "pod"), place: null };
  const others = people === undefined ? null : isAbsolute(people) ? people : join(nodeFolder, people);
  const houses = others === null || !existsSync(others) ? [] : readdirSync(others).sort();
  const all = [own, ...houses.map((name, at) => ({ folder: join(others!, name, "pod"), place: at + 1 }))];
  return all.filter(({ folder }) => podExists(folder));
}

export interface PodHealth {
  /** Each once: of the pod, of its owner's rules, of her records. */
  readonly problems: readonly RefusalCode[];
  /** Something in it can be named in a question, be it in words that she describes herself; null: it does not open. */
  readonly isAskable: boolean | null;
  /** She is found by a concept of hers; null: it does not open, or her rules have faults. */
  readonly isFindable: boolean | null;
}

export async function examinePod(folder: string, catalogue: Catalogue): Promise<PodHealth> {
  const rules = within("owner-folder", () =>
    readOwnerRules(
      folder,
      catalogue.concepts.map(({ name }) => name),
    ),
  );
  const records = await readOwnerRecords(folder).catch(() => ({ ok: false, code: "owner-folder" }) as const);
  const own = within("owner-folder", () => readOwnCatalogue(folder, catalogue));
  const asked = { standard: catalogue, own: own.ok ? own.value : catalogue };
  const inside = await lookInside(folder, asked, rules.ok ? rules.value : null).catch(
    () => ({ ok: false, code: "owner-folder" }) as const,
  );
  const isWritten = holderOf(folder) !== null;
  const codes = [inside, rules, records, own].flatMap((found) => (found.ok ? [] : [found.code]));
  return {
    problems: [...new Set<RefusalCode>([...codes, ...(isWritten ? (["pod-busy"] as const) : [])])],
    isAskable: inside.ok ? inside.value.isAskable : null,
    isFindable: inside.ok ? inside.value.isFindable : null,
  };
}

async function lookInside(
  folder: string,
  { standard, own }: { readonly standard: Catalogue; readonly own: Catalogue },
  rules: OwnerRules | null,
): Promise<Result<{ isAskable: boolean; isFindable: boolean | null }>> {
  const key = await podKey(folder, false);
  if (!key.ok) return key;
  const opened = openDatabase(folder, key.value);
  if (!opened.ok) return opened;
  const database = opened.value;
  try {
    return within("pod-damaged", () => {
      const known = knownAttributes(own);
      const tables = tablesOf(database);
      const isAskable = tables.some(({ columns }) =>
        columns.some(({ attribute }) => attribute !== null && known.has(attribute)),
      );
      const isFindable = rules === null ? null : conceptsFrom(database, rules.publish, standard, tables).length > 0;
      return accept({ isAskable, isFindable });
    });
  } finally {
    database.close();
  }
}

function within<T>(code: RefusalCode, act: () => Result<T>): Result<T> {
  try {
    return act();
  } catch {
    return { ok: false, code };
  }
}
