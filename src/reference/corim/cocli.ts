/**
 * CoMID and CoRIM templates in the JSON that the Go library and cocli read.
 *
 * @module
 */

import { base64Text, base64UrlText } from "../base64.ts";
import { tagIdText } from "../ids.ts";
import { hashOf, type RealmReference } from "../values.ts";
import { type CorimOptions, corimIdOf, tagIdFor } from "./build.ts";
import { HASH_ID, MKEY, REALM_PROFILE, REGISTER } from "./names.ts";

type Json = string | number | readonly Json[] | { readonly [key: string]: Json };

function digests(reference: RealmReference, value: Uint8Array): Json {
  // The library reads the name of an algorithm as its number: only numbers come through unchanged.
  return [[HASH_ID[hashOf(reference)], base64UrlText(value)]];
}

function bytesValue(bytes: Uint8Array): Json {
  return { type: "bytes", value: base64Text(bytes) };
}

function register(key: string, value: Json): Json {
  return { key: { type: "string", value: key }, value };
}

function registers(reference: RealmReference): Json {
  const { rim, rem, rpv } = reference;
  const measurements = [register(MKEY.rim, { digests: digests(reference, rim) })];
  for (const [i, value] of rem.entries()) {
    const key = MKEY.rem[i];
    if (value === undefined || key === undefined) continue;
    measurements.push(register(key, { digests: digests(reference, value) }));
  }
  if (rpv !== undefined) measurements.push(register(MKEY.rpv, { "raw-value": bytesValue(rpv) }));
  return { environment: { class: { id: bytesValue(rim) } }, measurements };
}

function instance(reference: RealmReference): Json {
  const { rim, rem, rpv } = reference;
  const entries: [string, Json][] = [
    [REGISTER.rim, rim] as const,
    ...rem.map((value, i) => [REGISTER.rem[i] ?? "", value] as const),
  ].flatMap(([key, value]) =>
    value === undefined ? [] : [[key, { "key-type": "text", value: digests(reference, value) }]],
  );
  const value: Record<string, Json> = {};
  if (rpv !== undefined) value["raw-value"] = bytesValue(rpv);
  value["integrity-registers"] = Object.fromEntries(entries);
  return { environment: { instance: bytesValue(rim) }, measurements: [{ value }] };
}

/** A CoMID template: `cocli comid create`. */
export function comidTemplate(references: readonly RealmReference[], options: CorimOptions): Json {
  const id = tagIdFor(references, options);
  const triple = options.generation === 0 ? instance : registers;
  return {
    "tag-identity": { id: tagIdText(id) },
    triples: { "reference-values": references.map(triple) },
  };
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** A CoRIM template without tags: `cocli corim create`, which adds the CoMID. */
export function corimTemplate(references: readonly RealmReference[], options: CorimOptions): Json {
  const { entity, generation, validity } = options;
  const id = corimIdOf(references, options);
  const profile = REALM_PROFILE[generation];
  return {
    "corim-id": tagIdText(id),
    profile: generation === 0 ? profile : { type: "uri", value: profile },
    ...(validity === undefined
      ? {}
      : {
          validity: {
            ...(validity.notBefore === undefined
              ? {}
              : { "not-before": timeText(validity.notBefore) }),
            "not-after": timeText(validity.notAfter),
          },
        }),
    ...(entity === undefined ? {} : { entities: [{ name: entity, roles: ["manifestCreator"] }] }),
  };
}
