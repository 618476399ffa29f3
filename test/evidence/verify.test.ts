import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { CcaRimError } from "../../src/errors.ts";
import { CHECK_NAMES, type Check, type CheckName, verdictOf } from "../../src/evidence/checks.ts";
import { earOf } from "../../src/evidence/ear.ts";
import { nodeVerifier } from "../../src/evidence/node-crypto.ts";
import { readToken } from "../../src/evidence/token.ts";
import { type Expectations, type PlatformKey, verifyToken } from "../../src/evidence/verify.ts";
import type { EcCurve } from "../../src/formats/cose.ts";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import type { RealmReference } from "../../src/reference/values.ts";
import { testSigner } from "./keys.ts";
import { CHALLENGE, makeToken, RIM, type TokenWish } from "./make-token.ts";

const TOOLS = { verifier: nodeVerifier, hashes: nodeHashes };
const ZEROS = Array.from({ length: 4 }, () => new Uint8Array(32));

function reference(changes: Partial<RealmReference> = {}): RealmReference {
  const rpv = new Uint8Array(64);
  return { origin: "guest.yaml", hashAlgo: "sha-256", rim: RIM, rem: ZEROS, rpv, ...changes };
}

function keyOf(curve: EcCurve = "P-384"): PlatformKey {
  return { key: testSigner(curve).publicKey, origin: "key" };
}

const GOOD: Expectations = {
  references: [reference()],
  platformKeys: [keyOf()],
  challenge: CHALLENGE,
};

function checksOf(token: Uint8Array, expected: Expectations = GOOD): readonly Check[] {
  return verifyToken(readToken(token), expected, TOOLS).checks;
}

function namesWith(checks: readonly Check[], result: Check["result"]): readonly CheckName[] {
  return checks.filter((check) => check.result === result).map(({ name }) => name);
}

describe("tokens that are as expected", () => {
  const WISHES: readonly (readonly [string, TokenWish])[] = [
    ["tag 399, COSE_Key", {}],
    ["CMW collection", { wrapper: "cmw" }],
    [
      "legacy: no realm profile, raw point",
      { realmProfile: null, keyForm: "point", platformProfile: "http://arm.com/CCA-SSD/1.0.0" },
    ],
    ["mixed: legacy platform, realm 1.0.0", { platformProfile: "http://arm.com/CCA-SSD/1.0.0" }],
    ["realm 2.0.0 of TF-RMM", { realmProfile: "tag:arm.com,2024:realm#2.0.0", wrapper: "cmw" }],
    [
      "draft -04",
      {
        platformProfile: "tag:arm.com,2026:cca_platform#2.1.0;delegated",
        realmProfile: "tag:arm.com,2026:realm#2.0.0",
      },
    ],
    ["binding in claim 2408", { bindingClaim: 2408 }],
    ["binding with sha-512", { bindingHash: "sha-512" }],
    ["realm key on P-256", { realmCurve: "P-256" }],
    ["realm key on P-521, as a point", { realmCurve: "P-521", keyForm: "point" }],
  ];

  test.each(WISHES)("%s", (_, wish) => {
    const checks = checksOf(makeToken(wish));
    expect(checks.map(({ name }) => name)).toEqual(CHECK_NAMES);
    expect(namesWith(checks, "ok")).toEqual(CHECK_NAMES);
    expect(verdictOf(checks, [])).toEqual({ passed: true, failed: [], unchecked: [] });
  });

  test.each(["P-256", "P-384", "P-521"] as const)("platform key on %s", (platformCurve) => {
    const expected = { ...GOOD, platformKeys: [keyOf(platformCurve)] };
    expect(namesWith(checksOf(makeToken({ platformCurve }), expected), "ok")).toEqual(CHECK_NAMES);
  });

  test.each(["sha-256", "sha-384", "sha-512"] as const)("a Realm of %s", (hashAlgo: HashAlgo) => {
    const token = makeToken({ hashAlgo });
    const { realm } = readToken(token);
    const expected = reference({
      hashAlgo,
      rim: realm.initialMeasurement,
      rem: realm.extensibleMeasurements,
    });
    const checks = checksOf(token, { ...GOOD, references: [expected] });
    expect(namesWith(checks, "ok")).toEqual(CHECK_NAMES);
  });

  test("a shorter challenge is filled up with zeros, as verifiers' nonces are", () => {
    const challenge = new Uint8Array(64);
    challenge.set([1, 2, 3]);
    const checks = checksOf(makeToken({ challenge }), {
      ...GOOD,
      challenge: Uint8Array.of(1, 2, 3),
    });
    expect(namesWith(checks, "ok")).toEqual(CHECK_NAMES);
  });

  test("the right one of several references and of several keys is found", () => {
    const other = reference({ rim: new Uint8Array(32), origin: "other" });
    const twin = reference({ rpv: new Uint8Array(64).fill(9), origin: "twin" });
    const found = verifyToken(
      readToken(makeToken()),
      { ...GOOD, references: [other, twin, reference()], platformKeys: [keyOf("P-256"), keyOf()] },
      TOOLS,
    );
    expect(found.reference?.origin).toBe("guest.yaml");
    expect(namesWith(found.checks, "ok")).toEqual(CHECK_NAMES);
  });
});

