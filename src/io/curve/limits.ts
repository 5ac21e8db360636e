// Bounds of the curve area, each with its reason (DESIGN §4.4).
export const limits = {
  /** Every peer's key is used often; 4,096 KeyObjects are about 4 MB. */
  maxKeptKeys: 4_096,
} as const;
