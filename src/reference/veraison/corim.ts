/**
 * Unsigned CoRIM as the library decodes and validates it.
 *
 * @module
 */
import { readCbor } from "../../formats/cbor/read.ts";
import { comidProblem, decodeComid } from "./comid.ts";
import { firstProblem } from "./comid-triples.ts";
import { type Choice, choiceOf, DIGEST, type Digest, TAGGED_URI } from "./comid-types.ts";
import { digestProblem } from "./crypto-keys.ts";
import { anyValue, type Moment, TIME } from "./go-any.ts";
import { field, mapStruct, populate } from "./go-struct.ts";
import {
  decode,
  type GoType,
  mismatch,
  pointer,
  type Ref,
  slice,
  stripSelfDescribed,
} from "./go-types.ts";
import { type Entity, entities, entityProblem, TAG_ID, type TagIdValue } from "./identity.ts";
import { oidText } from "./oid.ts";
import { type KnownProfile, knownProfile, profileProblem } from "./profiles.ts";
import { asRejection, Rejection, rejectIf, within } from "./rejection.ts";
import { uriProblem } from "./url.ts";

const COMID_TAG = 506n;

interface EmbeddedTag {
  readonly number: bigint;
  readonly content: Uint8Array;
  readonly contentOffset: number;
}

const EMBEDDED_TAG: GoType<EmbeddedTag> = {
  name: "corim.Tag",
  zero: { number: 0n, content: new Uint8Array(0), contentOffset: 0 },
  special(node) {
    if (node.kind !== "tag") throw mismatch(node, "cbor.Tag");
    const value = anyValue(node.content, "corim");
    const content = stripSelfDescribed(node.content);
    if (value.is !== "bytes" || content.kind !== "bytes") {
      throw new Rejection("expected []byte", node.content.offset);
    }
    return { number: node.tag, content: value.value, contentOffset: content.contentOffset };
  },
};

/** One or more of a type; a list that cannot be decoded as one is tried as a single value. */
function oneOrMore<T>(type: GoType<T>): GoType<readonly T[]> {
  const list = slice(type);
  return {
    name: type.name,
    zero: [],
    special(node) {
      try {
        return decode(list, node, "corim") ?? [];
      } catch (error) {
        asRejection(error);
        return [decode(type, node, "corim")];
      }
    },
  };
}

interface Locator {
  readonly href: readonly string[];
  readonly thumbprint: Ref<readonly Digest[]> | null;
}

const LOCATOR: GoType<Locator> = mapStruct("corim.Locator", {
  href: field(0, oneOrMore(TAGGED_URI)),
  thumbprint: field(1, pointer(oneOrMore(DIGEST))),
});

/** A validity. */
export interface ValidityValue {
  readonly notBefore: Ref<Moment> | null;
  readonly notAfter: Moment;
}

/** corim.Validity. */
export const VALIDITY: GoType<ValidityValue> = mapStruct("corim.Validity", {
  notBefore: field(0, pointer(TIME)),
  notAfter: field(1, TIME),
});

const PROFILE = choiceOf("corim.IProfileValue", "choice", "corim");

interface Corim {
  readonly id: TagIdValue;
  readonly tags: readonly EmbeddedTag[] | null;
  readonly dependentRims: Ref<readonly Locator[] | null> | null;
  readonly profile: Ref<Choice | null> | null;
  readonly validity: Ref<ValidityValue> | null;
  readonly entities: Ref<readonly Entity[]> | null;
}

/** The library decodes into the profile that it found registered, which is a URI. */
const REGISTERED_PROFILE: GoType<Choice | null> = {
  name: "corim.Profile",
  zero: null,
  special: (node) => ({ type: "uri", text: decode(TAGGED_URI, node, "corim") }),
};

function fieldsFor(isRegistered: boolean) {
  return {
    id: field(0, TAG_ID, "ID"),
    tags: field(1, slice(EMBEDDED_TAG), "Tags"),
    dependentRims: field(2, pointer(slice(LOCATOR))),
    profile: field(3, pointer(isRegistered ? REGISTERED_PROFILE : PROFILE)),
    validity: field(4, pointer(VALIDITY)),
    entities: field(5, pointer(entities("corim"))),
  };
}

/** What the library looks at first, to know which profile's checks to load. */
const PROFILED = mapStruct("struct", { profile: field(3, pointer(PROFILE)) });

/** Role of who made a document, and of who signed it. */
const CORIM_ROLES: readonly bigint[] = [1n, 2n];

