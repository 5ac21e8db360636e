// Bounds of attestation and admission, each with its reason (DESIGN §4.4).
export const limits = {
  /** Our certificates are about 600 bytes; 4 KiB leaves room for long names. */
  maxCertificateBytes: 4 * 1024,
  /** A TDX quote with its collateral chain is about 12 KB. */
  maxProofBytes: 24 * 1024,
  /** Certificate or evidence plus its frame: the largest message before a peer is known. */
  maxMessageBytes: 32 * 1024,
  /** Short enough to tell an operator, too short to carry anything else. */
  maxDetailBytes: 200,
  nonceBytes: 32,
  bindingBytes: 32,
} as const;
