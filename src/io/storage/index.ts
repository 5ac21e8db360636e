export { type FolderLock, holderOf, lockFolder } from "./folder-lock.ts";
export { createGrowingFile, type GrowingFile } from "./growing-file.ts";
export { type Journal, openJournal } from "./journal.ts";
export { createMemoryReceipts } from "./memory-receipts.ts";
export { openReceiptStore, type ReceiptStoreOptions } from "./receipt-store.ts";
export { openResultLog, type ResultLog } from "./result-log.ts";
export { replaceFile, syncFolder } from "./whole-file.ts";
export type { FilePort } from "./write-whole.ts";
