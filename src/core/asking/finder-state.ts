// What a finder knows, and what drives it (finder.ts).
import type { CancelWake, Hasher, NodeId, Refusal, Send, Step, Wake } from "../base/index.ts";
import type { Commission } from "./commission.ts";
import type { Contact } from "./entries.ts";
import type { FoundShares } from "./found-shares.ts";
import { limits } from "./limits.ts";
import type { AskMessage, GathererPaper, MessageOpening } from "./messages.ts";
import type { Places } from "./placement.ts";
import type { HandedOn } from "./tags.ts";

export interface FinderPorts {
  readonly hasher: Hasher;
  random(bytes: number): Uint8Array;
  /** A number of people with noise: all that is ever decided by, or told. */
  noisedCount(count: number): number;
}

export interface FinderConfig {
  readonly ports: FinderPorts;
  readonly plan: Uint8Array;
  readonly commission: Commission;
  readonly places: Places;
  /** One for each gatherer, in their order. */
  readonly gatherers: readonly GathererPaper[];
}

export interface Lookup {
  readonly holder: NodeId;
  /** In hexadecimal. */
  readonly keys: readonly string[];
  /** By key, which share the holder should have. */
  readonly points: ReadonlyMap<string, number>;
  from: number;
  pages: number;
  repeats: number;
}

export interface Person {
  readonly contact: Contact;
  readonly tag: Uint8Array;
  /** In hexadecimal. */
  readonly hash: string;
  readonly gatherer: number;
  calls: number;
  /** Her gatherer has a message under her tag. */
  hasCome: boolean;
  /** Her node said that the message was bad: it would say so again. */
  isRefused: boolean;
}

export interface Call {
  readonly node: NodeId;
  readonly people: readonly Person[];
}

/** One look at what has come, at all gatherers. */
export interface Poll {
  readonly number: number;
  /** Gatherers that have not said all. */
  readonly open: Set<number>;
}

export interface FinderState {
  readonly config: FinderConfig;
  at: "looking" | "waiting" | "calling" | "ended";
  nextNumber: number;
  gatherers: readonly GathererPaper[];
  /** The replica that is asked now, from 0. */
  replica: number;
  readonly lookups: Lookup[];
  readonly looking: Map<number, Lookup>;
  readonly shares: FoundShares;
  /** By key and name of the contact. */
  readonly contacts: Map<string, Map<string, Contact>>;
  /** By key, the points of which some holder has told all it has. */
  readonly answered: Map<string, Set<number>>;
  /** Number of the last request for leave to call, and how many there were. */
  goNumber: number;
  goAsks: number;
  /** What the question brings. */
  message: MessageOpening | null;
  /** By the hash of her tag. */
  people: ReadonlyMap<string, Person>;
  /** What the gatherers were given; what takes the place of one is given the same. */
  handedOn: HandedOn | null;
  /** Of each gatherer, of how many messages it has said that they have come. */
  readonly come: number[];
  readonly calls: Call[];
  readonly calling: Map<number, Call>;
  poll: Poll | null;
  /** Numbers of what was waited for in vain, and of whom: an answer that comes late is nobody's fault, and says nothing new. */
  readonly late: Set<string>;
  endsAtMs: number;
  calledAtMs: number;
}

export function giveUp({ late }: FinderState, number: number, node: NodeId): void {
  late.add(`${number} ${node}`);
  for (const oldest of late)
    if (late.size > limits.maxGivenUp) late.delete(oldest);
    else break;
}

export type FinderEvent = { readonly nowMs: number } & (
  | { readonly type: "start" }
  | { readonly type: "message"; readonly from: NodeId; readonly message: AskMessage }
  | { readonly type: "wake"; readonly tag: string }
  /** A gatherer's cell has moved: people who send to it need its new key. */
  | { readonly type: "moved"; readonly gatherer: number; readonly paper: GathererPaper }
);

export type FinderEffect =
  | Send<AskMessage>
  | Wake
  | CancelWake
  /** For the edges to the gatherers, before anybody is called. */
  | { readonly type: "tags"; readonly tags: HandedOn }
  /** No more tags, nobody is called any more: the cell ends. A refusal: nobody was called at all. */
  | { readonly type: "ended"; readonly refusal: Refusal | null };

export type FinderStep = Step<FinderState, FinderEffect>;

export interface FinderTurn {
  readonly state: FinderState;
  readonly nowMs: number;
  readonly effects: FinderEffect[];
}
