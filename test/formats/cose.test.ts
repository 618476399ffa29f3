import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "../../src/bytes.ts";
import { CcaRimError } from "../../src/errors.ts";
import { signatureProblem } from "../../src/evidence/crypto.ts";
import { nodeVerifier } from "../../src/evidence/node-crypto.ts";
import { readCbor } from "../../src/formats/cbor/read.ts";
import { type CborValue, cborMap, tagged, writeCbor } from "../../src/formats/cbor/write.ts";
import {
  ALGORITHM_ID,
  ALGORITHM_OF,
  type CoseSign1,
  type EcCurve,
  type EcPublicKey,
  FIELD_SIZE,
  readCoseKey,
  readPoint,
  readSign1,
  sameKey,
  signatureFault,
  signatureInput,
  writeCoseKey,
  writeSign1,
} from "../../src/formats/cose.ts";
import { testSigner } from "../evidence/keys.ts";

const CURVES: readonly EcCurve[] = ["P-256", "P-384", "P-521"];

/** Orders of the curves, from SP 800-186. */
const ORDER: Readonly<Record<EcCurve, string>> = {
  "P-256": "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  "P-384":
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  "P-521":
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
};

function node(value: CborValue) {
  return readCbor(writeCbor(value), { what: "test" });
}

function message(curve: EcCurve, algorithm: number = ALGORITHM_ID[ALGORITHM_OF[curve]]): CoseSign1 {
  const header = writeCbor(cborMap([[1, algorithm]]));
  const payload = Uint8Array.of(1, 2, 3);
  const signature = testSigner(curve).sign(signatureInput(header, payload));
  return readSign1(readCbor(writeSign1(header, payload, signature), { what: "test" }), "test");
}

function halves(curve: EcCurve, { signature }: CoseSign1): readonly [Uint8Array, Uint8Array] {
  const size = FIELD_SIZE[curve];
  return [signature.slice(0, size), signature.slice(size)];
}

function add(a: Uint8Array, hex: string, sign: 1n | -1n = 1n): Uint8Array {
  const sum = (BigInt(`0x${toHex(a)}`) * sign + BigInt(`0x${hex}`)).toString(16);
  return fromHex(sum.padStart(2 * a.length, "0").slice(-2 * a.length)) ?? a;
}

describe.each(CURVES)("signatures on %s", (curve) => {
  const key = testSigner(curve).publicKey;
  const good = message(curve);
  const [r, s] = halves(curve, good);
  const size = FIELD_SIZE[curve];
  const zero = new Uint8Array(size);
  const order = fromHex(ORDER[curve].padStart(2 * size, "0")) ?? zero;
  const one = new Uint8Array(size).with(size - 1, 1);

  function problemOf(signature: Uint8Array): string | undefined {
    return signatureProblem({ ...good, signature }, key, nodeVerifier);
  }

  test("a good one verifies", () => {
    expect(problemOf(good.signature)).toBeUndefined();
  });

  test("so does its mirror image, which is one as well", () => {
    expect(problemOf(concatBytes(r, add(s, ORDER[curve], -1n)))).toBeUndefined();
  });

  const BAD: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["r zero", concatBytes(zero, s), /r of the signature is zero/],
    ["s zero", concatBytes(r, zero), /s of the signature is zero/],
    ["both zero", concatBytes(zero, zero), /is zero/],
    ["r the order", concatBytes(order, s), /r of the signature is not below/],
    ["s the order", concatBytes(r, order), /s of the signature is not below/],
    ["both all ones", new Uint8Array(2 * size).fill(0xff), /is not below/],
    ["r plus the order", concatBytes(add(r, ORDER[curve]), s), /not below|does not verify/],
    ["s plus the order", concatBytes(r, add(s, ORDER[curve])), /not below|does not verify/],
    ["r and s swapped", concatBytes(s, r), /does not verify|not below/],
    ["r and s one", concatBytes(one, one), /does not verify/],
    ["order minus one", concatBytes(add(one, ORDER[curve], -1n), s), /does not verify/],
    ["empty", new Uint8Array(0), /has \d+ bytes, this one 0/],
    ["one byte short", good.signature.slice(0, -1), /has \d+ bytes/],
    ["one byte long", concatBytes(good.signature, Uint8Array.of(0)), /has \d+ bytes/],
    [
      "zeros in front of both",
      concatBytes(Uint8Array.of(0), r, Uint8Array.of(0), s),
      /has \d+ bytes/,
    ],
    ["half of it", r, /has \d+ bytes/],
    ["twice", concatBytes(good.signature, good.signature), /has \d+ bytes/],
    ["as DER", Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1), /has \d+ bytes/],
  ];

  test.each(BAD)("%s is refused", (_, signature, problem) => {
    expect(problemOf(signature)).toMatch(problem);
  });

  test("a half of the right length is never too large to be looked at", () => {
    expect(signatureFault(concatBytes(one, one), curve)).toBeUndefined();
  });

  test("another payload, another header, another key", () => {
    const payload = Uint8Array.of(1, 2, 4);
    expect(signatureProblem({ ...good, payload }, key, nodeVerifier)).toMatch(/does not verify/);
    const protectedBytes = concatBytes(good.protectedBytes, Uint8Array.of(0));
    expect(signatureProblem({ ...good, protectedBytes }, key, nodeVerifier)).toMatch(/not verify/);
    const offCurve = { ...key, y: key.x };
    expect(signatureProblem(good, offCurve, nodeVerifier)).toMatch(/does not verify/);
  });

  test("the algorithm has to be that of the key's curve", () => {
    for (const other of CURVES) {
      if (other === curve) continue;
      const wrong = message(curve, ALGORITHM_ID[ALGORITHM_OF[other]]);
      expect(signatureProblem(wrong, key, nodeVerifier)).toMatch(/but the key is on/);
    }
    expect(signatureProblem(message(curve, -8), key, nodeVerifier)).toMatch(/its algorithm is -8/);
  });

  test("parameters that are called critical have to be known", () => {
    const withCritical = (labels: readonly number[]): CoseSign1 => {
      const header = writeCbor(
        cborMap([
          [1, ALGORITHM_ID[ALGORITHM_OF[curve]]],
          [2, labels],
        ]),
      );
      const signature = testSigner(curve).sign(signatureInput(header, good.payload));
      return readSign1(
        readCbor(writeSign1(header, good.payload, signature), { what: "test" }),
        "test",
      );
    };
    expect(signatureProblem(withCritical([1, 33]), key, nodeVerifier)).toBeUndefined();
    expect(signatureProblem(withCritical([99]), key, nodeVerifier)).toMatch(/critical/);
  });

  test("the key as COSE_Key and as a point", () => {
    const again = readCoseKey(readCbor(writeCoseKey(key), { what: "key" }), "key");
    const point = readPoint(concatBytes(Uint8Array.of(4), key.x, key.y));
    expect(sameKey(again, key)).toBe(true);
    expect(point !== undefined && sameKey(point, key)).toBe(true);
  });
});

