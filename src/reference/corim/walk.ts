/**
 * CoRIM documents as they are: every part with its place, and whatever does not fit as a finding.
 * Nothing is refused here as long as it is CBOR.
 *
 * @module
 */
import { type CborNode, describeNode, entryOf } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import { type CoseSign1, readSign1, SIGN1_TAG } from "../../formats/cose.ts";
import { KEY, TAG } from "./names.ts";
import type { CorimParts, Placed } from "./parts.ts";
import { CorimWalker } from "./walker.ts";

function profileOf(node: CborNode | undefined): Placed<string> | undefined {
  const text = node?.kind === "tag" && node.tag === BigInt(TAG.uri) ? node.content : node;
  if (node === undefined || text?.kind !== "text") return undefined;
  return { value: text.value, node, path: "corim.profile" };
}

/** Reads the unsigned document inside a signed one, or the document itself. */
function unsignedRoot(
  walker: CorimWalker,
  root: CborNode,
): { readonly message: CoseSign1 | undefined; readonly corim: CborNode | undefined } {
  const outer = walker.unwrap(root);
  if (outer.kind !== "tag" || outer.tag !== BigInt(SIGN1_TAG)) {
    return { message: undefined, corim: outer };
  }
  const message = readSign1(outer, "the signed CoRIM", false);
  if (message.protectedHeader !== undefined) {
    walker.roots.push({ node: message.protectedHeader, path: "signature.protected" });
  }
  const payload = walker.parse(message.payload, message.payloadOffset, "corim");
  return { message, corim: payload === undefined ? undefined : walker.unwrap(payload) };
}

/**
 * Takes a document apart.
 *
 * @throws CcaRimError CBOR_FORMAT if the file is not CBOR at all, COSE_FORMAT if it is a message
 *   that is not one
 */
export function walkCorim(bytes: Uint8Array): CorimParts {
  const root = readCbor(bytes, { what: "the CoRIM", strict: false });
  const walker = new CorimWalker();
  walker.roots.push({ node: root, path: "file" });
  const { message, corim } = unsignedRoot(walker, root);
  const content = corim?.kind === "tag" && corim.tag === BigInt(TAG.corim) ? corim.content : corim;
  if (corim !== undefined && content === corim) {
    walker.note(
      "structure",
      `expected tag ${TAG.corim}, found ${describeNode(corim)}`,
      corim,
      "corim",
    );
  }
  const map = walker.map(content, "corim");
  const K = KEY.corim;
  walker.known(map, Object.values(K), "corim");
  const profileNode = map === undefined ? undefined : entryOf(map, K.profile);
  const tags = walker.array(map === undefined ? undefined : entryOf(map, K.tags), "corim.tags");
  const comids = tags
    .map((node, i) => walker.comid(node, `corim.tags[${i}]`))
    .filter((part) => part !== undefined);
  return {
    message,
    roots: walker.roots,
    profile: profileOf(profileNode),
    isProfileBare: profileNode?.kind === "text",
    comids,
    findings: walker.findings,
  };
}
