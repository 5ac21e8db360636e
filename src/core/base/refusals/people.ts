// Refusals: what is a person's: her pod, her budget, what is sealed or shared for her.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const peopleRefusals = {
  // pods: an owner's store, and the files she imports (docs/guide/pods.md)
  "pod-missing": entry(
    "none",
    "There is no pod in this node's folder yet. Make one by importing: hedgerow pod import FILE",
  ),
  "pod-busy": entry("none", "Another command writes to this pod. Wait until it has ended, then try again."),
  "pod-key-missing": entry(
    "none",
    "The pod's key file is gone, and nothing else opens the pod. Restore pod.key from a backup, or begin anew: hedgerow pod forget --all",
  ),
  "pod-key-malformed": entry("none", "The pod's key file does not hold a key. Restore pod.key from a backup."),
  "pod-key-exposed": entry(
    "none",
    "The pod's key file can be read by other users. Run `chmod 600` on it; whoever read it may read the pod.",
  ),
  "pod-damaged": entry(
    "none",
    "The pod cannot be opened: its key is another one, or the file is damaged. Restore the pod's folder from a backup.",
  ),
  "pod-other-version": entry("none", "A newer version of this software made the pod. Update this one."),
  "pod-format-unknown": entry(
    "none",
    "It cannot be told what kind of file this is. Name it with --format; `hedgerow pod import --help` lists them.",
  ),
  "pod-file-folder": entry(
    "none",
    "This is a folder. Give the file in it that you downloaded, such as its export.xml.",
  ),
  "pod-file-stream": entry(
    "none",
    "This is no file on a disk, and a file is read twice: to tell what it is, and to import it. Save what comes from it, and give that file.",
  ),
  "pod-file-malformed": entry(
    "none",
    "The file is not what its format asks for; the place is named. Download it again, or name another --format.",
  ),
  "pod-file-empty": entry(
    "none",
    "There is nothing in the file that could be imported. Check that it is the right one.",
  ),
  "pod-file-encoding": entry("none", "The file is not UTF-8. Name its encoding, for example: --encoding windows-1252"),
  "pod-file-deep": entry("none", "The file is nested deeper than anybody's data. It was not read further."),
  "pod-record-too-long": entry(
    "none",
    "A record has no end within 16 MB. A quote may be left open at the place that is named; mend it there.",
  ),
  "pod-zip-unfit": entry(
    "none",
    "The archive holds nothing that can be imported, is damaged, or unpacks to more than it should. Unpack it yourself and import the file in it.",
  ),
  "pod-table-full": entry(
    "none",
    "A table of a pod takes 8 million rows, so not all of the file is in. Take back what is (hedgerow pod forget --source FILE), split the file, and import each part into a table of its own: --table NAME",
  ),
  "pod-table-differs": entry(
    "none",
    "The pod has a table of this name with other columns or types. Give this file another one: --table NAME",
  ),
  "pod-unknown-table": entry("none", "The pod has no such table or column. `hedgerow pod schema` lists them."),
  "pod-unknown-source": entry("none", "Nothing of this name was imported. `hedgerow pod ls` lists the sources."),
  "pod-sql": entry(
    "none",
    "The database does not take this SQL. What it says is named; `hedgerow pod schema` lists tables and columns.",
  ),
  "pod-sql-writes": entry(
    "none",
    "Only questions can be asked here: one statement that begins with SELECT, WITH, VALUES or EXPLAIN.",
  ),
  "pod-sql-several": entry(
    "none",
    "There is more than one statement, and nothing of it was done. Ask one question at a time.",
  ),
  "pod-answer": entry(
    "none",
    "The pod could not work out its answer to a question, and took part with no rows. Only its owner is told why.",
  ),
  "pod-thread": entry(
    "none",
    "The part of the node that asks pods ended while this one was asked, so it took part with no rows. The next question is asked as usual; when it happens again, the node's log says why.",
  ),
  "pod-mapping": entry("none", "A column cannot stand for this attribute. What is allowed is named."),
  "catalogue-invalid": entry(
    "none",
    "The attribute catalogue has faults. Each is named with its key and what is allowed there.",
  ),
  "pod-order": entry("none", "The import cannot be done as asked. What does not fit is named."),

  // privacy: noise, sensitivity and an owner's budget (docs/concepts/differential-privacy.md)
  "privacy-number": entry("none", "A number is not one that differential privacy can use. What is allowed is named."),
  "privacy-bounds": entry(
    "none",
    "The plan does not bound what one owner contributes. Give a lower and an upper bound, and how many groups one owner may be in.",
  ),
  "privacy-scale": entry(
    "none",
    "So much noise, or so large a sum, cannot be computed exactly. Narrow the bounds, use fewer decimals, or allow more ε.",
  ),
  "privacy-groups": entry(
    "none",
    "The result would have more groups or candidates than a query may have. Ask for fewer.",
  ),
  "privacy-error": entry(
    "none",
    "No ε that protects anybody gives so small an error. Allow a larger error, or ask more owners.",
  ),
  "privacy-shares-missing": entry(
    "none",
    "Too few cells have added their part of the noise, so nothing is released. Run the query again.",
  ),
  "budget-exhausted": entry(
    "none",
    "The owner's privacy budget for this analyst and purpose is used up for this period. The day when it renews is named.",
  ),
  "budget-too-large": entry(
    "none",
    "The query costs more than the owner's whole budget for one period, so waiting does not help. Ask for less precise results.",
  ),
  "budget-none": entry("none", "The owner allows this analyst no differentially private query for this purpose."),
  "budget-other-plan": entry(
    "none",
    "The owner has paid for this round under another plan. A changed plan is a new query, with its own round.",
  ),
  "budget-full": entry(
    "ignore",
    "The owner keeps as many accounts as she can in one period. Ask again when it renews.",
  ),
  "budget-clock": entry(
    "none",
    "The owner's clock stands before a time that her budget has seen. Check the clock (hedgerow doctor).",
  ),

  // terms: a question's noise, contributions, parts and answer (docs/protocols/asking.md)
  "terms-delta": entry(
    "none",
    "The noise of this network needs δ: with delta = 0 nothing can be asked. Write delta=1e-6, or less for very many people.",
  ),
  "terms-noise-place": entry(
    "none",
    "Groups or values that nobody listed need one cell that adds all the noise. Ask with the noise of one cell, or list them: group_keys => ['a', 'b'].",
  ),
  "terms-gatherers": entry(
    "none",
    "Noise in shares needs at least two gatherers. Ask with more of them, or with the noise of one cell.",
  ),
  "terms-sensitivity": entry(
    "none",
    "The question does not say of an aggregate what follows from its bounds. It was not made by this software, or by another version.",
  ),
  "terms-unfit": entry("none", "The question asks for something that cannot be noised. What it is is named."),
  "terms-too-large": entry(
    "none",
    "What each person would send, what would come together, or the answer, is too much. Lower max_groups_contributed or max_rows_contributed, list fewer groups, or ask fewer people.",
  ),
  "terms-contribution": entry("ignore", "What came is no contribution to this question. Nothing of it counts."),
  "terms-part": entry("none", "A gatherer's part of the total is damaged, or belongs to another question."),
  "terms-answer": entry("none", "What was kept as the result is no answer, or only a piece of one. Ask again."),

  // consent: what an owner allows, and what she is asked (docs/guide/pods.md)
  "owner-rules-invalid": entry(
    "none",
    "The owner's rules (owner.yaml in the pod's folder) have faults. Each is named with its key and what is allowed there. Until they are mended, nothing is answered.",
  ),
  "owner-folder": entry(
    "none",
    "The node cannot read or write in a person's folder, so she takes part in nothing. Check that the folder is whole, belongs to the node's user, and that the disk has room.",
  ),
  "consent-denied": entry("none", "The owner denies this, by a rule or by an answer of hers."),
  "consent-not-allowed": entry("none", "No rule of the owner allows this, and what no rule speaks of is denied."),
  "consent-other-purpose": entry(
    "none",
    "The owner allows this for other purposes. Ask for one of them, if it is yours.",
  ),
  "consent-too-few-people": entry(
    "none",
    "The owner takes part only when more people are asked with her. Ask with a larger minimum of people.",
  ),
  "consent-too-precise": entry("none", "The owner takes part in less precise questions. Ask with a smaller epsilon."),
  "consent-not-subscribed": entry(
    "none",
    "The owner takes no messages of this sender for this purpose. She says whose she takes under `messages` of her owner.yaml.",
  ),
  "consent-waiting": entry(
    "none",
    "The owner wants to be asked, and has not answered yet. Ask again when she has: hedgerow grant ls shows her what waits.",
  ),
  "consent-too-many-waiting": entry("none", "More asks wait for the owner than she is shown. Ask again later."),
  "grant-unknown": entry(
    "none",
    "There is no such grant, and no ask that waits under this name. hedgerow grant ls lists them.",
  ),
  "grant-order": entry("none", "The grant cannot be made as asked. What is allowed is named."),
  "owner-records-damaged": entry(
    "none",
    "The owner's records (owner.journal in the pod's folder) cannot be read, and with them what was spent of her budget. Nothing is answered until they are restored from a backup.",
  ),
  "owner-records-disk": entry(
    "none",
    "The owner's records could not be brought to the disk, so nothing of her answer left. Make room, or mend the disk; she is asked again while the question's time lasts.",
  ),

  "contribution-unsigned": entry(
    "none",
    "What the node signed about this contribution is not there any more. Restore pod/owner from a backup.",
  ),
  "contribution-altered": entry(
    "none",
    "The receipt is not what the node signed: pod/owner was changed by something else than this software. Restore it from a backup.",
  ),
  "contribution-other-node": entry(
    "none",
    "Another node than the one that keeps this pod signed the receipt. Where the pod was moved from one node to another, that is so of what was contributed before.",
  ),
  "contribution-other-use": entry(
    "none",
    "The receipt is of another round, or of something else that decided: pod/owner was changed by something else than this software. Restore it from a backup.",
  ),

  // sealing and sharing: messages to one key, secrets in shares (SEP2P §5.3)
  "sealing-key": entry("exclude", "The key to seal to is none that only its owner can use."),
  "sealed-unreadable": entry(
    "ignore",
    "The message was not sealed for this node and this use, or it was changed on the way.",
  ),
  "shares-too-few": entry(
    "none",
    "There are not enough shares to put the secret together. Ask more of those who hold one.",
  ),
  "shares-mismatch": entry("ignore", "The shares are not of one secret."),

  // asking: people are asked, and answer (docs/protocols/asking.md)
  "ask-output": entry(
    "none",
    "It has to be said which noised output of the question is meant (--output NAME). Which there are is named.",
  ),
  "ask-statement": entry("none", "The statement cannot be read with this node's catalogue, so nobody here is asked."),
  "ask-words": entry(
    "none",
    "The question came with words that cannot be taken: words of an analyst's own add to the standard catalogue and change nothing of it. Mend the file given with --catalogue.",
  ),
  "ask-other-question": entry(
    "none",
    "The plan does not ask what its statement says. Whoever is asked believes the statement only.",
  ),
  "ask-other-analyst": entry("none", "The roster was drawn by another analyst. Draw one for this question."),
  "ask-analyst-uncertified": entry(
    "none",
    "The plan names an analyst whom the certificate of the asking node does not name. Ask from a node of that analyst.",
  ),
  "ask-no-roster": entry("none", "The plan asks people and carries no roster. Draw one for this question."),
  "ask-other-roles": entry(
    "none",
    "The plan puts a cell where the lot did not put it, or runs another operator in it.",
  ),
  "ask-over": entry("ignore", "The time to answer this question is over. Ask it again."),
  "ask-other-plan": entry(
    "none",
    "The person was asked in this round under another plan. A changed plan is a new round.",
  ),
  "ask-other-tag": entry("none", "The person was asked in this round already, under another tag. She counts once."),
  "ask-other-gatherer": entry("none", "The gatherer that the person's tag falls to is not among those named."),
  "ask-not-finder": entry("none", "Only the node that the lot made the finder of this question may ask for this."),
  "ask-message-question": entry(
    "none",
    "A message goes with a count of the people whom profile('…') finds, and with nothing else. Say whom it is for, and ask for no more.",
  ),
  "ask-other-message": entry(
    "none",
    "The message is not the one that the question was drawn for. Nobody takes it; whoever changed it lies.",
  ),
  "ask-no-go": entry(
    "none",
    "The analyst's node did not say that people may be called, so nobody was, and nobody has paid. Keep it running, and ask again.",
  ),
  "ask-finder-lost": entry(
    "none",
    "The node that calls people was lost while they were asked. Who had answered by then has paid, and is in the answer if there is one; nobody else will answer. Who is asked again pays again.",
  ),
  "ask-nobody-called": entry(
    "none",
    "The node that finds people was lost before it called anybody, so nobody was asked, and nobody has paid. Ask again.",
  ),
  "ask-not-total": entry(
    "none",
    "Only the node that adds up the parts may tell everybody the answer, and only where the question said so.",
  ),
  "ask-not-needed": entry("none", "The question does not need this part of the concept index."),
  "ask-too-many-keys": entry(
    "none",
    "The question looks for people in too many places. Narrow its ranges, or list fewer values.",
  ),
  "ask-not-about": entry("ignore", "The person's own profile is not what the question looks for."),
  "ask-no-forwarder": entry(
    "none",
    "No other node is known that could pass a message on. Wait until more have joined.",
  ),
  "ask-not-forwarded": entry("ignore", "A forwarder passes on shares and contributions, and nothing else."),
  "ask-content": entry(
    "ignore",
    "What came sealed, through others, is not what belongs there. Whoever brought it could not look into it. Nothing of it counts.",
  ),
  "ask-turned-down": entry(
    "ignore",
    "A node refused what the finder asked of it, and named its reason. Check that the nodes run compatible versions.",
  ),
  "ask-flood": entry("ignore", "The peer sends far more than its share. It may go on later, and slower."),
  "ask-busy": entry("ignore", "The node holds as much for others as it can. Try again in a moment."),
  "ask-index-full": entry(
    "ignore",
    "The index takes no more from this forwarder, or under this key. Another may be chosen.",
  ),
  "ask-label-taken": entry("ignore", "There is a share under this label already. Each entry has a label of its own."),
  "ask-entry-time": entry("ignore", "The entry is over, or would live longer than entries do."),
  "ask-too-few": entry(
    "none",
    "Too few people were found, by a noised count, so nobody was asked. Ask for a wider group.",
  ),
  "ask-no-part": entry(
    "none",
    "No gatherer handed on a part: nobody was asked, or what they had went with their nodes. So there is no answer. Ask again.",
  ),
  "ask-index-silent": entry("none", "Too few nodes that hold the concept index answered. Ask again in a while."),
  "ask-tag-unknown": entry(
    "ignore",
    "The message came under a tag that nobody was given, or that falls to another gatherer.",
  ),
  "ask-tag-used": entry("ignore", "A message under this tag has counted. Each counts once."),
  "ask-unasked": entry("ignore", "The peer answers what was not asked, or answers it twice."),
} as const;
