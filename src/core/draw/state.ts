// The draw of one node, as state: its part as trigger, as witness of beacons, as setter and as witness of rosters.
import type { CancelWake, Digest, NodeId, Persist, Refusal, Send, Signer, Step, Wake } from "../base/index.ts";
import type { Location } from "./location.ts";
import type {
  Beacon,
  BeaconPart,
  Disclosure,
  DrawHeader,
  DrawMessage,
  DrawnList,
  Evidence,
  Roster,
  Sparse,
} from "./messages.ts";
import type { DrawMember, Neighbourhood } from "./neighbourhood.ts";
import type { NamedCandidates } from "./statement.ts";
import type { DrawPorts, DrawRules } from "./verify.ts";

export interface DrawConfig {
  readonly self: DrawMember;
  readonly signer: Signer;
  readonly rules: DrawRules;
  readonly ports: DrawPorts;
}

/** What every event brings: the time, 32 random bytes, and whom the node knows just now (itself among them). */
export interface DrawFacts {
  readonly nowMs: number;
  readonly random: Uint8Array;
  readonly near: Neighbourhood;
}
export type DrawEvent = DrawFacts &
  (
    | { readonly type: "draw"; readonly ticket: string; readonly purpose: Digest; readonly actors: number }
    | { readonly type: "message"; readonly from: NodeId; readonly message: DrawMessage }
    | { readonly type: "wake"; readonly tag: string }
  );

/** A send to oneself is delivered like any other. */
export type DrawEffect =
  | Send<DrawMessage>
  | Wake
  | CancelWake
  | Persist
  | {
      readonly type: "drawn";
      readonly ticket: string;
      readonly roster: Roster;
      readonly beacon: Beacon;
      /** As the witnesses round the lot signed it. */
      readonly list: DrawnList;
      readonly restarts: number;
    }
  | { readonly type: "not-drawn"; readonly ticket: string; readonly refusal: Refusal }
  | Culprit;

/** Somebody failed or lied: named for the log and for who decides about exclusion. */
export interface Culprit {
  readonly type: "culprit";
  readonly draw: Digest;
  readonly refusal: Refusal;
  /** What convicts the one blamed before anybody; without it or a conflict, it is this node's word. */
  readonly evidence?: Evidence;
  readonly conflict?: Conflict;
}

/** Two statements of one signer, of which an honest node signs one. */
export interface Conflict {
  readonly first: { readonly body: Uint8Array; readonly signature: Uint8Array };
  readonly second: { readonly body: Uint8Array; readonly signature: Uint8Array };
}

export type DrawStep = Step<DrawState, DrawEffect>;

export interface Triggered {
  at: "committing" | "revealing" | "waiting" | "sealing";
  /** Times that the silent were asked again in this phase. */
  repeats: number;
  readonly ticket: string;
  readonly restarts: number;
  readonly header: DrawHeader;
  readonly draw: Digest;
  readonly witnesses: readonly DrawMember[];
  readonly commitments: Map<NodeId, Uint8Array>;
  readonly parts: Map<NodeId, BeaconPart>;
  beacon: Beacon | null;
  /** What attests that the lot had to fall again, for each attempt so far. */
  attempt: number;
  sparse: (readonly Sparse[])[];
  /** Whom it has asked for a roster, the last one last. */
  readonly setters: Set<NodeId>;
  /** What they handed over, and who of the beacon's witnesses has sealed it. */
  drawn: DrawnList | null;
  readonly sealed: Map<NodeId, Sparse>;
}

/** A draw that failed and begins again after a pause. */
export interface Restart {
  readonly ticket: string;
  readonly purpose: Digest;
  readonly actors: number;
  readonly restarts: number;
}

export interface BeaconWitness {
  readonly header: DrawHeader;
  readonly own: number;
  readonly witnesses: readonly NodeId[];
  readonly random: Uint8Array;
  readonly commitment: Uint8Array;
  /** The one list it discloses its value for. */
  list: readonly Uint8Array[] | null;
  /** The one roster that it seals: what it signed, but for the time. */
  sealed: Uint8Array | null;
  /** The trigger may still be on its way to it: a node that leaves waits. */
  awaited: boolean;
}

interface Lot {
  readonly beacon: Beacon;
  readonly draw: Digest;
  readonly random: Uint8Array;
  readonly attempt: number;
  readonly sparse: readonly (readonly Sparse[])[];
  readonly lot: Location;
  readonly witnesses: readonly DrawMember[];
}
export interface Setting extends Lot {
  at: "committing" | "disclosing" | "fetching" | "signing" | "answered";
  /** Times that the silent were asked again in this phase. */
  repeats: number;
  readonly commitments: Map<NodeId, Uint8Array>;
  readonly disclosures: Map<NodeId, Disclosure>;
  /** The candidates that were disclosed last: mostly those of all. */
  named: NamedCandidates | null;
  /** Certificates of drawn nodes that not every witness knows. */
  readonly papers: Map<NodeId, Uint8Array>;
  actors: readonly NodeId[];
  /** Those of them that not every witness named, each with a witness that did. */
  unattested: ReadonlyMap<NodeId, NodeId>;
  /** Of the roster, or of the region being too sparse: what the disclosures ask for. */
  readonly signed: Map<NodeId, Sparse>;
  /** What the trigger was told in the end. */
  answer: DrawMessage | null;
}
export interface RosterWitness extends Lot {
  readonly own: number;
  readonly disclosed: Pick<Disclosure, "witness" | "random" | "candidates">;
  /** The digest of its candidates. */
  readonly named: Uint8Array;
  readonly commitment: Uint8Array;
  list: readonly Uint8Array[] | null;
  /** Who showed that list. */
  listBy: NodeId | null;
  /** Its part is done: it signed, or declined. */
  over: boolean;
}

/** What witnesses remember of a trigger, on disk: a crash must not give it a second try. */
export interface TriggerMemory {
  readonly sequence: number;
  readonly drawnAtMs: readonly number[];
}

export interface DrawState {
  readonly config: DrawConfig;
  /** Of this node's own draws. */
  sequence: number;
  readonly triggered: Map<Digest, Triggered>;
  readonly restarts: Map<string, Restart>;
  readonly beacons: Map<Digest, BeaconWitness>;
  /** By draw and attempt. */
  readonly settings: Map<string, Setting>;
  readonly rosters: Map<string, RosterWitness>;
  /** When the last draw was begun of whose roster nothing is kept any more. */
  forgottenUntilMs: number;
  /** Up to when a trigger that is not remembered may have asked for a beacon before. */
  forgottenTriggersUntilMs: number;
  readonly memory: Map<NodeId, TriggerMemory>;
}

export const keyOfAttempt = (draw: Digest, attempt: number): string => `${draw}/${attempt}`;
