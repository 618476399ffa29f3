/**
 * Unsigned CoRIM documents with one CoMID for CCA Realms, as deterministic CBOR.
 *
 * @module
 */
import { type CborValue, cborMap, tagged, writeCbor } from "../../formats/cbor/write.ts";
import { contentUuid, type TagId } from "../ids.ts";
import { hashOf, type RealmReference } from "../values.ts";
import {
  type Generation,
  HASH_ID,
  KEY,
  MANIFEST_CREATOR,
  MKEY,
  REALM_PROFILE,
  REGISTER,
  TAG,
} from "./names.ts";

/** Validity of a document, in seconds since 1970. */
export interface Validity {
  readonly notBefore?: number;
  readonly notAfter: number;
}

/** What can be chosen about a document. */
export interface CorimOptions {
  readonly generation: Generation;
  /** How digest algorithms are named. */
  readonly algorithms: "number" | "text";
  /** Default: derived from the content. */
  readonly corimId?: TagId;
  /** Default: derived from the content. */
  readonly tagId?: TagId;
  /** Name of who makes the document. */
  readonly entity?: string;
  readonly validity?: Validity;
}

function digests(reference: RealmReference, value: Uint8Array, options: CorimOptions): CborValue {
  const algo = hashOf(reference);
  return [[options.algorithms === "text" ? algo : HASH_ID[algo], value]];
}

function digestMeasurement(
  key: string,
  value: Uint8Array,
  reference: RealmReference,
  options: CorimOptions,
): CborValue {
  const entry = cborMap([[KEY.value.digests, digests(reference, value, options)]]);
  return cborMap([
    [KEY.measurement.key, key],
    [KEY.measurement.value, entry],
  ]);
}

/** One measurement per register; generations 1 and 2. */
function registerTriple(reference: RealmReference, options: CorimOptions): CborValue {
  const { rim, rem, rpv } = reference;
  const measurements: CborValue[] = [digestMeasurement(MKEY.rim, rim, reference, options)];
  for (const [i, value] of rem.entries()) {
    const key = MKEY.rem[i];
    if (value !== undefined && key !== undefined) {
      measurements.push(digestMeasurement(key, value, reference, options));
    }
  }
  if (rpv !== undefined) {
    measurements.push(
      cborMap([
        [KEY.measurement.key, MKEY.rpv],
        [KEY.measurement.value, cborMap([[KEY.value.raw, tagged(TAG.bytes, rpv)]])],
      ]),
    );
  }
  const classId = cborMap([[KEY.class.id, tagged(TAG.bytes, rim)]]);
  return [cborMap([[KEY.environment.class, classId]]), measurements];
}

/** All registers in one measurement, the RIM as the instance; generation 0. */
function instanceTriple(reference: RealmReference, options: CorimOptions): CborValue {
  const { rim, rem, rpv } = reference;
  const registers = cborMap([
    [REGISTER.rim, digests(reference, rim, options)],
    ...rem.map(
      (value, i) =>
        [
          REGISTER.rem[i] ?? "",
          value === undefined ? undefined : digests(reference, value, options),
        ] as const,
    ),
  ]);
  const value = cborMap([
    [KEY.value.raw, rpv === undefined ? undefined : tagged(TAG.bytes, rpv)],
    [KEY.value.integrityRegisters, registers],
  ]);
  return [
    cborMap([[KEY.environment.instance, tagged(TAG.bytes, rim)]]),
    [cborMap([[KEY.measurement.value, value]])],
  ];
}

function idValue(id: TagId): CborValue {
  return "uuid" in id ? id.uuid : id.text;
}

/** What a CoMID says: one reference triple for each Realm. */
function triplesValue(references: readonly RealmReference[], options: CorimOptions): CborValue {
  const triple = options.generation === 0 ? instanceTriple : registerTriple;
  return cborMap([
    [KEY.triples.reference, references.map((reference) => triple(reference, options))],
  ]);
}

/** The CoMID, without a tag. */
export function buildComid(
  references: readonly RealmReference[],
  options: CorimOptions,
): Uint8Array {
  const triples = triplesValue(references, options);
  const id = tagIdFor(references, options);
  return writeCbor(
    cborMap([
      [KEY.comid.identity, cborMap([[KEY.identity.id, idValue(id)]])],
      [KEY.comid.triples, triples],
    ]),
  );
}

function profileValue(generation: Generation): CborValue {
  const profile = REALM_PROFILE[generation];
  return generation === 0 ? profile : tagged(TAG.uri, profile);
}

/** A validity as a map of tagged times. */
export function validityValue({ notBefore, notAfter }: Validity): CborValue {
  return cborMap([
    [KEY.validity.notBefore, notBefore === undefined ? undefined : tagged(TAG.time, notBefore)],
    [KEY.validity.notAfter, tagged(TAG.time, notAfter)],
  ]);
}

function entityValue(name: string): CborValue {
  return [
    cborMap([
      [KEY.entity.name, name],
      [KEY.entity.roles, [MANIFEST_CREATOR]],
    ]),
  ];
}

function corimEntries(
  references: readonly RealmReference[],
  { entity, generation, validity, ...options }: CorimOptions,
): readonly (readonly [number, CborValue | undefined])[] {
  const comid = buildComid(references, { ...options, generation });
  return [
    [KEY.corim.tags, [tagged(TAG.comid, comid)]],
    [KEY.corim.profile, profileValue(generation)],
    [KEY.corim.validity, validity === undefined ? undefined : validityValue(validity)],
    [KEY.corim.entities, entity === undefined ? undefined : entityValue(entity)],
  ];
}

/** The identifier of a document: as given, or derived from everything else in it. */
export function corimIdOf(references: readonly RealmReference[], options: CorimOptions): TagId {
  const content = writeCbor(cborMap(corimEntries(references, options)));
  return options.corimId ?? { uuid: contentUuid(content) };
}

/** The identifier of a CoMID: as given, or derived from its triples. */
export function tagIdFor(references: readonly RealmReference[], options: CorimOptions): TagId {
  return options.tagId ?? { uuid: contentUuid(writeCbor(triplesValue(references, options))) };
}

/** The whole unsigned document, tag 501 included. */
export function buildCorim(
  references: readonly RealmReference[],
  options: CorimOptions,
): Uint8Array {
  const id = idValue(corimIdOf(references, options));
  const entries = [[KEY.corim.id, id] as const, ...corimEntries(references, options)];
  return writeCbor(tagged(TAG.corim, cborMap(entries)));
}
