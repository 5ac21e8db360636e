// Bounds of the identity area, each with its reason (DESIGN §4.4).
export const limits = {
  /** A PEM key has 119 bytes; anything larger is another file. */
  maxKeyFileBytes: 4_096,
  /** A request has about 300 bytes. */
  maxRequestBytes: 8 * 1024,
  maxCertificateBytes: 4 * 1024,
  /** A device has a node, a principal and its roles. */
  maxUris: 16,
  /** Longer lives outlast the keys' storage; renew instead. */
  maxCertificateDays: 3_650,
  maxAuthorityYears: 50,
  /** The clocks of authority and node may differ by this much when a fresh certificate is first used. */
  backdateMs: 5 * 60_000,
} as const;
