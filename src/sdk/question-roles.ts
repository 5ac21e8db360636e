// Who sees what of a question about people, in words (docs/protocols/asking.md).
import type { AskSettings } from "../core/model/index.ts";

export interface RoleView {
  readonly role: string;
  readonly sees: string;
  readonly doesNotSee: string;
}

export function rolesOf({ noise, forwarders }: Pick<AskSettings, "noise" | "forwarders">): RoleView[] {
  const relays = forwarders === 1 ? "forwarder" : "forwarders";
  return [
    {
      role: "indexers",
      sees: "one share of each entry under a concept, and how many there are",
      doesNotSee: "whose they are, and which are one person's",
    },
    {
      role: "find",
      sees: "who matches and is asked, and who has answered",
      doesNotSee: "what anybody decided or contributed",
    },
    {
      role: relays,
      sees: "whose node sends something to which gatherer",
      doesNotSee: "what it says, or whether it says anything",
    },
    {
      role: "gatherers",
      sees: "bounded contributions under one-time tags, and how many are asked",
      doesNotSee: "whose they are",
    },
    noise === "split"
      ? {
          role: "total",
          sees: "the gatherers' parts, each noised already",
          doesNotSee: "any value without noise, or anybody's contribution",
        }
      : {
          role: "total",
          sees: "the values without noise, before it adds all of it",
          doesNotSee: "anybody's contribution",
        },
    {
      role: "asker",
      sees: "the noised answer, and noised numbers of who took part",
      doesNotSee: "who was asked, and who answered",
    },
    {
      role: "owner's node",
      sees: "everything of its own people, and the whole question",
      doesNotSee: "anything of others",
    },
  ];
}
