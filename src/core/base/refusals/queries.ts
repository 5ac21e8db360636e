// Refusals: what a person asks, and where it can run: SQL, YAML, plans, policies.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const queriesRefusals = {
  // sql: a question as a person wrote it
  "sql-syntax": entry("none", "The statement is not valid SQL at this place. See what is expected there."),
  "sql-not-offered": entry(
    "none",
    "This part of SQL is not offered here, because it would not stay private or not stay the same everywhere. See what can be written instead.",
  ),
  "sql-unknown-name": entry(
    "none",
    "There is no table, column, function or option of this name. Use one that is named.",
  ),
  "sql-type": entry(
    "none",
    "A value has another type or unit than this place takes. Convert it, or use another column.",
  ),
  "sql-privacy": entry(
    "none",
    "The options of the differential privacy clause are missing or out of range. Write them as shown.",
  ),
  "sql-bounds": entry(
    "none",
    "An aggregate does not say between which values a contribution counts. Write contribution bounds.",
  ),
  "sql-target": entry(
    "none",
    "profile(…) chooses who is asked: it stands in WHERE, joined with AND, and compares with values that an index can find.",
  ),
  "sql-groups": entry(
    "none",
    "The groups of the result are neither a public list nor protected by a threshold. List them, or allow a threshold.",
  ),
  "sql-parameter": entry(
    "none",
    "A parameter has no value, or stands nowhere in the statement. Give it with the query, or write the value in its place.",
  ),

  // query: a person's file, and the placement of what it asks
  "yaml-invalid": entry("none", "The file is not valid YAML. Mend the line that is named."),
  "yaml-alias": entry("none", "Anchors, aliases and tags are not used in these files. Write the value out."),
  "query-too-large": entry("none", "The file is larger than a query may be. Split the query, or shorten it."),
  "query-too-deep": entry("none", "The file is nested deeper than a query ever is. Flatten it."),
  "unknown-key": entry("none", "The file has a key that is not known here. Use one of the keys that are named."),
  "missing-key": entry("none", "A key is missing. Add it."),
  "wrong-value": entry("none", "A value is not one of those allowed. Use one of the values that are named."),
  "name-clash": entry("none", "Two things have the same name. Rename one of them."),
  "operator-file": entry(
    "none",
    "A file of the operator cannot be read. Name the folder that its operator.yaml is in; in a query, relative to the query's file.",
  ),
  "operator-exists": entry(
    "none",
    "There is something in this folder already, and it is not overwritten. Choose another folder.",
  ),
  "operator-name": entry(
    "none",
    "An operator is named after its folder: a-z, 0-9 and -, beginning with a letter, at most 40 characters.",
  ),
  "input-file": entry(
    "none",
    "The records to try the operator on cannot be read. Give a .csv, .ndjson or .jsonl file with --input.",
  ),
  "unknown-operator": entry(
    "none",
    "There is no operator of this name. Use a standard one, or name your own under operators.",
  ),
  "unknown-input": entry("none", "A cell takes its input from a cell that does not exist. Name an existing cell."),
  "wrong-input-count": entry("none", "A cell has more or fewer inputs than its operator takes. Change `from`."),
  "query-cycle": entry("none", "The cells form a circle, but data must flow from sources to sinks. Cut the circle."),
  "sink-in-the-middle": entry(
    "none",
    "A sink ends a flow and hands nothing on. Take the input from the cell before it.",
  ),
  "not-delivered": entry("none", "What this cell emits reaches no sink. Add a sink, or remove the cell."),
  "edge-type-mismatch": entry(
    "none",
    "An operator takes another type than its input carries. Convert the attribute before it.",
  ),
  "attribute-not-produced": entry(
    "none",
    "An operator consumes an attribute that none of its inputs carries. Produce it upstream, or name another.",
  ),
  "equipment-unnamed": entry("none", "The operator needs a sensor or outlet of its node. Name it with `use`."),
  "equipment-unneeded": entry("none", "The operator uses no sensor or outlet of its node. Remove `use`."),
  "placement-unfit": entry(
    "none",
    "This kind of operator cannot run there. Sources run at producers and localizers, sinks at exits.",
  ),
  "placement-not-offered": entry(
    "none",
    "This network does not offer that placement yet. Place the cell at a venue function or a named node.",
  ),
  "drawn-node-unfit": entry("none", "The lot fell on a node that cannot run the cell. Plan again, and it falls anew."),
  "plan-roster": entry("none", "The plan's drawn cells are not where a roster for this query puts them."),
  "no-eligible-node": entry("none", "No node of the network can run this cell. See what was considered, and why not."),
  "ambiguous-node": entry("none", "Several nodes call themselves by that name. Use the node's id instead."),
  "exclusive-sensor-twice": entry(
    "none",
    "Two cells want the same exclusive sensor or outlet. Read it once and branch after it.",
  ),
  "placement-search-exhausted": entry(
    "none",
    "No placement that every policy allows was found within the search bound. Pin some cells to named nodes.",
  ),

  // query: a plan received from an analyst, re-checked before anything is agreed to. Not proof of a lie: an analyst of
  // another version may hold another catalogue.
  "plan-malformed": entry("ignore", "The plan is not well formed. Nothing was started."),
  "plan-duplicate-vertex": entry("ignore", "Two cells of the plan have the same name. Nothing was started."),
  "plan-unknown-input": entry(
    "ignore",
    "A cell of the plan takes its input from a cell that is not in it. Nothing was started.",
  ),
  "plan-input-count": entry(
    "ignore",
    "A cell of the plan has more or fewer inputs than its operator takes. Nothing was started.",
  ),
  "plan-not-delivered": entry("ignore", "A cell of the plan emits what reaches no sink. Nothing was started."),
  "plan-unknown-operator": entry(
    "ignore",
    "The plan names an operator that this node does not have. Compare the versions.",
  ),
  "plan-operator-manifest": entry(
    "ignore",
    "The plan carries an operator's manifest that is not valid. Nothing was started.",
  ),
  "plan-operator-digest": entry(
    "ignore",
    "An operator of the plan is not the one of that name here. Compare the versions.",
  ),
  "plan-operator-kind": entry(
    "ignore",
    "The plan gives an operator a kind that it does not have. Nothing was started.",
  ),
  "plan-operator-limits": entry(
    "ignore",
    "The plan gives an operator other limits than it declares. Nothing was started.",
  ),
  "plan-params": entry("ignore", "An operator of the plan refuses its parameters or inputs. Nothing was started."),
  "plan-edge-type": entry(
    "ignore",
    "An edge of the plan carries another type than the operator after it takes. Nothing was started.",
  ),
  "plan-consumes": entry(
    "ignore",
    "The plan says that an operator consumes other attributes than it does. Nothing was started.",
  ),
  "plan-output": entry(
    "ignore",
    "The plan says that an operator emits other records than it does. Nothing was started.",
  ),
  "plan-stateless": entry("ignore", "The plan misstates whether a cell keeps state. Nothing was started."),
  "plan-unknown-node": entry(
    "ignore",
    "The plan places a cell on a node that is not a member here. Nothing was started.",
  ),
  "plan-node-unfit": entry("ignore", "The plan places a cell on a node that may not run it. Nothing was started."),
  "plan-equipment": entry("ignore", "The plan and the node's equipment do not match. Nothing was started."),
  "plan-spares": entry("ignore", "The plan lists spare nodes that cannot be spares. Nothing was started."),

  // policy: what owners and venues require and forbid (PBDS §4)
  "attribute-forbidden": entry(
    "none",
    "A policy in force forbids this attribute to leave. Drop or coarsen it before it leaves the node, or offer an alternative plan.",
  ),
  "attribute-required-missing": entry(
    "none",
    "A policy in force requires an attribute that this stream does not carry. Add the attribute, or place the step on another node.",
  ),
  "policy-conflict": entry(
    "none",
    "Two adjacent nodes disagree: one requires an attribute that the other forbids. Place one of the steps on another node.",
  ),
  "policy-unknown": entry(
    "ignore",
    "The policy of a neighbouring node is not known yet. Try again once its record has arrived.",
  ),
} as const;
