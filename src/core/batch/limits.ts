// Bounds of batches, each with its reason (DESIGN §4.4).
/** Above 256 KiB a larger batch brings no more throughput; 4 MiB leaves room for rows of long text. */
export const maxBatchBytes = 4 * 1024 * 1024;
/** 16 bits of rows: a selection vector of one batch stays within 256 KiB. */
export const maxBatchRows = 65_536;
