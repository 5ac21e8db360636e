// What a simulated round of asking people is made of.
import type { AskMessage, Findable } from "../../core/asking/index.ts";
import type { NodeId, Result } from "../../core/base/index.ts";
import type { OwnerState as OwnerRecords, OwnerRules } from "../../core/consent/index.ts";
import type { AskSettings, Words } from "../../core/model/index.ts";
import type { Catalogue } from "../../core/sql/index.ts";
import type { LocalRow, TermsPort } from "../../core/terms/index.ts";
import type { Random } from "../kernel/index.ts";
import type { SimulatedSealing } from "./sealing.ts";

/** Who asks, in every simulated question. */
export const analystName = "ann";

export interface SimulatedOwner {
  readonly findable: Findable;
  readonly rows: readonly LocalRow[] | null;
  /** Her owner.yaml. */
  readonly rules: OwnerRules;
  /** Grants, and what was charged before; absent: none. */
  readonly records?: OwnerRecords;
}

export interface AskingOptions {
  readonly seed: number;
  /** Nodes that can be drawn, beside the analyst's. */
  readonly processors: number;
  readonly colluding: number;
  readonly alpha: number;
  /** Who are there from the beginning; `addOwner` adds more. */
  readonly owners: number;
  owner(index: number, random: Random): SimulatedOwner;
  readonly catalogue: Catalogue;
  /** The same with the words that a statement brings; absent: none are taken. */
  askable?(words: Words): Result<Catalogue>;
  readonly statement: string;
  /** The analyst's own, which the statement brings. */
  readonly words?: Words;
  readonly settings: AskSettings;
  /** Brought to whoever is asked and takes it. */
  readonly message?: string;
  readonly terms: TermsPort;
  sealing?(random: Random): SimulatedSealing;
  /** What becomes of a message on its way: itself, nothing, or others in its stead. */
  readonly onWay?: (one: OnWay) => readonly OnWay[];
}

export interface OnWay {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: AskMessage;
  /** Later than others. */
  readonly afterMs?: number;
}
