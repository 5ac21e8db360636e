// What every role of asking people stands on at a node (docs/protocols/asking.md): who is where, what is sealed to whom, and plans read
// as a stranger's.
import { randomBytes } from "node:crypto";
import {
  Commissions,
  type KnownNode,
  type Opener,
  type Places,
  placesAmong,
  type Sealer,
} from "../../core/asking/index.ts";
import { accept, type Crypto, publicKeyOfNodeId, type Result, refuse } from "../../core/base/index.ts";
import { locationOf } from "../../core/draw/index.ts";
import type { Asked, Question } from "../../core/model/index.ts";
import { type Coins, Coins as CoinsOf, type RandomBytes } from "../../core/privacy/index.ts";
import { parseQuestion } from "../../core/sql/index.ts";
import { compileAsked, terms } from "../../core/terms/index.ts";
import type { AgreementKey } from "../../io/curve/index.ts";
import { open, seal } from "../../io/sealing/index.ts";
import { catalogue } from "../../operators/index.ts";
import { askableFor } from "../../sdk/catalogue.ts";
import type { Caches } from "../caches.ts";
import type { Identity } from "../identity.ts";
import type { Members } from "../members.ts";

export interface GroundOptions {
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly members: Pick<Members, "records" | "facts">;
  readonly caches: Pick<Caches, "rules" | "ports">;
}

export interface Ground {
  readonly commissions: Commissions;
  readonly sealer: Sealer;
  readonly coins: Coins;
  random(bytes: number): Uint8Array;
  /** Everybody who opens what is sealed, ourselves included. */
  known(): readonly KnownNode[];
  /** How many nodes can process. */
  processors(): number;
  /** Of the nodes that can process. */
  places(): Places;
}

export const systemRandom: RandomBytes = { fill: (into) => void into.set(randomBytes(into.length)) };

export const sealer: Sealer = { seal: (recipient, use, additional, plain) => seal(recipient, use, additional, plain) };

export function openerOf(key: AgreementKey): Opener {
  return { open: (use, additional, sealed) => open(key, use, additional, sealed) };
}

export function createGround({ identity, crypto, members, caches }: GroundOptions): Ground {
  const commissions = new Commissions({
    network: identity.facts.network,
    hasher: crypto,
    rules: caches.rules,
    draw: caches.ports,
    read: readAsked,
    compile: compileAsked,
    terms,
    operator: (name) => catalogue().get(name)?.digest,
  });
  const processing = () =>
    members.records().filter(({ node }) => members.facts(node)?.roles.includes("transform") === true);
  return {
    commissions,
    sealer,
    coins: new CoinsOf(systemRandom),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    known: () =>
      members.records().flatMap(({ node, sealingKey }) => (sealingKey === undefined ? [] : [{ node, sealingKey }])),
    processors: () => processing().length,
    places() {
      const processors = processing().flatMap(({ node, sealingKey }) => {
        const publicKey = publicKeyOfNodeId(node);
        if (publicKey === null || sealingKey === undefined) return [];
        return [{ node, location: locationOf(crypto, publicKey) }];
      });
      return placesAmong("xor", processors);
    },
  };
}

/** A statement, read with this node's catalogue and the words that it brings. Its faults are the analyst's: one of them stands for all. */
export function readAsked(asked: Asked): Result<Question> {
  const catalogue = askableFor(asked.words);
  if (!catalogue.ok) return catalogue;
  const parameters = new Map(asked.parameters.map(({ name, value }) => [name, value]));
  const read = parseQuestion(asked.text, asked.name, { catalogue: catalogue.value, name: asked.name, parameters });
  if (read.ok) return accept(read.question);
  const [fault] = read.faults;
  return refuse(fault?.code === "ask-words" ? "ask-words" : "ask-statement", {
    detail: fault === undefined ? asked.name : `${fault.line}:${fault.column}: ${fault.message}`,
  });
}
