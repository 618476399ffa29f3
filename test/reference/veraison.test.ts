import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { veraisonVerdict } from "../../src/reference/veraison/verdict.ts";
import { VARIANTS, variantBytes } from "./variants.ts";

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}

describe("the Go library's verdict", () => {
  test.each(VARIANTS)("$name: $description", ({ cbor, verdict }) => {
    expect(veraisonVerdict(bytesOf(cbor)).verdict).toBe(verdict);
  });

  test("its message, where the library itself speaks", () => {
    const spoken = VARIANTS.filter(
      ({ message }) => /^REJECT corim: |^corim ok/.test(message) && !message.includes("cbor: "),
    );
    expect(spoken.length).toBeGreaterThan(10);
    for (const { cbor, message } of spoken) {
      const found = veraisonVerdict(bytesOf(cbor));
      expect(found.message).toBe(message.replace("REJECT corim: ", ""));
    }
  });

  test.each(["mutations", "certificates"])("documents changed at random: %s", (name) => {
    const file = new URL(`../../golden/oracle/corim/${name}.jsonl.gz`, import.meta.url);
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(300);
    for (const line of lines) {
      const { cbor, verdict, message } = JSON.parse(line) as Record<string, string>;
      const found = veraisonVerdict(bytesOf(cbor ?? ""));
      expect([found.verdict, cbor, message]).toEqual([verdict, cbor, message]);
    }
  });

  test("any change of any byte is judged, never stumbled over", () => {
    const names = ["g1-int-alg", "g1-two-realms", "s1-signed-x5-array1"];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (name, changes, cut) => {
          const bytes = variantBytes(name).slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const part = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
          expect(["accept", "reject"]).toContain(veraisonVerdict(part).verdict);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

const SAMPLES = process.env["CCA_RIM_SAMPLES"];

/** What the library says of other projects' documents. */
function expected(name: string): string {
  const isRejected = /-bad-|-invalid-|^cca-(?:realm-)?endorsements/.test(name);
  return isRejected ? "reject" : "accept";
}

describe.skipIf(SAMPLES === undefined)("samples of other projects", () => {
  const folders = ["corim", "tokens/veraison-services-e2e"].map((name) =>
    join(SAMPLES ?? "", name),
  );
  const files =
    SAMPLES === undefined
      ? []
      : folders.flatMap((folder) =>
          readdirSync(folder, { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".cbor") && !name.includes("evidence"))
            .map((name) => join(folder, name)),
        );

  test.each(files)("%s", (file) => {
    const name = file.split("/").at(-1) ?? "";
    expect(veraisonVerdict(readFileSync(file)).verdict).toBe(expected(name));
  });
});
