/**
 * Decodes any file that has to do with launches and their verification.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { type CborNode, entryOf } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import { SIGN1_TAG } from "../../formats/cose.ts";
import { looksLikeEventLog } from "../../formats/event-log.ts";
import { decodeValue } from "../../formats/fdt/decode.ts";
import { valueText } from "../../formats/fdt/dts.ts";
import { looksLikeFdt, readFdt } from "../../formats/fdt/reader.ts";
import { type FdtNode, printableName } from "../../formats/fdt/tree.ts";
import { describeImage } from "../../formats/image/describe.ts";
import type { HashProvider } from "../../hash/hasher.ts";
import { bytesSource } from "../../hash/source.ts";
import { TAG } from "../../reference/corim/names.ts";
import { hexU64 } from "../../units.ts";
import { PLATFORM_CLAIM, REALM_CLAIM } from "../claims.ts";
import { looksLikeToken } from "../token.ts";
import { inspectLog } from "./logs.ts";
import { branch, type Inspection, type InspectNode, leaf } from "./node.ts";
import { namedNode, type Shape } from "./shape.ts";
import { COMID, CORIM, PLATFORM_CLAIMS, REALM_CLAIMS, SIGNED_CORIM, TOKEN } from "./shapes.ts";

function treeNode(node: FdtNode, parent?: FdtNode): InspectNode {
  const { name, properties, children } = node;
  return branch(name === "" ? "/" : printableName(name), [
    ...properties.map((property) =>
      leaf(
        printableName(property.name),
        valueText(decodeValue(property.name, property.value, parent)),
      ),
    ),
    ...children.map((child) => treeNode(child, node)),
  ]);
}

function inspectTree(bytes: Uint8Array): Inspection {
  const { header, reservations, root } = readFdt(bytes);
  return {
    kind: "device tree",
    nodes: [
      branch(
        "header",
        Object.entries(header).map(([name, value]) =>
          leaf(name, name === "magic" ? `0x${value.toString(16)}` : value),
        ),
      ),
      ...reservations.map(({ address, size }) =>
        leaf("reserved memory", `${hexU64(address)} + ${hexU64(size)}`),
      ),
      treeNode(root),
    ],
  };
}

/** What a CBOR document is, by its outermost tag or its keys. */
function cborKind(node: CborNode): readonly [string, Shape] {
  if (node.kind === "tag") {
    if (node.tag === BigInt(TAG.corim)) return ["CoRIM", CORIM];
    if (node.tag === BigInt(TAG.comid)) return ["CoMID", { ...COMID, embedded: COMID }];
    if (node.tag === BigInt(SIGN1_TAG)) return ["signed CoRIM", SIGNED_CORIM];
    if (node.tag === 500n || node.tag === 502n) return cborKind(node.content);
  }
  if (node.kind === "map") {
    if (entryOf(node, REALM_CLAIM.initialMeasurement) !== undefined) {
      return ["claims of a realm token", REALM_CLAIMS];
    }
    if (entryOf(node, PLATFORM_CLAIM.implementationId) !== undefined) {
      return ["claims of a platform token", PLATFORM_CLAIMS];
    }
    if (entryOf(node, 1) !== undefined && entryOf(node, 4) !== undefined) return ["CoMID", COMID];
  }
  return ["CBOR", {}];
}

function inspectCbor(bytes: Uint8Array): Inspection {
  const node = readCbor(bytes, { what: "the file", strict: false });
  const [kind, shape] = looksLikeToken(bytes) ? (["CCA token", TOKEN] as const) : cborKind(node);
  const { children, value } = namedNode(kind, node, shape);
  const nodes = children ?? [leaf("value", value ?? "")];
  return {
    kind,
    nodes:
      value === undefined || children === undefined ? nodes : [leaf("wrapper", value), ...nodes],
  };
}

function objectNodes(object: Readonly<Record<string, unknown>>): readonly InspectNode[] {
  return Object.entries(object).map(([name, value]) =>
    typeof value === "object" && value !== null
      ? branch(name, objectNodes(value as Readonly<Record<string, unknown>>))
      : leaf(name, String(value)),
  );
}

/**
 * Decodes a file.
 *
 * @throws CcaRimError FILE_FORMAT if it is nothing known, or the error of its format with offset
 */
export function inspectBytes(bytes: Uint8Array, hashes: HashProvider): Inspection {
  if (looksLikeFdt(bytes)) return inspectTree(bytes);
  if (looksLikeEventLog(bytes)) return { kind: "event log", nodes: inspectLog(bytes, hashes) };
  const image = describeImage(bytesSource(bytes));
  if (image !== undefined) {
    const { kind, ...fields } = image;
    return { kind: String(kind), nodes: objectNodes(fields) };
  }
  try {
    return inspectCbor(bytes);
  } catch (error) {
    if (!(error instanceof CcaRimError) || looksLikeCbor(bytes)) throw error;
    throw new CcaRimError("FILE_FORMAT", "no format that can be decoded begins like this", {
      where: { offset: 0 },
      hint: "a CCA token, CoRIM, event log, device tree or arm64 Image; lint reads manifests and reference values in text",
      cause: error,
    });
  }
}

/** Whether bytes begin as the documents do that are known: a tag, or a map. */
function looksLikeCbor(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return first >> 5 === 6 || first >> 5 === 5;
}
