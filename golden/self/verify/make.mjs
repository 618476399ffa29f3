// Makes token.cbor and platform.jwk: a token as a Realm of ../sample would show it, over the challenge
// 00 01 .. 3f, signed by keys that are made here and not kept. Run after `npm run build`:
//   node golden/self/verify/make.mjs
import { generateKeyPairSync, createHash, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { cborMap, tagged, writeCbor } from "../../../dist/formats/cbor/write.js";
import { signatureInput, writeCoseKey, writeSign1 } from "../../../dist/formats/cose.js";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const sample = JSON.parse(readFileSync(new URL("../sample/expected.json", import.meta.url), "utf8"));

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const { crv, x, y, kty } = publicKey.export({ format: "jwk" });
  const raw = (text) => Uint8Array.from(Buffer.from(text, "base64url"));
  return { privateKey, jwk: { kty, crv, x, y }, cose: writeCoseKey({ curve: crv, x: raw(x), y: raw(y) }) };
}

function signed(claims, { privateKey }) {
  const header = writeCbor(cborMap([[1, -35]]));
  const payload = writeCbor(cborMap(claims));
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  const signature = sign("sha384", signatureInput(header, payload), key);
  return writeSign1(header, payload, Uint8Array.from(signature));
}

const platformKey = newKey();
const realmKey = newKey();
const platform = signed(
  [
    [10, Uint8Array.from(createHash("sha256").update(realmKey.cose).digest())],
    [256, Uint8Array.of(1, ...new Uint8Array(32).fill(2))],
    [265, "tag:arm.com,2023:cca_platform#1.0.0"],
    [2395, 0x3003],
    [2396, new Uint8Array(32).fill(1)],
    [2399, [cborMap([[1, "RMM"], [2, new Uint8Array(32).fill(3)], [5, new Uint8Array(32).fill(4)]])]],
    [2401, Uint8Array.of(0xcf)],
    [2402, "sha-256"],
  ],
  platformKey,
);
const realm = signed(
  [
    [10, Uint8Array.from({ length: 64 }, (_, i) => i)],
    [265, "tag:arm.com,2023:realm#1.0.0"],
    [44235, bytes(sample.rpv)],
    [44236, sample.hashAlgo],
    [44237, realmKey.cose],
    [44238, bytes(sample.rim)],
    [44239, sample.rem.map(bytes)],
    [44240, "sha-256"],
  ],
  realmKey,
);
const write = (name, content) => writeFileSync(new URL(name, import.meta.url), content);
write("token.cbor", writeCbor(tagged(399, cborMap([[44234, platform], [44241, realm]]))));
write("platform.jwk", `${JSON.stringify(platformKey.jwk, undefined, 2)}\n`);
write("challenge.bin", Uint8Array.from({ length: 64 }, (_, i) => i));

// A CoRIM as a tool writes it that has a fixed field of 64 bytes for a RIM of 32, and a short RPV.
const rim = new Uint8Array(64);
rim.set(bytes(sample.rim));
const measurement = (name, value) => cborMap([[0, name], [1, value]]);
const comid = cborMap([
  [1, cborMap([[0, "padded"]])],
  [
    4,
    cborMap([
      [
        0,
        [
          [
            cborMap([[0, cborMap([[0, tagged(560, rim)]])]]),
            [
              measurement("cca.rim", cborMap([[2, [[8, rim]]]])),
              measurement("cca.rpv", cborMap([[4, tagged(560, bytes(sample.rpv).subarray(0, 32))]])),
            ],
          ],
        ],
      ],
    ]),
  ],
]);
const corim = cborMap([
  [0, "padded"],
  [1, [tagged(506, writeCbor(comid))]],
  [3, tagged(32, "tag:arm.com,2025:cca_realm#1.0.0")],
]);
write("padded.corim", writeCbor(tagged(501, corim)));
