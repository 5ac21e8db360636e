// What a value of a question can be.

/** int64, date (days since 1970-01-01) and timestamp (microseconds since 1970, UTC) are whole numbers in a pod's store;
 * bool is 0 or 1. */
export const valueTypes = ["bool", "int64", "float64", "date", "timestamp", "text"] as const;
export type ValueType = (typeof valueTypes)[number];
