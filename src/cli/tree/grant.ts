// hedgerow grant …
import { type Command, InvalidArgumentError } from "commander";
import { act, group, type Host, leaf } from "../leaf.ts";

export function addGrantCommands(program: Command, host: Host): void {
  const grant = group(
    program,
    "grant",
    "See who asks about your data, allow or deny it, and take it back",
    "hedgerow grant ls",
  );

  const list = leaf(grant, {
    name: "ls",
    summary: "List the asks that wait for you, and your grants",
    examples: ["hedgerow grant ls"],
    node: true,
    json: "document",
  }).option("--all", "revoked, ended and used-up grants too");
  act(list, host, async () => (await import("../commands/grant.ts")).grantList);

  const show = leaf(grant, {
    name: "show",
    summary: "Show what is asked and what it would cost you, or a grant",
    examples: ["hedgerow grant show 3f9a", "hedgerow grant show g1b2c3d4"],
    node: true,
    json: "document",
  }).argument("<name>", "the beginning of a query's digest, or a grant's id");
  act(show, host, async () => (await import("../commands/grant.ts")).grantShow);

  for (const effect of ["allow", "deny"] as const) {
    const command = leaf(grant, {
      name: effect,
      summary:
        effect === "allow" ? "Allow a query, an analyst or an attribute" : "Deny a query, an analyst or an attribute",
      description:
        effect === "allow"
          ? "A query is allowed against every rule of yours, to whom its card names; the card is shown, and you are asked. An analyst is\n" +
            "no longer asked about, and\n" +
            "gets nothing that a rule denies. An attribute is allowed up to a budget, until a day. It holds from the next use on."
          : "It holds from the next use on. What was answered before cannot be called back.",
      examples:
        effect === "allow"
          ? [
              "hedgerow grant allow 3f9a",
              "hedgerow grant allow --attribute movie --epsilon 1 --until 2027-01-01",
              "hedgerow grant allow --analyst 'Ada Institute' --until 2027-01-01",
            ]
          : ["hedgerow grant deny 3f9a", "hedgerow grant deny --attribute bank --analyst 'Ada Institute'"],
      node: true,
      json: "document",
    })
      .argument("[query]", "the beginning of the digest of a query that waits, or the whole of any")
      .option(
        "--analyst <name>",
        "everything this analyst asks, by the name that the authority certified; with a query: whose query it is",
      )
      .option("--attribute <name>", "whatever reads this attribute or what is below it")
      .option("--until <day>", "it ends then, such as 2027-01-01", instant)
      .option("--note <text>", "for yourself")
      .option("--yes", "without asking");
    if (effect === "allow") {
      command
        .option("--epsilon <epsilon>", "all that may be spent under it", positive(100))
        .option("--delta <delta>", "with it (default: 1e-5)", positive(0.001));
    }
    act(
      command,
      host,
      async () => (await import("../commands/grant.ts"))[effect === "allow" ? "grantAllow" : "grantDeny"],
    );
  }

  const revoke = leaf(grant, {
    name: "revoke",
    summary: "Take a grant back, from the next use on",
    description:
      "What was answered under it cannot be called back; a question that is under way and not yet answered is not answered.",
    examples: ["hedgerow grant revoke g1b2c3d4"],
    node: true,
    json: "document",
  }).argument("<id>", "the grant");
  act(revoke, host, async () => (await import("../commands/grant.ts")).grantRevoke);
}

function instant(text: string): number {
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw new InvalidArgumentError("Give a day such as 2027-01-01, or a time such as 2027-01-01T08:00:00Z.");
}

function positive(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== "" && number > 0 && number <= most) return number;
    throw new InvalidArgumentError(`Give a number above 0, at most ${most}.`);
  };
}