function profileText(profile: Choice): string {
  if (profile.type === "uri") return profile.text;
  return profile.type === "oid" ? oidText(profile.bytes ?? new Uint8Array(0)) : "";
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
}

function locatorProblem({ href, thumbprint }: Locator): string | undefined {
  if (href.length === 0) return "href: must have at least one";
  if (thumbprint === null) return undefined;
  if (thumbprint.value.length === 0) return "thumbprint: must have at least one";
  return firstProblem(
    thumbprint.value,
    (i) => `invalid locator thumbprint at index ${i}`,
    digestProblem,
  );
}

function profileValueProblem(profile: Corim["profile"]): string | undefined {
  if (profile === null) return undefined;
  if (profile.value === null) return "profile validation failed: cannot be nil";
  const problem = profile.value.type === "uri" ? uriProblem(profile.value.text) : undefined;
  return problem === undefined ? undefined : `profile validation failed: ${problem}`;
}

function corimProblem(corim: Corim): string | undefined {
  const { tags, dependentRims, profile, validity } = corim;
  if (corim.id === null) return "empty id";
  if (tags === null || tags.length === 0) return "tags validation failed: no tags";
  const empty = tags.findIndex(({ content }) => content.length === 0);
  if (empty >= 0) return `tag validation failed at pos ${empty}: empty tag`;
  const { notBefore = null, notAfter } = validity?.value ?? {};
  const isBackwards =
    notBefore !== null && notAfter !== undefined && isBefore(notAfter, notBefore.value);
  return (
    firstProblem(
      dependentRims?.value ?? [],
      (i) => `dependent RIM validation failed at pos ${i}`,
      locatorProblem,
    ) ??
    profileValueProblem(profile) ??
    (isBackwards
      ? "RIM validity validation failed: not-after lies before not-before"
      : undefined) ??
    firstProblem(
      corim.entities?.value ?? [],
      (i) => `entity validation failed at pos ${i}`,
      (entity) => entityProblem(entity, CORIM_ROLES),
    )
  );
}

/** Bytes of tag 501. */
const CORIM_TAG: readonly number[] = [0xd9, 0x01, 0xf5];

/** What the library says about a document that it accepts. */
export interface Accepted {
  readonly id: string;
  readonly profile: string;
}

function idText(id: TagIdValue): string {
  if (typeof id === "string" || id === null) return id ?? "";
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function checkComids(tags: readonly EmbeddedTag[], profile: KnownProfile | undefined): void {
  for (const [i, { number, content, contentOffset }] of tags.entries()) {
    if (number !== COMID_TAG) continue;
    within(`CoMID tag at index ${i}`, () => {
      const comid = decodeComid(content, contentOffset, profile === "psa");
      rejectIf(comidProblem(comid), contentOffset);
      if (profile !== undefined) rejectIf(profileProblem(profile, comid.triples), contentOffset);
    });
  }
}

/**
 * Looks at the profile alone, which reads the whole document once.
 *
 * @returns its name, empty if there is none.
 * @throws Rejection
 */
export function peekProfile(bytes: Uint8Array, base: number): string {
  const node = readCbor(bytes, { what: "cbor", base, strict: false });
  const choice = decode(PROFILED, node, "corim").profile?.value ?? null;
  return choice === null ? "" : profileText(choice);
}

/** Refuses what does not begin with tag 501, written in three bytes. */
export function checkCorimTag(bytes: Uint8Array, base: number): void {
  if (bytes.length < CORIM_TAG.length) throw new Rejection("input too short", base);
  if (CORIM_TAG.some((byte, i) => bytes[i] !== byte)) {
    throw new Rejection("did not see unsigned CoRIM tag", base);
  }
}

/**
 * Decodes and validates an unsigned document, tag 501 included.
 *
 * @param base Offset of its first byte in the file.
 * @param peeked The profile that {@link peekProfile} found.
 * @throws Rejection
 */
export function checkUnsigned(bytes: Uint8Array, base: number, peeked: string): Accepted {
  checkCorimTag(bytes, base);
  const start = CORIM_TAG.length;
  const fields = fieldsFor(knownProfile(peeked) !== undefined);
  const corim: Corim = populate(fields, bytes.subarray(start), base + start, "corim");
  rejectIf(corimProblem(corim), base);
  const choice = corim.profile?.value ?? null;
  const profile = choice === null ? "" : profileText(choice);
  checkComids(corim.tags ?? [], knownProfile(profile));
  return { id: idText(corim.id), profile };
}
