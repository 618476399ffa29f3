/** CoRIM documents with one thing that is unusual or wrong: the Go library's verdict, and ours. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { lintTools } from "../../src/cli/lint-tools.ts";
import { lintCorim } from "../../src/reference/lint/corim.ts";
import type { Finding } from "../../src/reference/lint/finding.ts";
import { veraisonVerdict } from "../../src/reference/veraison/verdict.ts";

interface Judged {
  readonly name: string;
  readonly cbor: string;
  readonly verdict: "accept" | "reject";
  readonly message: string;
}

const FILE = new URL("../../golden/oracle/corim/structure.jsonl.gz", import.meta.url);
const DOCUMENTS: readonly Judged[] = gunzipSync(readFileSync(FILE))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Judged);

function bytesOf({ cbor }: Judged): Uint8Array {
  return fromHex(cbor) ?? new Uint8Array(0);
}

function findingsOf(document: Judged): readonly Finding[] {
  return lintCorim(bytesOf(document), lintTools);
}

test.each(DOCUMENTS)("$name: $verdict", (document) => {
  const { verdict } = document;
  expect(veraisonVerdict(bytesOf(document)).verdict).toBe(verdict);
  const findings = findingsOf(document);
  for (const { message, offset, path } of findings) {
    expect([message.length > 0, offset !== undefined || path !== undefined]).toEqual([true, true]);
  }
  // Whatever the library rejects, the linter says so first, and it says nothing of the sort else.
  expect(findings.some(({ rule }) => rule === "rejected")).toBe(verdict === "reject");
});

/** What the library lets pass and should not. */
const EXTRA: readonly (readonly [name: string, ...rules: readonly Finding["rule"][]])[] = [
  ["class id other", "class-differs"],
  ["two rims same", "register-twice"],
  ["two rims differing", "class-differs", "register-twice"],
  ["rem twice", "register-twice"],
  ["rem of another length", "hash-differs"],
  ["alg 99 32", "algorithm-unknown"],
  ["alg SHA-256 32", "algorithm-unknown"],
  ["alg sha256 64", "algorithm-unknown"],
  ["padded 32 in 64 alg 8", "digest-padded"],
  ["padded 32 in 48 alg 7", "digest-padded"],
  ["rpv 32", "rpv-length"],
  ["rpv 44", "rpv-length"],
  ["rpv 65", "rpv-length"],
  ["rpv masked 563", "rpv-form"],
  ["rpv twice", "register-twice"],
  ["instance too", "instance-too"],
  ["class vendor", "environment-more"],
  ["group too", "environment-more"],
  ["mval extra 8", "value-more"],
  ["profile none", "profile-missing"],
  ["profile unknown", "profile-unknown"],
  ["profile case", "profile-unknown"],
  ["tags 505", "references-missing"],
  ["triples only 1", "references-missing"],
  ["same realm twice in one", "realm-twice"],
  ["tags same realm twice", "realm-twice"],
  ["authorized-by gen 2", "authorized-by"],
  ["dup class key", "key-twice"],
  ["unsorted", "key-order"],
  ["indefinite rim", "indefinite-length"],
  ["long int alg", "long-form"],
  ["corim key 100", "key-unknown"],
  ["tags trailing in comid", "structure"],
  ["signed bad signature", "signature"],
  ["signed short signature", "signature"],
  ["signed alg ES384", "signature"],
  ["signed alg none", "signature"],
  ["signed no chain", "chain-missing"],
  ["signed unprotected chain", "chain-missing", "chain-unprotected"],
  ["signed outer kid", "unprotected-header"],
  ["signed meta empty map", "signer-missing"],
  ["signed header unsorted", "key-order"],
];

describe("what the library lets pass and should not", () => {
  test.each(EXTRA)("%s", (name, ...rules) => {
    const document = DOCUMENTS.find((candidate) => candidate.name === name);
    expect(document?.verdict).toBe("accept");
    const found = document === undefined ? [] : findingsOf(document).map(({ rule }) => rule);
    expect([...new Set(found)].toSorted()).toEqual([...rules].toSorted());
  });

  test.each([
    "plain",
    "two realms",
    "rim and rem3",
    "alg sha-384 48",
    "rpv 64",
    "signed good",
    "signed array of one",
    "validity both",
    "entities uri",
  ])("%s: nothing", (name) => {
    const document = DOCUMENTS.find((candidate) => candidate.name === name);
    expect(document === undefined ? [name] : findingsOf(document)).toEqual([]);
  });

  test("what is rejected is explained as well, where it concerns Realms", () => {
    const why = (name: string): readonly string[] => {
      const document = DOCUMENTS.find((candidate) => candidate.name === name);
      return document === undefined ? [] : findingsOf(document).map(({ rule }) => rule);
    };
    expect(why("digests flat")).toEqual(["rejected", "digest-flat"]);
    expect(why("padded 32 in 64 alg 1")).toEqual(["rejected", "digest-padded"]);
    expect(why("profile text")).toEqual(["rejected", "profile-bare"]);
    expect(why("outer tag 500 501")).toEqual(["rejected", "old-wrapper"]);
    expect(why("rem0 only")).toContain("rim-missing");
  });
});
