import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { buildCorim, type CorimOptions } from "../../src/reference/corim/build.ts";
import { tagIdOf } from "../../src/reference/ids.ts";
import type { RealmReference } from "../../src/reference/values.ts";
import { variantBytes } from "./variants.ts";

const RIM = "cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5";

function reference(rim: string): RealmReference {
  const bytes = fromHex(rim) ?? new Uint8Array(0);
  const rem = Array.from({ length: 4 }, () => new Uint8Array(bytes.length));
  return { origin: "test", hashAlgo: undefined, rim: bytes, rem, rpv: new Uint8Array(64) };
}

const OPTIONS: CorimOptions = {
  generation: 1,
  algorithms: "number",
  corimId: tagIdOf("cca-realm-test"),
  tagId: tagIdOf("00112233-4455-6677-8899-aabbccddeeff"),
};

const ANCHORS: readonly (readonly [string, readonly string[], Partial<CorimOptions>])[] = [
  ["g1-int-alg", [RIM], { entity: "Example Ltd." }],
  ["g1-text-alg", [RIM], { entity: "Example Ltd.", algorithms: "text" }],
  ["g1-sha384", [RIM + RIM.slice(0, 32)], {}],
  ["g1-two-realms", [RIM, "00".repeat(32)], { corimId: tagIdOf("two") }],
  ["g1-tagid-text", [RIM], { tagId: tagIdOf("my-realm-v1") }],
  ["g2-text-alg", [RIM], { generation: 2, algorithms: "text" }],
  ["g0", [RIM], { generation: 0, corimId: tagIdOf("00112233-4455-6677-8899-aabbccddeeff") }],
];

describe("documents that the Go library decodes, or encodes itself", () => {
  test.each(ANCHORS)("%s, byte for byte", (name, rims, options) => {
    const built = buildCorim(rims.map(reference), { ...OPTIONS, ...options });
    expect(toHex(built)).toBe(toHex(variantBytes(name)));
  });
});
