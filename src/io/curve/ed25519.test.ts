import fc from "fast-check";
import { expect, it } from "vitest";
import { type Ed25519, loadSodium, nodeEd25519, signerOf, sodiumEd25519, verifySignature } from "./index.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const library = loadSodium();
const all: [string, Ed25519][] = [
  ["node:crypto", nodeEd25519()],
  ["what is chosen", { signer: signerOf, verify: verifySignature }],
];
if (library !== null) all.push(["libsodium", sodiumEd25519(library)]);

/** RFC 8032 §7.1, tests 1 and 2. */
const published = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
];

/** Made by hand, with the secret key known, at the edges where verifiers of Ed25519 are known to differ. */
const edges = [
  {
    what: "made as the standard says",
    valid: true,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec596b93a9312bca1752e9d94356dba5a3ff6306c6ff1189668adbe78febcbef0ac04",
  },
  {
    what: "S one order of the group too large",
    valid: false,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec596a60e896fd604888673312d1099541e0b316c6ff1189668adbe78febcbef0ac14",
  },
  {
    what: "a point of small order added to R",
    valid: false,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "68656c6c6f",
    signature:
      "1261634557ffa46176afbfc0f10d09f128d6f08a5dca1241c5c1b4a89dfb24469c23bafe01236368873b6211eca6333a1d81eb2c9cf6ea6733ef82dd62ec5604",
  },
  {
    what: "a point of small order in the key, which shows",
    valid: false,
    key: "df458c48d8a7e81538829cc7029656922a8303ebf3e2e7c2b53dfeb4062cf1b7",
    message: "6d30",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec596c850678c15b229bb9b34841b86d86f7f6de918da17ec1254410b626382d5bf0b",
  },
  {
    what: "a point of small order in the key, which the message cancels",
    valid: true,
    key: "df458c48d8a7e81538829cc7029656922a8303ebf3e2e7c2b53dfeb4062cf1b7",
    message: "6d31",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec5965d0f2433ff3f42e2b2a3710119f868843d45f3dbe5b87497e04563df57c6e905",
  },
  {
    what: "R is the identity",
    valid: false,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "68656c6c6f",
    signature:
      "0100000000000000000000000000000000000000000000000000000000000000143954b113d5add9dc56fc73a45e191ec3d9fdca8228694a682f8df8eb9b6509",
  },
  {
    what: "R is the identity, in a second encoding",
    valid: false,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "7230",
    signature:
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f24fc31bb870aef06ac9a1bd8cd6511fcb132e3ab7400278b2d0a60e9a13bf907",
  },
  {
    what: "R is of order 4",
    valid: false,
    key: "74a792e26e1de2d8c3b7c349ec7c2a942fcbbc423a245bf28ccdc4d3a078d9dd",
    message: "68656c6c6f",
    signature:
      "000000000000000000000000000000000000000000000000000000000000008060d1e005543588763a45f0eefa8c7ab1725b0e2f72a04fbf11647e55559d9304",
  },
  {
    what: "the key is of order 8, and the message cancels it",
    valid: false,
    key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    message: "6b34",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec59686c0faea860210349860e74bb7d3e020d74a792cee1fc219b914e9874af24f00",
  },
  {
    what: "the key is the identity",
    valid: false,
    key: "0100000000000000000000000000000000000000000000000000000000000000",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec59686c0faea860210349860e74bb7d3e020d74a792cee1fc219b914e9874af24f00",
  },
  {
    what: "the key is the identity, in a second encoding",
    valid: false,
    key: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec59686c0faea860210349860e74bb7d3e020d74a792cee1fc219b914e9874af24f00",
  },
  {
    what: "the key is the identity, with the sign of a negative zero",
    valid: false,
    key: "0100000000000000000000000000000000000000000000000000000000000080",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec59686c0faea860210349860e74bb7d3e020d74a792cee1fc219b914e9874af24f00",
  },
  {
    what: "no point of the curve",
    valid: false,
    key: "0200000000000000000000000000000000000000000000000000000000000000",
    message: "68656c6c6f",
    signature:
      "024e2a4b20aed56c593ea41b27b9a191d94cf025dc2af15f66f6c794f04ec59686c0faea860210349860e74bb7d3e020d74a792cee1fc219b914e9874af24f00",
  },
];

it.each(all)("%s signs and verifies as published", (_, { signer, verify }) => {
  for (const { seed, key, message, signature } of published) {
    const made = signer(hex(seed));
    expect(made.publicKey).toEqual(hex(key));
    expect(made.sign(hex(message))).toEqual(hex(signature));
    expect(verify(hex(key), hex(message), hex(signature))).toBe(true);
    expect(verify(hex(key), Uint8Array.of(1, 2), hex(signature))).toBe(false);
  }
});

it.each(all)("%s says the same as all others where verifiers are known to differ", (_, { verify }) => {
  const said = edges.map(({ what, key, message, signature }) => [what, verify(hex(key), hex(message), hex(signature))]);
  expect(said).toEqual(edges.map(({ what, valid }) => [what, valid]));
});

it.each(all)("%s is false for what has another length, and never throws", (_, { signer, verify }) => {
  const { publicKey, sign } = signer(new Uint8Array(32).fill(7));
  const message = Uint8Array.of(1);
  const signature = sign(message);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (key, forged) => {
      expect(verify(key, message, forged)).toBe(false);
      expect(verify(publicKey, message, forged)).toBe(false);
      expect(verify(key, message, signature)).toBe(false);
    }),
  );
});

it("all of them make one signature, and say the same of it when a bit of it, its key or its message is turned", () => {
  const turned = (bytes: Uint8Array, bit: number) => {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7);
    return copy;
  };
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 300 }), fc.nat(2_000), (seed, message, bit) => {
      const made = all.map(([, { signer }]) => signer(seed));
      const { publicKey } = made[0]!;
      const signature = made[0]!.sign(message);
      for (const other of made) {
        expect(other.publicKey).toEqual(publicKey);
        expect(other.sign(message)).toEqual(signature);
      }
      const cases = [
        [publicKey, message, signature],
        [turned(publicKey, bit), message, signature],
        [publicKey, turned(message, bit), signature],
        [publicKey, message, turned(signature, bit)],
      ] as const;
      for (const [key, text, under] of cases) {
        expect(new Set(all.map(([, { verify }]) => verify(key, text, under))).size).toBe(1);
      }
    }),
  );
});

it("keeps a bounded number of keys, and verifies with those that it let go", () => {
  const few = nodeEd25519(3);
  const signers = Array.from({ length: 5 }, (_, i) => signerOf(new Uint8Array(32).fill(i)));
  for (const { publicKey, sign } of [...signers, ...signers]) {
    expect(few.verify(publicKey, publicKey, sign(publicKey))).toBe(true);
  }
});

it("where no binary loads there is none, whatever is thrown or lacking", () => {
  const fails = () => {
    throw new Error("no such module");
  };
  expect(loadSodium(fails)).toBeNull();
  expect(loadSodium(() => ({}))).toBeNull();
  expect(loadSodium(() => ({ crypto_scalarmult_base() {} }))).toBeNull();
});
