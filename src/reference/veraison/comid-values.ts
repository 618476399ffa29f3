/**
 * Measurements of CoMID: keys and values, and what the library finds wrong with them.
 *
 * @module
 */
import {
  type Choice,
  choiceOf,
  DIGEST,
  type Digest,
  type IntegerRange,
  PLAIN_UUID,
  RAW_INT_RANGE,
} from "./comid-types.ts";
import {
  CRYPTO_KEYS,
  type CryptoKeys,
  choiceProblem,
  cryptoKeysProblem,
  digestProblem,
} from "./crypto-keys.ts";
import { type AnyValue, anyValue } from "./go-any.ts";
import { type Field, field, mapStruct, populated } from "./go-struct.ts";
import {
  BOOL,
  BYTES,
  decode,
  type GoType,
  INT64,
  mismatch,
  pointer,
  type Ref,
  registered,
  STRING,
  slice,
  stripSelfDescribed,
  UINT64,
} from "./go-types.ts";
import { Rejection } from "./rejection.ts";
import { uriProblem } from "./url.ts";

const TAGGED_MKEY = choiceOf("comid.IMKeyValue", "choice", "comid");

/** A key of a measurement; nil where null stands behind a tag. */
export const MKEY: GoType<Choice | null> = {
  name: "comid.Mkey",
  zero: null,
  special(node) {
    if (node.kind === "tag") return decode(TAGGED_MKEY, node, "comid");
    if (node.kind === "uint") return { type: "uint", number: decode(UINT64, node, "comid") };
    if (node.kind === "text") return { type: "string", text: node.value };
    throw new Rejection("unexpected CBOR major type for mkey", node.offset);
  },
};

/** A version scheme: a name or a number. */
const VERSION_SCHEME: GoType<string> = {
  name: "swid.VersionScheme",
  zero: "",
  special(node) {
    if (node.kind === "text" && !node.indefinite) return node.value;
    const isWhole = node.kind === "float" && Number.isInteger(node.value);
    if (isWhole && Math.abs(node.value) < 2 ** 63) return String(node.value);
    if (node.kind === "uint" || node.kind === "nint") return String(decode(INT64, node, "comid"));
    throw mismatch(node, "swid.VersionScheme");
  },
};

const VERSION = mapStruct("comid.Version", {
  version: field(0, STRING),
  scheme: field(1, pointer(VERSION_SCHEME)),
});

const FLAGS: GoType<object> = populated(
  "comid.FlagsMap",
  Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`flag${i}`, field(i, pointer(BOOL))])),
  "comid",
);

const DIGESTS = slice(DIGEST);

/** Whether Go can use a value as a key; otherwise it stops there and then. */
function canBeHashed(value: AnyValue): boolean {
  if (value.is === "tag") return canBeHashed(value.content);
  if (value.is === "registered") return value.canBeKey;
  return value.is !== "bytes" && value.is !== "array" && value.is !== "map";
}

const INTEGRITY_REGISTERS: GoType<object> = {
  name: "comid.IntegrityRegisters",
  zero: {},
  special(node) {
    const map = stripSelfDescribed(node);
    if (map.kind === "tag") return decode(INTEGRITY_REGISTERS, map.content, "comid");
    if (map.kind === "map") {
      for (const { key, value } of map.entries) {
        if (!canBeHashed(anyValue(stripSelfDescribed(key), "comid"))) {
          throw new Rejection("runtime error: hash of unhashable type", key.offset);
        }
        decode(DIGESTS, value, "comid");
      }
    } else if (map.kind !== "simple" || map.value < 22 || map.value > 23) {
      throw mismatch(map, "map[comid.IRegisterIndex]comid.Digests");
    }
    return {};
  },
};

const RANGE: GoType<IntegerRange> = registered(RAW_INT_RANGE, 564, "comid.TaggedRawIntRange");

const RAW_INT: GoType<IntegerRange> = {
  name: "comid.RawInt",
  zero: { min: null, max: null },
  special(node) {
    if (node.kind === "uint" || node.kind === "nint") {
      const value = { value: decode(INT64, node, "comid") };
      return { min: value, max: value };
    }
    if (node.kind === "tag") return decode(RANGE, node, "comid");
    throw new Rejection("RawInt: unknown major type", node.offset);
  },
};

const VALUE_FIELDS = {
  version: field(0, pointer(VERSION)),
  svn: field(1, pointer(choiceOf("comid.ISVNValue", "choice", "comid"))),
  digests: field(2, pointer(DIGESTS)),
  flags: field(3, pointer(FLAGS)),
  rawValue: field(4, pointer(choiceOf("comid.IRawValueValue", "bytes", "comid"))),
  rawValueMask: field(5, pointer(BYTES)),
  macAddress: field(6, pointer(BYTES)),
  ipAddress: field(7, pointer(BYTES)),
  serialNumber: field(8, pointer(STRING)),
  ueid: field(9, pointer(BYTES)),
  uuid: field(10, pointer(PLAIN_UUID)),
  name: field(11, pointer(STRING)),
  cryptoKeys: field(13, pointer(CRYPTO_KEYS)),
  integrityRegisters: field(14, pointer(INTEGRITY_REGISTERS)),
  intRange: field(15, pointer(RAW_INT)),
} as const;

/** The PSA profile adds its certificate number. */
const PSA_VALUE_FIELDS = { ...VALUE_FIELDS, psaCertNum: field(100, pointer(STRING)) } as const;