describe("what differs fails by its own name", () => {
  const one = (size: number): Uint8Array => new Uint8Array(size).fill(1);
  const CASES: readonly (readonly [readonly CheckName[], TokenWish, Partial<Expectations>])[] = [
    [["profiles"], { realmProfile: "tag:arm.com,2099:realm#9" }, {}],
    [["profiles"], { platformProfile: "tag:arm.com,2023:cca_platform#1.0.0;direct" }, {}],
    [
      ["platform signature"],
      {},
      { platformKeys: [{ ...keyOf(), key: { ...keyOf().key, x: one(48) } }] },
    ],
    [["platform signature"], {}, { platformKeys: [keyOf("P-256")] }],
    [["platform signature"], {}, { platformKeys: [{ ...keyOf(), instanceId: one(33) }] }],
    [
      ["platform signature"],
      {},
      { platformKeys: [{ ...keyOf(), implementationId: new Uint8Array(32) }] },
    ],
    [["platform signature"], {}, { platformKeys: [] }],
    [["RAK binding"], { platformClaims: [[10, one(32)]] }, {}],
    [["RAK binding"], { platformClaims: [[2408, one(32)]] }, {}],
    [["RAK binding"], { realmClaims: [[44240, "sha-1"]] }, {}],
    [["challenge"], { challenge: one(64) }, {}],
    [["challenge"], {}, { challenge: one(65) }],
    [["hash algorithm"], { realmClaims: [[44236, "sha-512"]] }, {}],
    [
      ["hash algorithm"],
      { realmClaims: [[44236, "sha-512"]] },
      { references: [reference({ hashAlgo: undefined })] },
    ],
    [["hash algorithm"], { realmClaims: [[44236, "md5"]] }, {}],
    [["hash algorithm"], {}, { references: [reference({ hashAlgo: "sha-512" })] }],
    [["RIM"], { rim: one(32) }, {}],
    [["REM0"], { rem: [one(32), ...ZEROS.slice(1)] }, {}],
    [["REM3"], { rem: [...ZEROS.slice(1), one(32)] }, {}],
    [["RPV"], { rpv: one(64) }, {}],
    [["RIM", "RPV"], { rim: one(32), rpv: one(64) }, {}],
  ];

  test.each(CASES)("%j", (names, wish, expected) => {
    const checks = checksOf(makeToken(wish), { ...GOOD, ...expected });
    expect(namesWith(checks, "FAIL")).toEqual(names);
    expect(verdictOf(checks, CHECK_NAMES).passed).toBe(false);
  });

  test("a realm token signed with another key than the one in it", () => {
    const mixed = makeToken({ realmCurve: "P-256" });
    const { platform, realm } = readToken(mixed);
    const message = { ...realm.message, signature: platform.message.signature.slice(0, 64) };
    const checks = verifyToken(
      { ...readToken(mixed), realm: { ...realm, message } },
      GOOD,
      TOOLS,
    ).checks;
    expect(namesWith(checks, "FAIL")).toEqual(["realm signature"]);
  });

  test("a realm token whose algorithm is not that of its key's curve", () => {
    const token = readToken(makeToken({ realmCurve: "P-384" }));
    const { realm } = token;
    const message = { ...realm.message, algorithm: "ES256", algorithmText: "ES256" } as const;
    const { checks } = verifyToken({ ...token, realm: { ...realm, message } }, GOOD, TOOLS);
    expect(namesWith(checks, "FAIL")).toEqual(["realm signature"]);
  });

  test("expected and found values are told", () => {
    const rim = checksOf(makeToken({ rim: one(32) })).find(({ name }) => name === "RIM");
    expect(rim).toMatchObject({ expected: toHex(RIM), found: toHex(one(32)) });
  });
});