describe("COSE_Sign1", () => {
  const empty = new Uint8Array(0);
  const header = writeCbor(cborMap([[1, -35]]));

  test("is read with and without its tag, payload and signature in their places", () => {
    const bytes = writeSign1(header, Uint8Array.of(7), Uint8Array.of(8));
    const read = readSign1(readCbor(bytes, { what: "test", base: 10 }), "test");
    expect(read).toMatchObject({
      offset: 10,
      isTagged: true,
      payloadOffset: 19,
      signatureOffset: 21,
    });
    expect(read.algorithm).toBe("ES384");
    const bare = readSign1(node([header, cborMap([]), empty, empty]), "test");
    expect(bare.isTagged).toBe(false);
  });

  test("an empty protected header names no algorithm", () => {
    const read = readSign1(node([empty, cborMap([]), empty, empty]), "test");
    expect([read.protectedHeader, read.algorithm, read.algorithmText]).toEqual([
      undefined,
      undefined,
      "none",
    ]);
  });

  test.each<[string, CborValue, string]>([
    ["three elements", [header, cborMap([]), empty], "COSE_FORMAT"],
    ["five elements", [header, cborMap([]), empty, empty, empty], "COSE_FORMAT"],
    ["a map", cborMap([]), "CBOR_TYPE"],
    ["another tag", tagged(17, [header, cborMap([]), empty, empty]), "CBOR_TYPE"],
    ["a detached payload", [header, cborMap([]), null, empty], "CBOR_TYPE"],
    ["a header that is no map", [writeCbor([1]), cborMap([]), empty, empty], "CBOR_TYPE"],
    ["a header that is no CBOR", [Uint8Array.of(0xa1), cborMap([]), empty, empty], "CBOR_FORMAT"],
    ["an unprotected header that is a list", [header, [], empty, empty], "CBOR_TYPE"],
    ["text as signature", [header, cborMap([]), empty, "x"], "CBOR_TYPE"],
  ])("%s is refused", (_, value, code) => {
    expect(() => readSign1(node(value), "test")).toThrow(expect.objectContaining({ code }));
  });
});

describe("COSE_Key", () => {
  const { x, y }: EcPublicKey = testSigner("P-384").publicKey;
  const good: readonly (readonly [number, CborValue])[] = [
    [1, 2],
    [-1, 2],
    [-2, x],
    [-3, y],
  ];

  test.each<[string, readonly (readonly [number, CborValue | undefined])[]]>([
    ["an OKP key", [[1, 1]]],
    ["no type", [[1, undefined]]],
    ["a type in text", [[1, "EC2"]]],
    ["an unknown curve", [[-1, 8]]],
    ["another curve's coordinates", [[-1, 1]]],
    ["no x", [[-2, undefined]]],
    ["a compressed point", [[-3, true]]],
    ["a coordinate without its leading zero", [[-3, y.slice(1)]]],
  ])("%s is refused with a place", (_, changes) => {
    const map = cborMap([...new Map<number, CborValue | undefined>([...good, ...changes])]);
    try {
      readCoseKey(node(map), "key");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CcaRimError);
      expect((error as CcaRimError).where?.offset).toEqual(expect.any(Number));
    }
  });

  test("points of no length, or compressed, are none", () => {
    expect(readPoint(Uint8Array.of(4, 1, 2))).toBeUndefined();
    expect(readPoint(concatBytes(Uint8Array.of(2), x))).toBeUndefined();
    expect(readPoint(new Uint8Array(97))).toBeUndefined();
  });
});
