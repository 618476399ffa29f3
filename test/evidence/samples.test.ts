/** Tokens of other projects, and Wycheproof's signatures: folders that environment variables name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { CcaRimError } from "../../src/errors.ts";
import { type CheckName, verdictOf } from "../../src/evidence/checks.ts";
import { nodeVerifier, publicKeyFromJwk } from "../../src/evidence/node-crypto.ts";
import { type CcaToken, readToken } from "../../src/evidence/token.ts";
import { type Expectations, verifyToken } from "../../src/evidence/verify.ts";
import { type EcCurve, readPoint, signatureFault } from "../../src/formats/cose.ts";
import { nodeHashes } from "../../src/hash/node.ts";

const TOOLS = { verifier: nodeVerifier, hashes: nodeHashes };
const LEGACY = "http://arm.com/CCA-SSD/1.0.0";
const REALM_1 = "tag:arm.com,2023:realm#1.0.0";
const TAG_399 = "cca-token (tag 399)";
const TAG_907 = "CMW collection (tag 907)";

/** File, wrapper, realm profile, form of the RAK, hash, begin and length of the RIM, key store. */
const TOKENS: readonly (readonly [
  string,
  string,
  string | undefined,
  string,
  string,
  string,
  number,
  string,
])[] = [
  ["ccatoken__tf-rmm__cca_token", TAG_399, undefined, "point", "sha-256", "0000", 32, "ta-tfa"],
  ["rust-ccatoken__cca-token-01", TAG_399, undefined, "point", "sha-256", "0000", 32, "ta-tfa"],
  ["rust-ccatoken__cca-token-02", TAG_399, undefined, "point", "sha-256", "43", 64, "ta-02-ok"],
  ["trustee__cca-example-token", TAG_399, undefined, "point", "sha-512", "ae87fbf7", 64, "ta-tfa"],
  ["veraison-services__cca-good", TAG_399, REALM_1, "COSE_Key", "sha-256", "43", 64, "ta-02-ok"],
  [
    "veraison-services-e2e/cca-evidence",
    TAG_399,
    REALM_1,
    "COSE_Key",
    "sha-256",
    "43",
    64,
    "ta-02-ok",
  ],
  ["tfm-tools__cca_token", TAG_907, undefined, "point", "sha-256", "0000", 32, "ta-tfa"],
  [
    "tfm-tools__cca_example_token_legacy",
    TAG_907,
    undefined,
    "point",
    "sha-256",
    "311314ab",
    32,
    "ta-tfa",
  ],
];

const SAMPLES = process.env["CCA_RIM_SAMPLES"];

/** What a token says of itself, with the platform's key: every check can be made. */
function ownExpectations({ realm }: CcaToken, store: string): Expectations {
  const text = readFileSync(join(SAMPLES ?? "", "ccatoken-store", `${store}.json`), "utf8");
  const [entry] = JSON.parse(text) as { pkey: object }[];
  return {
    references: [
      {
        origin: "itself",
        hashAlgo: undefined,
        rim: realm.initialMeasurement,
        rem: realm.extensibleMeasurements,
        rpv: realm.personalizationValue,
      },
    ],
    platformKeys: [{ key: publicKeyFromJwk(entry?.pkey ?? {}, store), origin: store }],
    challenge: realm.challenge,
  };
}

/** Why a changed token is not taken for the one that it was. */
function isCaught(token: Uint8Array, expected: Expectations): boolean {
  try {
    return !verdictOf(verifyToken(readToken(token), expected, TOOLS).checks, []).passed;
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    return error.where?.offset !== undefined;
  }
}

describe.skipIf(SAMPLES === undefined)("tokens of other projects", () => {
  const folder = join(SAMPLES ?? "", "tokens");

  test("all of them are in the table", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const tokens = files.filter(
      (name) => name.endsWith(".cbor") && !/-claims|endorsements/.test(name),
    );
    const known = TOKENS.map(([name]) => `${name}.cbor`);
    expect(tokens.toSorted()).toEqual(known.toSorted());
  });

  test.each(TOKENS)("%s", (name, wrapper, profile, form, hash, rim, size, store) => {
    const bytes = readFileSync(join(folder, `${name}.cbor`));
    const token = readToken(bytes);
    expect(token).toMatchObject({
      wrapper,
      platform: { profile: LEGACY },
      realm: { hashAlgorithm: hash, publicKeyForm: form },
    });
    expect(token.realm.profile).toBe(profile);
    expect(token.realm.initialMeasurement.length).toBe(size);
    expect(toHex(token.realm.initialMeasurement)).toMatch(new RegExp(`^${rim}`));
    const expected = ownExpectations(token, store);
    const failed: readonly CheckName[] = verdictOf(
      verifyToken(token, expected, TOOLS).checks,
      [],
    ).failed;
    // Some say sha-256 and carry 64 bytes.
    expect(failed).toEqual(hash === "sha-256" && size === 64 ? ["hash algorithm"] : []);
    if (failed.length > 0) return;
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = new Uint8Array(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect([at, isCaught(changed, expected)]).toEqual([at, true]);
    }
  });
});

const WYCHEPROOF = process.env["CCA_RIM_WYCHEPROOF"];

interface Group {
  readonly publicKey: { readonly curve: string; readonly uncompressed: string };
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly sig: string;
    readonly result: "valid" | "invalid";
  }[];
}

const FILES: readonly (readonly [EcCurve, string])[] = [
  ["P-256", "ecdsa_secp256r1_sha256"],
  ["P-384", "ecdsa_secp384r1_sha384"],
  ["P-521", "ecdsa_secp521r1_sha512"],
];

describe.skipIf(WYCHEPROOF === undefined)("Wycheproof", () => {
  const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
  const raw = FILES.map(([curve, name]) => [curve, `${name}_p1363_test.json`, true] as const);
  const der = FILES.map(([curve, name]) => [curve, `${name}_test.json`, false] as const);

  test.each([...raw, ...der])("%s: %s", (curve, name, isRaw) => {
    const file = join(WYCHEPROOF ?? "", "testvectors_v1", name);
    const { testGroups } = JSON.parse(readFileSync(file, "utf8")) as { testGroups: Group[] };
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      const key = readPoint(bytesOf(publicKey.uncompressed));
      for (const { tcId, msg, sig, result } of tests) {
        const signature = bytesOf(sig);
        const isGood =
          key !== undefined &&
          signatureFault(signature, curve) === undefined &&
          nodeVerifier.verify(key, bytesOf(msg), signature);
        // DER is no form that COSE has: none of those verifies.
        expect([tcId, isGood]).toEqual([tcId, isRaw && result === "valid"]);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(200);
  });
});
