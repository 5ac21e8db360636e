// House rules that no linter knows (docs/architecture.md): file size, banned tokens in core, no work left lying about.
// Prints one line per fault, `file:line: what`, and exits 1 when there is one.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const maxLines = 400;
/** Longer for a reason; each with it. */

const bannedInCore = [
  [/\bDate\.now\b|\bnew Date\(/, "core knows no clock: time arrives in events"],
  [/\bMath\.random\b|\bgetRandomValues\b|\brandomBytes\b/, "core has no randomness of its own: it arrives in events"],
  [/\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b/, "core sets no timer: ask for a wake"],
  [/\bprocess\.|\bfrom "node:|\bglobalThis\b/, "core knows no Node"],
  [/\bconsole\./, "core prints nothing"],
];
const bannedEverywhere = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "finish it, or write the known hole where it is in a sentence"],
  [/\.(only|skip)\(|\bit\.todo\b/, "no test is switched off or on alone"],
  [/\bas any\b|: any\b/, "no any: parse at the edge, or name the type"],
  [/@ts-ignore|@ts-nocheck/, "no switched-off type check"],
  [/registry\.npmjs\.org|deb\.debian\.org/, "no registry hosts"],
];
const bannedOutsideBench = [
  [
    /generateKeyPair(Sync)?\("\w+"\)/,
    "a pair made without encodings can hang Node 20 when its key is exported: take freshAgreementKey, generateNodeKey, or encodings",
  ],
];
const bannedNames = /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/;

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|tsx|mjs|js|cjs)$/.test(file) && !file.startsWith("examples/operators/"));

const faults = [];
for (const file of tracked) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    continue; // deleted in the work tree
  }
  const lines = text.split("\n");
  const isTest = /\.test\.ts$|^test\//.test(file);
  if (!isTest && lines.length > maxLines) {
    faults.push(`${file}:1: ${lines.length} lines, at most ${maxLines}: one room, one purpose`);
  }
  if (file.startsWith("src/") && bannedNames.test(file)) faults.push(`${file}:1: name it for what it exports`);
  if (file.startsWith("src/") && !isTest && !/^(\/\/|\/\*|#!)/.test(lines[0] ?? "") && !file.endsWith("index.ts")) {
    faults.push(`${file}:1: a file opens with what it is`);
  }
  lines.forEach((line, index) => {
    const at = `${file}:${index + 1}`;
    if (file === "scripts/check-house.mjs") return;
    const code = line.replace(/\/\/.*$/, "").replace(/^\s*\*.*$/, "");
    for (const [pattern, why] of bannedEverywhere) {
      if (pattern.test(why.startsWith("no any") ? code : line)) faults.push(`${at}: ${why}`);
    }
    if (!file.startsWith("bench/")) {
      for (const [pattern, why] of bannedOutsideBench) if (pattern.test(code)) faults.push(`${at}: ${why}`);
    }
    if (file.startsWith("src/core/") && !isTest) {
      for (const [pattern, why] of bannedInCore) if (pattern.test(code)) faults.push(`${at}: ${why}`);
    }
  });
}
for (const fault of faults) console.log(fault);
console.log(faults.length === 0 ? `house rules hold in ${tracked.length} files` : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
