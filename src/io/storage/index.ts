export { type FolderLock, holderOf, lockFolder } from "./folder-lock.ts";
export { type Journal, openJournal } from "./journal.ts";
export { openResultLog, type ResultLog } from "./result-log.ts";