describe("what cannot be checked is said loudly", () => {
  const NOTHING: Expectations = {
    references: undefined,
    platformKeys: undefined,
    challenge: undefined,
  };
  const MEASUREMENTS: readonly CheckName[] = ["RIM", "REM0", "REM1", "REM2", "REM3", "RPV"];

  test("nothing was given", () => {
    const checks = checksOf(makeToken(), NOTHING);
    const open = ["platform signature", "challenge", ...MEASUREMENTS];
    expect(namesWith(checks, "NOT CHECKED")).toEqual(open);
    expect(verdictOf(checks, [])).toEqual({ passed: false, failed: [], unchecked: open });
    expect(verdictOf(checks, open as CheckName[]).passed).toBe(true);
    expect(verdictOf(checks, MEASUREMENTS).unchecked).toEqual(["platform signature", "challenge"]);
  });

  test("a reference that is silent about REMs and RPV", () => {
    const silent = reference({ rem: [undefined, undefined, undefined, undefined], rpv: undefined });
    const checks = checksOf(makeToken(), { ...GOOD, references: [silent] });
    expect(namesWith(checks, "NOT CHECKED")).toEqual(MEASUREMENTS.slice(1));
  });

  test("REMs that nobody predicted: zeros are ok, others are not checked", () => {
    const atLaunch = reference({ remAtLaunch: true });
    const rem = [new Uint8Array(32).fill(3), ...ZEROS.slice(1)];
    const checks = checksOf(makeToken({ rem }), { ...GOOD, references: [atLaunch] });
    expect(namesWith(checks, "NOT CHECKED")).toEqual(["REM0"]);
    expect(namesWith(checksOf(makeToken(), { ...GOOD, references: [atLaunch] }), "ok")).toEqual(
      CHECK_NAMES,
    );
  });

  test("allowing a check does not allow it to fail", () => {
    const checks = checksOf(makeToken({ rim: new Uint8Array(32) }));
    expect(verdictOf(checks, CHECK_NAMES)).toMatchObject({ passed: false, failed: ["RIM"] });
  });
});

describe("tampering", () => {
  function isCaught(token: Uint8Array, expected: Expectations): boolean {
    try {
      return !verdictOf(checksOf(token, expected), []).passed;
    } catch (error) {
      if (!(error instanceof CcaRimError)) throw error;
      return error.code !== "BUG_INTERNAL" && error.where?.offset !== undefined;
    }
  }

  const TOKENS = [makeToken(), makeToken({ wrapper: "cmw", keyForm: "point" })];

  test("every single bit matters", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOKENS), fc.nat(), fc.nat(7), (token, at, bit) => {
        const bytes = token.slice();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expect(isCaught(bytes, GOOD)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test("a token cut anywhere is refused with an offset", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOKENS), fc.nat(), (token, at) => {
        expect(isCaught(token.subarray(0, at % token.length), GOOD)).toBe(true);
      }),
    );
  });

  test("the realm token of another launch of the same keys is found by its RIM", () => {
    const other = makeToken({ rim: new Uint8Array(32).fill(0x77) });
    expect(namesWith(checksOf(other), "FAIL")).toEqual(["RIM"]);
  });
});

describe("an EAR-shaped result", () => {
  test.each<[string, Partial<Expectations>]>([
    ["platform signature", { platformKeys: undefined }],
    ["challenge", { challenge: undefined }],
  ])("affirms nothing where the %s was not checked, and lists it", (name, missing) => {
    const found = ear({}, { ...GOOD, ...missing });
    expect(found).toMatchObject({
      unchecked: [name],
      submods: {
        CCA_REALM: {
          "ear.status": "none",
          "ear.trustworthiness-vector": { "instance-identity": 0, executables: 0 },
        },
      },
    });
  });

  test("approves of the boot where some of the REMs are nobody's to check", () => {
    const rem = [ZEROS[0], undefined, undefined, undefined];
    expect(ear({}, { ...GOOD, references: [reference({ rem })] })).toMatchObject({
      submods: {
        CCA_REALM: { "ear.status": "affirming", "ear.trustworthiness-vector": { executables: 3 } },
      },
    });
  });

  test("tells another RIM even then", () => {
    const wish = { rim: new Uint8Array(32) };
    expect(ear(wish, { ...GOOD, platformKeys: undefined })).toMatchObject({
      submods: { CCA_REALM: { "ear.status": "warning" } },
    });
  });

  function ear(wish: TokenWish, expected: Expectations = GOOD): Record<string, unknown> {
    const token = readToken(makeToken(wish));
    const { checks } = verifyToken(token, expected, TOOLS);
    return JSON.parse(JSON.stringify(earOf(token, checks, "cca-rim test"))) as Record<
      string,
      unknown
    >;
  }

  test("says that it is not signed", () => {
    expect(ear({})).toMatchObject({
      notice: "not signed, not an attestation result",
      eat_profile: "tag:github.com,2023:veraison/ear",
      submods: {
        CCA_SSD_PLATFORM: { "ear.status": "affirming" },
        CCA_REALM: { "ear.status": "affirming", "ear.trustworthiness-vector": { executables: 2 } },
      },
    });
  });

  test.each([
    ["RIM", { rim: new Uint8Array(32) }, "warning", 33],
    ["RPV", { rpv: new Uint8Array(64).fill(1) }, "contraindicated", 96],
    ["challenge", { challenge: new Uint8Array(64) }, "contraindicated", 2],
  ])("another %s", (_, wish, status, executables) => {
    expect(ear(wish)).toMatchObject({
      submods: {
        CCA_REALM: { "ear.status": status, "ear.trustworthiness-vector": { executables } },
      },
    });
  });
});
