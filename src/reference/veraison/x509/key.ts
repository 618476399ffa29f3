/**
 * Public keys as Go's crypto/x509 parses them.
 *
 * @module
 */
import { DER, DerReader, demand } from "./der.ts";

/** Algorithms by the content octets of their OID. */
const ALGORITHM: Readonly<Record<string, "rsa" | "dsa" | "ec" | "x25519" | "ed25519">> = {
  "2a864886f70d010101": "rsa",
  "2a8648ce380401": "dsa",
  "2a8648ce3d0201": "ec",
  "2b656e": "x25519",
  "2b6570": "ed25519",
};

interface Curve {
  readonly size: number;
  readonly p: bigint;
  /** y² = x³ - 3x + b */
  readonly b: bigint;
}

/** Curves by the content octets of their OID. @see SP 800-186 3.2.1 */
const CURVE: Readonly<Record<string, Curve>> = {
  "2b81040021": {
    size: 28,
    p: 2n ** 224n - 2n ** 96n + 1n,
    b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
  },
  "2a8648ce3d030107": {
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  "2b81040022": {
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  "2b81040023": {
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
};

/** Octets of an Ed25519 or X25519 key. */
const EDWARDS_SIZE = 32;
const NULL: readonly number[] = [0x05, 0x00];

function number(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function checkPoint(data: Uint8Array, { size, p, b }: Curve): void {
  demand(data[0] === 0x04 && data.length === 1 + 2 * size, "no uncompressed point");
  const [x, y] = [number(data.subarray(1, 1 + size)), number(data.subarray(1 + size))];
  demand(x < p && y < p, "a coordinate outside the field");
  demand((y * y - (x * x * x - 3n * x + b)) % p === 0n, "the point is not on the curve");
}

function checkRsa(data: Uint8Array): void {
  const key = new DerReader(data).inside(DER.sequence);
  const [modulus, exponent] = [key.integer(), key.integer()];
  demand(modulus > 0n && exponent > 0n && exponent < 2n ** 63n, "an RSA key");
}

function checkDsa(data: Uint8Array, parameters: Uint8Array): void {
  const values = [new DerReader(data).integer()];
  const group = new DerReader(parameters).inside(DER.sequence);
  for (let i = 0; i < 3; i++) values.push(group.integer());
  demand(
    values.every((value) => value > 0n),
    "a DSA key",
  );
}

function checkEc(data: Uint8Array, parameters: Uint8Array): void {
  const curve = CURVE[new DerReader(parameters).oid()];
  demand(curve !== undefined, "an unknown curve");
  checkPoint(data, curve);
}

/**
 * Checks a SubjectPublicKeyInfo.
 *
 * @param isInCertificate Certificates may have keys of algorithms that nobody knows, and X25519
 *   is one of those there.
 * @throws Malformed
 */
export function checkPublicKey(info: DerReader, isInCertificate: boolean): void {
  const identifier = info.inside(DER.sequence);
  const algorithm = ALGORITHM[identifier.oid()];
  const parameters = identifier.isEmpty ? new Uint8Array(0) : identifier.any().whole;
  const data = info.bits();
  switch (algorithm) {
    case "rsa":
      demand(NULL.every((byte, i) => parameters[i] === byte) && parameters.length === 2, "NULL");
      checkRsa(data);
      break;
    case "dsa":
      checkDsa(data, parameters);
      break;
    case "ec":
      checkEc(data, parameters);
      break;
    case "x25519":
    case "ed25519":
      if (algorithm === "x25519" && isInCertificate) break;
      demand(parameters.length === 0 && data.length === EDWARDS_SIZE, "an Edwards key");
      break;
    default:
      demand(isInCertificate, "an unknown algorithm");
  }
}
