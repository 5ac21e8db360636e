// Refusals: who may come in: shapes of messages, keys, certificates, evidence, connections.
// The words and their meaning: ../refusals.ts.

import { entry } from "./entry.ts";

export const admissionRefusals = {
  // base: bytes and shapes
  malformed: entry(
    "disconnect",
    "The bytes are not a valid message of this protocol. Check that both nodes run compatible versions.",
  ),
  "too-large": entry("disconnect", "The message is larger than the protocol allows. Send less at once."),
  "too-deep": entry("disconnect", "The message is nested deeper than the protocol allows."),
  "bad-signature": entry("exclude", "A signature does not verify. Whoever sent it forged or altered it."),

  // attestation: keys, evidence and admission (docs/protocols/admission.md)
  "key-malformed": entry("disconnect", "A public key is not 32 bytes of Ed25519."),
  "key-not-canonical": entry("disconnect", "A public key is not in its one valid encoding. Make a new key."),
  "small-order-key": entry("disconnect", "A public key has small order: anybody could sign for it. Make a new key."),
  "evidence-malformed": entry("disconnect", "The evidence is not in a form that this version reads."),
  "evidence-unknown-provider": entry("disconnect", "No verifier for this kind of evidence. Update the older node."),
  "evidence-overclaimed": entry("disconnect", "The evidence claims more assurance than its kind can give."),
  "evidence-bad-signature": entry("disconnect", "The evidence was not made by the node that shows it."),
  "evidence-not-fresh": entry("disconnect", "The evidence was made for another connection. It may be a replay."),
  "admission-malformed": entry(
    "disconnect",
    "An admission message is not valid. Check that both nodes run compatible versions.",
  ),
  "admission-oversized": entry("disconnect", "An admission message is longer than the protocol allows."),
  "admission-cut-short": entry("disconnect", "The connection ended in the middle of admission."),
  "admission-timeout": entry(
    "ignore",
    "The peer did not finish admission in time. Try again; see whether it is overloaded.",
  ),
  "admission-out-of-order": entry("disconnect", "An admission message came out of turn."),
  "admission-other-version": entry(
    "disconnect",
    "The peer speaks another version of admission. Update the older node.",
  ),
  "admission-wrong-network": entry(
    "disconnect",
    "The peer belongs to another network. Check the address and the network's name.",
  ),
  "admission-refused": entry(
    "disconnect",
    "The peer refused the connection and gave no reason that this version knows.",
  ),
  "admission-not-spoken": entry(
    "disconnect",
    "What answers at this address is not a node of this kind. Check the address and the port.",
  ),

  // identity: certificates, keys and the authority
  "certificate-malformed": entry("disconnect", "The certificate cannot be read. Have the authority issue it again."),
  "certificate-other-authority": entry("disconnect", "The certificate was not signed by this network's authority."),
  "certificate-expired": entry(
    "disconnect",
    "The certificate has expired. Have the authority issue a new one, and check the clock.",
  ),
  "certificate-not-yet-valid": entry(
    "disconnect",
    "The certificate is not valid yet. Check the clocks of the node and of the authority.",
  ),
  "certificate-wrong-network": entry("disconnect", "The certificate is for another network."),
  "certificate-wrong-key-type": entry("disconnect", "The certificate does not hold an Ed25519 key."),
  "certificate-not-a-device": entry(
    "disconnect",
    "The certificate is not a device's: an authority's may not be used by a node.",
  ),
  "certificate-key-mismatch": entry("disconnect", "The certificate names another node than its key gives."),
  "certificate-other-node": entry("disconnect", "The certificate belongs to another node than the one that shows it."),
  "certificate-revoked": entry(
    "disconnect",
    "The authority has revoked this node. It takes no part in the network any more.",
  ),
  "revocation-malformed": entry("ignore", "The revocation cannot be read. Get the file from the authority again."),
  "revocations-file": entry(
    "none",
    "The file is no list of revocations. Give the one that `hedgerow authority revoke` wrote: revocations.hedgerow in the authority's folder.",
  ),
  "revocation-other-authority": entry("ignore", "The revocation was not signed by this network's authority."),
  "revocation-wrong-network": entry("ignore", "The revocation is for another network."),
  "revocations-full": entry("ignore", "The list of revocations is full. Give the network a new authority."),
  "key-file-exposed": entry(
    "none",
    "The key file can be read by other users. Run `chmod 600` on it; if others may have read it, make a new key.",
  ),
  "key-file-malformed": entry("none", "The key file does not hold an Ed25519 private key in PEM (PKCS #8)."),
  "key-configuration-malformed": entry("none", "The key in the configuration is not the base64 of a 32-byte seed."),
  "certificate-file-missing": entry(
    "none",
    "The certificate file cannot be read. Have the authority issue one: `hedgerow authority issue`.",
  ),
  "request-malformed": entry("none", "The certificate request is not a PKCS #10 request with an Ed25519 key."),
  "request-bad-proof": entry(
    "none",
    "The certificate request is not signed by its own key. Make it again on the node itself.",
  ),
  "name-not-allowed": entry(
    "none",
    "A network is named with a-z, 0-9, dots and dashes (at most 63); a principal with up to 80 printable characters.",
  ),
  "authority-exists": entry(
    "none",
    "The folder already holds an authority. Choose another folder; a second authority makes a second network.",
  ),
  "authority-missing": entry("none", "The folder holds no authority. Make one first: `hedgerow authority init`."),
  "certificate-unknown": entry(
    "none",
    "The authority has issued no such certificate. Give the node's id, or the serial of its certificate.",
  ),

  // overlay: connections, messages and streams between nodes
  "address-malformed": entry("none", "Not an address. One looks like /ip4/192.0.2.7/tcp/4100/p2p/12D3Koo…"),
  "address-own": entry("none", "This is the node's own address. Give the address of another node."),
  "peer-unreachable": entry(
    "none",
    "Nothing answers at the peer's addresses. See whether it runs and whether its port is open.",
  ),
  "peer-unknown": entry("none", "No address is known for this node, and it is not connected."),
  "peer-other-identity": entry("none", "Another node answers at this address. Check the node id in the address."),
  "peer-too-slow": entry(
    "ignore",
    "The peer takes messages more slowly than they are sent. The message was not queued; try later.",
  ),
  "peer-lost": entry("none", "The connection to the peer ended before the message was handed over."),
  "message-too-large": entry("disconnect", "A control message may have at most 6 MiB."),
  "overlay-stopped": entry("none", "The node is shutting down."),
} as const;
