/**
 * Identities, entities and links, which CoRIM and CoMID have in common.
 *
 * @module
 */

import { collection } from "./comid-triples.ts";
import { type Choice, choiceOf, ROLE, TAGGED_URI } from "./comid-types.ts";
import { typedProblem } from "./comid-values.ts";
import { anyValue } from "./go-any.ts";
import { field, populated } from "./go-struct.ts";
import { decode, type GoType, pointer, type Ref, slice } from "./go-types.ts";
import { Rejection } from "./rejection.ts";

/** A tag's identifier: text, or a UUID; null if it was never set. */
export type TagIdValue = string | Uint8Array | null;

/** swid.TagID. */
export const TAG_ID: GoType<TagIdValue> = {
  name: "swid.TagID",
  zero: null,
  special(node) {
    const value = anyValue(node, "default");
    const problem = "error unmarshaling tag-id";
    if (value.is === "text") {
      if (value.value !== "") return value.value;
      throw new Rejection(`${problem}: empty string`, node.offset);
    }
    if (value.is !== "bytes") {
      throw new Rejection(`${problem}: tag-id MUST be []byte or string`, node.offset);
    }
    if (value.value.length === 16) return value.value;
    throw new Rejection(`${problem}: invalid UUID (got ${value.value.length} bytes)`, node.offset);
  },
};

/** What the stricter check of CoSWID triples finds. */
export function tagIdProblem(id: TagIdValue): string | undefined {
  if (id === null) return "tag-id value is nil";
  if (typeof id === "string") return id === "" ? "tag-id string value is empty" : undefined;
  if (id.every((byte) => byte === 0)) return "tag-id UUID value is nil UUID";
  return ((id[8] ?? 0) & 0xc0) === 0x80 ? undefined : "tag-id UUID expecting RFC4122 variant";
}

function entityName(mode: "corim" | "comid"): GoType<Choice | null> {
  const other = choiceOf("IEntityNameValue", "choice", mode);
  return {
    name: "EntityName",
    zero: null,
    special: (node) =>
      node.kind === "text" ? { type: "string", text: node.value } : decode(other, node, mode),
  };
}

/** Somebody with a role. */
export interface Entity {
  readonly name: Ref<Choice | null> | null;
  readonly regId: Ref<string> | null;
  readonly roles: readonly bigint[] | null;
}

/** A list of entities. */
export function entities(mode: "corim" | "comid"): GoType<readonly Entity[]> {
  const fields = {
    name: field(0, pointer(entityName(mode)), "Name"),
    regId: field(1, pointer(TAGGED_URI)),
    roles: field(2, slice(ROLE), "Roles"),
  };
  return collection(populated("Entity", fields, mode));
}

/** What is wrong with an entity. @param roles The roles there are; undefined: any. */
export function entityProblem(
  { name, regId, roles }: Entity,
  known: readonly bigint[] | undefined,
): string | undefined {
  if (name === null) return "invalid entity: empty entity-name";
  if (name.value === null) return "invalid entity: empty entity name";
  const problem =
    name.value.type === "string" && name.value.text === ""
      ? "empty entity-name"
      : typedProblem(name.value);
  if (problem !== undefined) return `invalid entity: ${problem}`;
  if (regId?.value === "") return "invalid entity: empty reg-id";
  if (roles === null || roles.length === 0) return "invalid entity: empty roles";
  const unknown = roles.findIndex((role) => known !== undefined && !known.includes(role));
  if (unknown < 0) return undefined;
  return `invalid entity: unknown role ${roles[unknown]} at index ${unknown}`;
}
