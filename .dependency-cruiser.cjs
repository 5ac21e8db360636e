// The import rules of docs/architecture.md. Imports point strictly downward; an area is entered through its index.ts.
// core siblings meet only where a line of `siblings` says so, with its reason.
const siblings = {
  batch: [],
  policy: [],
  query: ["policy"], // planning asks the policy check, so that a forbidden attribute is found before anything is sent
  sql: ["query"], // both front ends tell faults in one shape
  lifecycle: ["policy", "attestation"], // a participant checks the plan against its policy and a cell's evidence
  membership: ["attestation"], // a revocation is opened as the authority sealed it
  cell: ["batch"], // the validator reads batch headers
  inquiry: [],
  attestation: [],
  draw: [],
  cache: ["draw"], // caches are attested by the witnesses of a draw's regions, and its statements convict liars
  sharing: [],
  privacy: [],
  pods: ["sql"], // what a question may name is made from the attribute catalogue
  terms: ["privacy"], // what a question costs and how it is noised
  consent: ["privacy", "policy", "terms"], // rules, what is left of a budget, and the outcomes that are counted
  asking: ["terms", "consent", "draw", "sharing", "query", "sql", "privacy", "attestation"], // the protocol joins them all
};
const areas = Object.keys(siblings);

const forbidden = [
  {
    name: "no-cycles",
    severity: "error",
    comment: "A cycle means two rooms that are one.",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "base-is-lowest",
    severity: "error",
    from: { path: "^src/core/base/" },
    to: { path: "^src/", pathNot: "^src/core/base/" },
  },
  {
    name: "model-needs-base-only",
    severity: "error",
    from: { path: "^src/core/model/" },
    to: { path: "^src/", pathNot: "^src/core/(base|model)/" },
  },
  {
    name: "core-is-pure",
    severity: "error",
    comment: "core may import core, cborg, zod, yaml and chevrotain.",
    from: { path: "^src/core/", pathNot: "\\.test\\.ts$" },
    to: { pathNot: "^src/core/|^node_modules/(cborg|zod|yaml|chevrotain)/" },
  },
  {
    name: "operators-need-core-only",
    severity: "error",
    from: { path: "^src/operators/", pathNot: "\\.test\\.ts$" },
    to: { path: "^src/", pathNot: "^src/(core|operators)/" },
  },
  { name: "io-below", severity: "error", from: { path: "^src/io/" }, to: { path: "^src/(sdk|node|sim|cli)/" } },
  {
    name: "sdk-below",
    severity: "error",
    from: { path: "^src/sdk/", pathNot: "\\.test\\.ts$" },
    to: { path: "^src/(node|sim|cli)/" },
  },
  {
    name: "node-and-sim-are-roots",
    severity: "error",
    from: { path: "^src/node/", pathNot: "\\.test\\.ts$" },
    to: { path: "^src/(sim|cli)/" },
  },
  {
    name: "sim-is-a-root",
    severity: "error",
    comment:
      "It performs no effect of the world's; io/runtime only tells it where the code of its threads lies, and io/curve works out signatures.",
    from: { path: "^src/sim/", pathNot: "\\.test\\.ts$" },
    to: { path: "^src/(node|cli|io|sdk)/", pathNot: "^src/io/(runtime|curve)/index\\.ts$" },
  },
  {
    name: "cli-needs-sdk",
    severity: "error",
    comment:
      "The commands are a client like any other. What starts a node or a simulation in this process is one of the roots.",
    from: { path: "^src/cli/", pathNot: "\\.test\\.ts$" },
    to: { path: "^src/", pathNot: "^src/(cli|sdk)/|^src/(node|sim)/index\\.ts$" },
  },
  {
    name: "through-the-index",
    severity: "error",
    comment:
      "Enter another area through its index.ts. The sdk's facades over files and sandboxes are entries of their own, so that a client stays light; the polyfill has to be imported before anything else.",
    from: { path: "^src/(core/[^/]+|io/[^/]+|operators|sdk|node|sim)/", pathNot: "\\.test\\.ts$" },
    to: {
      path: "^src/(core/[^/]+|io/[^/]+|operators|sdk|node|sim)/",
      pathNot:
        "^src/$1/|/index\\.ts$|^src/io/runtime/polyfill\\.ts$|^src/sdk/(authority|catalogue|consent|local-network|node-folder|package-root|dry-run|dataflow-dry-run|people-health|pod|query|question-plan|workbench)\\.ts$|^src/core/terms/exact\\.ts$",
    },
  },
  {
    name: "truth-is-invented",
    severity: "error",
    comment: "Values without noise are for people who do not exist.",
    from: { path: "^src/", pathNot: "^src/sdk/dry-run\\.ts$|\\.test\\.ts$" },
    to: { path: "^src/core/terms/exact\\.ts$" },
  },
  ...areas.map((area) => ({
    name: `core-${area}-siblings`,
    severity: "error",
    from: { path: `^src/core/${area}/`, pathNot: "\\.test\\.ts$" },
    to: {
      path: "^src/core/",
      pathNot: `^src/core/(${["base", "model", "batch", area, ...siblings[area]].join("|")})/`,
    },
  })),
];

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