/** A measurement's value. */
export interface MeasurementValue {
  readonly version: Ref<{ readonly version: string; readonly scheme: Ref<string> | null }> | null;
  readonly svn: Ref<Choice | null> | null;
  readonly digests: Ref<readonly Digest[] | null> | null;
  readonly flags: Ref<object> | null;
  readonly rawValue: Ref<Choice | null> | null;
  readonly rawValueMask: Ref<Uint8Array | null> | null;
  readonly macAddress: Ref<Uint8Array | null> | null;
  readonly ipAddress: Ref<Uint8Array | null> | null;
  readonly serialNumber: Ref<string> | null;
  readonly ueid: Ref<Uint8Array | null> | null;
  readonly uuid: Ref<Uint8Array> | null;
  readonly name: Ref<string> | null;
  readonly cryptoKeys: Ref<CryptoKeys> | null;
  readonly integrityRegisters: Ref<object> | null;
  readonly intRange: Ref<IntegerRange> | null;
  readonly psaCertNum?: Ref<string> | null;
}

/** A measurement. */
export interface Measurement {
  readonly key: Ref<Choice | null> | null;
  readonly value: MeasurementValue;
  readonly authorizedBy: object | null;
}

function measurementType(value: GoType<MeasurementValue>): GoType<Measurement> {
  const fields = {
    key: field(0, pointer(MKEY)),
    value: { ...field(1, value), mandatory: "Val" } satisfies Field<MeasurementValue>,
    authorizedBy: field(2, pointer(CRYPTO_KEYS)),
  };
  return mapStruct("comid.Measurement", fields);
}

/** comid.Measurement. */
export const MEASUREMENT: GoType<Measurement> = measurementType(
  populated("comid.Mval", VALUE_FIELDS, "comid"),
);

/** comid.Measurement under the PSA profile, in reference and endorsed values. */
export const PSA_MEASUREMENT: GoType<Measurement> = measurementType(
  populated("comid.Mval", PSA_VALUE_FIELDS, "comid"),
);

function lengthProblem(value: MeasurementValue): string | undefined {
  const mac = value.macAddress === null ? 6 : (value.macAddress.value?.length ?? 0);
  if (mac !== 6 && mac !== 8) {
    return `invalid MAC address length: expected 6 or 8 bytes, got ${mac}`;
  }
  const ip = value.ipAddress === null ? 4 : (value.ipAddress.value?.length ?? 0);
  return ip === 4 || ip === 16 ? undefined : "invalid IP address";
}

function digestsProblem(digests: MeasurementValue["digests"]): string | undefined {
  for (const [i, digest] of (digests?.value ?? []).entries()) {
    const problem = digestProblem(digest);
    if (problem !== undefined) return `digest at index ${i}: ${problem}`;
  }
  return undefined;
}

function rangeProblem({ min, max }: IntegerRange): string | undefined {
  if (min === null || max === null || min.value <= max.value) return undefined;
  return `TaggedRawIntRange: Invalid Range, Min: ${min.value} Max: ${max.value}`;
}

function valueProblem(value: MeasurementValue): string | undefined {
  if (Object.values(value).every((part) => part === null)) return "no measurement value set";
  if (value.version?.value.version === "") return "empty version";
  const keys = value.cryptoKeys;
  return (
    digestsProblem(value.digests) ??
    (keys === null ? undefined : cryptoKeysProblem(keys.value)) ??
    lengthProblem(value) ??
    (value.intRange === null ? undefined : rangeProblem(value.intRange.value))
  );
}

/** What is wrong with a key of a measurement. */
export function mkeyProblem(key: Choice | null): string | undefined {
  if (key === null) return "Mkey value not set";
  const problem = typedProblem(key);
  return problem === undefined ? undefined : `invalid ${key.type}: ${problem}`;
}

/** What Go's Valid() says of a value. */
export function typedProblem(choice: Choice): string | undefined {
  switch (choice.type) {
    case "uuid":
      return uuidProblem(choice.bytes);
    case "ueid":
      return ueidProblem(choice.bytes);
    case "uri":
      return uriProblem(choice.text);
    case "rawIntRange":
      return rangeProblem(choice.range);
    case "masked": {
      const length = choice.bytes?.length ?? 0;
      if (length === 0) return "value not set";
      return choice.maskLength === length ? undefined : "mask and value lengths differ";
    }
    default:
      return choiceProblem(choice);
  }
}

function uuidProblem(bytes: Uint8Array | null): string | undefined {
  return ((bytes?.[8] ?? 0) & 0xc0) === 0x80 ? undefined : "expecting RFC4122 UUID";
}

const UEID_LENGTHS: Readonly<Record<number, readonly number[]>> = {
  1: [16, 24, 32],
  2: [6, 8],
  3: [14],
};

function ueidProblem(bytes: Uint8Array | null): string | undefined {
  const kind = bytes?.[0];
  if (bytes === null || kind === undefined) return "empty UEID";
  const lengths = UEID_LENGTHS[kind];
  if (lengths === undefined) return `invalid UEID type ${kind}`;
  return lengths.includes(bytes.length - 1) ? undefined : "UEID of a wrong length";
}

/** What is wrong with a measurement. */
export function measurementProblem({ key, value }: Measurement): string | undefined {
  const choice = key?.value ?? null;
  const problem = choice === null ? undefined : mkeyProblem(choice);
  return problem ?? valueProblem(value);
}
