export { type Card, cardLines, cardOf, cardSchema } from "./card.ts";
export {
  type Contributed,
  type ContributionStatement,
  checkContribution,
  openContribution,
  signContribution,
} from "./contribution.ts";
export { type ConsentDecision, decide } from "./decide.ts";
export { type Grant, type GrantInUse, type GrantState, grantSchema, stateOfGrant } from "./grants.ts";
export { limits as consentLimits } from "./limits.ts";
export { type GrantOrder, type MadeGrant, makeGrant, type OwnerAct, pendingNamed, revokeGrant } from "./owner-acts.ts";
export {
  grantsInUse,
  historyOf,
  type OwnerState,
  type Pending,
  type RecordEffect,
  restoreOwner,
  type Use,
} from "./records.ts";
export { type ConsentRequest, conceptsOf, consentRequestOf, type PlannedStep } from "./request.ts";
export {
  type ConsentEffect,
  consentEffects,
  noRules,
  type OwnerRule,
  type OwnerRules,
  ownerRulesSchema,
  parseOwnerRules,
} from "./rules.ts";
export { accountName, amountOf, budgetRulesOf, type WrittenBudget } from "./spending.ts";
export { type Call, type Permission, type Permitted, permit, recordUse, unsentRounds } from "./take-part.ts";
