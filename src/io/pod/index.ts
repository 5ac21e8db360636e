export type { PodAnswer, PublishedConcept } from "./answer.ts";
export { createPodThread, type PodThread } from "./asking/thread.ts";
export type { SqlValue } from "./database.ts";
export { podExists } from "./database.ts";
export type { ImportOrder } from "./formats/format.ts";
export { formats as importFormats } from "./formats/index.ts";
export { examinePod, type HousePod, type PodHealth, podFoldersIn } from "./house.ts";
export { createHouseRecords, type HouseRecords, type PodRecords } from "./house-records.ts";
export {
  type ImportPlan,
  type ImportReport,
  type ImportWatch,
  planImport,
  runImport,
  unfinishedRows,
} from "./import.ts";
export { forgetKept, type KeptKind, type KeptMessage, type KeptResult, keep, readKept } from "./kept.ts";
export { limits as podLimits } from "./limits.ts";
export { ownCatalogueFile, readOwnCatalogue } from "./own-catalogue.ts";
export {
  type Changed,
  ownerRulesFile,
  ownerRulesReader,
  ownerStamp,
  readOwnerRecords,
  readOwnerRules,
  withOwnerRecords,
} from "./owner-records.ts";
export {
  type ColumnMapping,
  type Forgotten,
  forgetPod,
  openPod,
  type Pod,
  type SourceView,
  type SqlAnswer,
} from "./pod.ts";
export { type DryRun, inventAnswers } from "./synth/dry-run.ts";
export { type GivenValue, givenValues } from "./synth/given-values.ts";
export { ownerFileOf } from "./synth/owner-file.ts";
export { type Professions, personRows, professionNames } from "./synth/person.ts";
export { type PopulationOrder, type PopulationReport, synthesise } from "./synth/population.ts";
export { SeededRandom } from "./synth/random.ts";
