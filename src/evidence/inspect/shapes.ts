/**
 * Shapes of the CBOR documents of CCA verification.
 *
 * @module
 */
import type { CborNode } from "../../formats/cbor/node.ts";
import { ALGORITHM_ID, HEADER, readPoint } from "../../formats/cose.ts";
import { HASH_ID, KEY } from "../../reference/corim/names.ts";
import {
  COMPONENT_CLAIM_NAME,
  lifecycleName,
  PART_KEY,
  PLATFORM_CLAIM,
  PLATFORM_CLAIM_NAME,
  REALM_CLAIM,
  REALM_CLAIM_NAME,
} from "../claims.ts";
import type { NamedShape, Shape } from "./shape.ts";

function inverted(table: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [String(value), name]));
}

const COSE_KEY: Shape = {
  keys: {
    1: ["kty", { names: { 1: "OKP", 2: "EC2" } }],
    "-1": ["crv", { names: { 1: "P-256", 2: "P-384", 3: "P-521" } }],
    "-2": ["x"],
    "-3": ["y"],
  },
};

function pointRemark(node: CborNode): string | undefined {
  const point = node.kind === "bytes" ? readPoint(node.value) : undefined;
  return point === undefined ? undefined : `uncompressed point on ${point.curve}`;
}

function claims(
  names: ReadonlyMap<string, string>,
  shapes: Readonly<Record<number, Shape>>,
): Shape["keys"] {
  const keys: Record<string, NamedShape> = {};
  for (const [key, name] of names) keys[key] = [name, shapes[Number(key)]];
  return keys;
}

/** Claims of a realm token. */
export const REALM_CLAIMS: Shape = {
  keys:
    claims(REALM_CLAIM_NAME, {
      [REALM_CLAIM.publicKey]: { embedded: COSE_KEY, remark: pointRemark },
    }) ?? {},
};

/** Claims of a platform token. */
export const PLATFORM_CLAIMS: Shape = {
  keys:
    claims(PLATFORM_CLAIM_NAME, {
      [PLATFORM_CLAIM.softwareComponents]: {
        each: { keys: claims(COMPONENT_CLAIM_NAME, {}) ?? {} },
      },
      [PLATFORM_CLAIM.lifecycle]: {
        remark: (node) => (node.kind === "uint" ? lifecycleName(node.value) : undefined),
      },
    }) ?? {},
};

function sign1(header: Shape, payload: Shape): Shape {
  return {
    items: [
      ["protected header", { embedded: header }],
      ["unprotected header", header],
      ["payload", { embedded: payload }],
      ["signature"],
    ],
  };
}

const HEADERS: Shape["keys"] = {
  [HEADER.alg]: ["alg", { names: inverted(ALGORITHM_ID) }],
  [HEADER.contentType]: ["content type"],
  [HEADER.keyId]: ["kid"],
};

const PLATFORM_TOKEN = sign1({ keys: HEADERS }, PLATFORM_CLAIMS);
const REALM_TOKEN = sign1({ keys: HEADERS }, REALM_CLAIMS);

function part(token: Shape): Shape {
  // Behind tag 399 the byte string itself, in a CMW collection a record with a content format.
  return { embedded: token, items: [["content format"], ["value", { embedded: token }]] };
}

/** A CCA token in either wrapper. */
export const TOKEN: Shape = {
  keys: {
    [PART_KEY.platform]: ["platform token", part(PLATFORM_TOKEN)],
    [PART_KEY.realm]: ["realm token", part(REALM_TOKEN)],
  },
};

const VALIDITY: Shape = { keys: { 0: ["not before"], 1: ["not after"] } };

function entity(roles: Readonly<Record<string, string>>): Shape {
  return { each: { keys: { 0: ["name"], 1: ["uri"], 2: ["roles", { each: { names: roles } }] } } };
}

const DIGESTS: Shape = {
  each: { items: [["algorithm", { names: inverted(HASH_ID) }], ["value"]] },
};

const MEASUREMENT_VALUE: Shape = {
  keys: {
    0: ["version"],
    1: ["svn"],
    [KEY.value.digests]: ["digests", DIGESTS],
    3: ["flags"],
    [KEY.value.raw]: ["raw value"],
    5: ["raw value mask"],
    8: ["serial number"],
    11: ["name"],
    13: ["crypto keys"],
    [KEY.value.integrityRegisters]: ["integrity registers", { each: DIGESTS }],
  },
};

const ENVIRONMENT: Shape = {
  keys: {
    0: ["class", { keys: { 0: ["id"], 1: ["vendor"], 2: ["model"], 3: ["layer"], 4: ["index"] } }],
    1: ["instance"],
    2: ["group"],
  },
};

const MEASUREMENT: Shape = {
  keys: { 0: ["key"], 1: ["value", MEASUREMENT_VALUE], 2: ["authorized by"] },
};

const VALUE_TRIPLES: Shape = {
  each: {
    items: [
      ["environment", ENVIRONMENT],
      ["measurements", { each: MEASUREMENT }],
    ],
  },
};

/** A CoMID. */
export const COMID: Shape = {
  keys: {
    0: ["language"],
    1: ["tag identity", { keys: { 0: ["id"], 1: ["version"] } }],
    2: ["entities", entity({ 0: "tag creator", 1: "creator", 2: "maintainer" })],
    3: ["linked tags"],
    4: [
      "triples",
      {
        keys: {
          0: ["reference values", VALUE_TRIPLES],
          1: ["endorsed values", VALUE_TRIPLES],
          2: ["identity keys"],
          3: ["attestation keys", { each: { items: [["environment", ENVIRONMENT], ["keys"]] } }],
        },
      },
    ],
  },
};

/** An unsigned CoRIM. */
export const CORIM: Shape = {
  keys: {
    0: ["id"],
    1: ["tags", { each: { embedded: COMID } }],
    2: ["dependent RIMs"],
    3: ["profile"],
    4: ["validity", VALIDITY],
    5: ["entities", entity({ 1: "manifest creator", 2: "manifest signer" })],
  },
};

/** A signed CoRIM. */
export const SIGNED_CORIM: Shape = sign1(
  {
    keys: {
      ...HEADERS,
      [HEADER.corimMeta]: [
        "corim-meta",
        {
          embedded: {
            keys: {
              0: ["signer", { keys: { 0: ["name"], 1: ["uri"] } }],
              1: ["validity", VALIDITY],
            },
          },
        },
      ],
      [HEADER.x5chain]: ["x5chain"],
    },
  },
  CORIM,
);
