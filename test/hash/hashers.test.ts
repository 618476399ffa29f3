import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { DIGEST_SIZE, type HashAlgo, type HashProvider } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";

const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];
const PROVIDERS: readonly (readonly [string, HashProvider])[] = [
  ["noble", nobleHashes],
  ["node:crypto", nodeHashes],
];

/** Example messages of FIPS 180-4 (as published with the standard) and their digests. */
const TWO_BLOCKS_256 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const TWO_BLOCKS_512 =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
const FIPS_180_4: readonly (readonly [HashAlgo, string, string])[] = [
  ["sha-256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["sha-256", TWO_BLOCKS_256, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  [
    "sha-384",
    "abc",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "sha-384",
    TWO_BLOCKS_512,
    "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
  ],
  [
    "sha-512",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    "sha-512",
    TWO_BLOCKS_512,
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
];

describe.each(PROVIDERS)("%s", (_, hashes) => {
  test.each(FIPS_180_4)("gives the FIPS 180-4 digest: %s of %s", (algo, message, digest) => {
    expect(toHex(hashes(algo).digest(new TextEncoder().encode(message)))).toBe(digest);
  });

  test.each(ALGOS)("%s: digests have the algorithm's size", (algo) => {
    expect(hashes(algo).size).toBe(DIGEST_SIZE[algo]);
    expect(hashes(algo).digest(new Uint8Array(3))).toHaveLength(DIGEST_SIZE[algo]);
  });

  test.each(ALGOS)("%s: digestInto writes the digest alone, in place of its own input", (algo) => {
    const hasher = hashes(algo);
    const message = Uint8Array.from({ length: 256 }, (_, i) => i);
    const expected = message.slice();
    expected.set(hasher.digest(message), 16);
    hasher.digestInto(message, message, 16);
    expect(toHex(message)).toBe(toHex(expected));
    expect(hasher.size).toBeLessThan(256 - 16);
  });

  test.each(ALGOS)("%s: digestInto alternates between targets that share memory", (algo) => {
    const hasher = hashes(algo);
    const memory = new Uint8Array(256);
    const [a, b] = [memory.subarray(0, 128), memory.subarray(128)];
    for (const [target, byte] of [
      [a, 1],
      [b, 2],
      [a, 3],
    ] as const) {
      const message = Uint8Array.of(byte);
      hasher.digestInto(message, target, 8);
      expect(toHex(target.subarray(8, 8 + hasher.size))).toBe(toHex(hasher.digest(message)));
    }
  });
});

test.each(ALGOS)("noble = node:crypto for %s, every length from 0 to 300", (algo) => {
  for (let length = 0; length <= 300; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 31 + length * 7) & 0xff);
    expect(toHex(nodeHashes(algo).digest(message))).toBe(toHex(nobleHashes(algo).digest(message)));
  }
});

test.each(ALGOS)("noble = node:crypto for %s on random messages", (algo) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      expect(nodeHashes(algo).digest(message)).toEqual(nobleHashes(algo).digest(message));
    }),
  );
});
