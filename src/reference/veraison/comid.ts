/**
 * CoMID as the library decodes and validates it.
 *
 * @module
 */
import {
  at,
  collection,
  ENVIRONMENT,
  type Environment,
  environmentProblem,
  firstProblem,
  KEY_TRIPLE,
  type KeyTriple,
  keyTripleProblem,
  measurementsProblem,
  SERIES_CONDITION,
  type SeriesCondition,
  type ValueTriple,
  valueTriple,
  valueTripleProblem,
} from "./comid-triples.ts";
import { MEASUREMENT, type Measurement, PSA_MEASUREMENT } from "./comid-values.ts";
import { cryptoKeysProblem } from "./crypto-keys.ts";
import { DOMAIN_TRIPLE, type DomainTriple, domainsProblem } from "./domains.ts";
import { arrayStruct, field, mapStruct, populate, populated } from "./go-struct.ts";
import { type GoType, INT64, pointer, type Ref, STRING, slice, UINT64 } from "./go-types.ts";
import {
  type Entity,
  entities,
  entityProblem,
  TAG_ID,
  type TagIdValue,
  tagIdProblem,
} from "./identity.ts";

interface CoswidTriple {
  readonly environment: Environment;
  readonly tags: readonly TagIdValue[] | null;
}

interface SeriesRecord {
  readonly selection: readonly Measurement[];
  readonly addition: readonly Measurement[];
}

interface SeriesTriple {
  readonly condition: SeriesCondition;
  readonly series: readonly SeriesRecord[];
}

interface ConditionalTriple {
  readonly conditions: readonly ValueTriple[];
  readonly endorsements: readonly ValueTriple[];
}

/** Everything that a CoMID says. */
export interface Triples {
  readonly referenceValues: Ref<readonly ValueTriple[]> | null;
  readonly endorsedValues: Ref<readonly ValueTriple[]> | null;
  readonly devIdentityKeys: Ref<readonly KeyTriple[] | null> | null;
  readonly attestVerifKeys: Ref<readonly KeyTriple[] | null> | null;
  readonly dependencies: Ref<readonly DomainTriple[] | null> | null;
  readonly memberships: Ref<readonly DomainTriple[] | null> | null;
  readonly coswids: Ref<readonly CoswidTriple[] | null> | null;
  readonly series: Ref<readonly SeriesTriple[]> | null;
  readonly conditionals: Ref<readonly ConditionalTriple[]> | null;
}

interface LinkedTag {
  readonly id: TagIdValue;
  readonly relation: bigint;
}

/** A CoMID. */
export interface Comid {
  readonly language: Ref<string> | null;
  readonly identity: { readonly id: TagIdValue; readonly version: bigint };
  readonly entities: Ref<readonly Entity[]> | null;
  readonly linkedTags: Ref<readonly LinkedTag[] | null> | null;
  readonly triples: Triples;
}

const COSWID_TRIPLE: GoType<CoswidTriple> = arrayStruct("comid.CoswidTriple", {
  environment: field(0, ENVIRONMENT),
  tags: field(1, slice(TAG_ID)),
});

const PLAIN_TRIPLE = valueTriple(MEASUREMENT);

const SERIES_TRIPLE: GoType<SeriesTriple> = arrayStruct("comid.CondEndorseSeriesTriple", {
  condition: field(0, SERIES_CONDITION),
  series: field(
    1,
    collection(
      arrayStruct("comid.CondEndorseSeriesRecord", {
        selection: field(0, collection(MEASUREMENT)),
        addition: field(1, collection(MEASUREMENT)),
      }),
    ),
  ),
});

const CONDITIONAL_TRIPLE: GoType<ConditionalTriple> = arrayStruct("comid.CondEndorseTriple", {
  conditions: field(0, collection(PLAIN_TRIPLE)),
  endorsements: field(1, collection(PLAIN_TRIPLE)),
});

function triplesType(isPsa: boolean): GoType<Triples> {
  const values = collection(valueTriple(isPsa ? PSA_MEASUREMENT : MEASUREMENT));
  const fields = {
    referenceValues: field(0, pointer(values)),
    endorsedValues: field(1, pointer(values)),
    devIdentityKeys: field(2, pointer(slice(KEY_TRIPLE))),
    attestVerifKeys: field(3, pointer(slice(KEY_TRIPLE))),
    dependencies: field(4, pointer(slice(DOMAIN_TRIPLE))),
    memberships: field(5, pointer(slice(DOMAIN_TRIPLE))),
    coswids: field(6, pointer(slice(COSWID_TRIPLE))),
    series: field(8, pointer(collection(SERIES_TRIPLE))),
    conditionals: field(10, pointer(collection(CONDITIONAL_TRIPLE))),
  };
  return populated("comid.Triples", fields, "comid");
}

const TAG_IDENTITY = mapStruct("comid.TagIdentity", {
  id: field(0, TAG_ID),
  version: field(1, UINT64),
});

const LINKED_TAG: GoType<LinkedTag> = mapStruct("comid.LinkedTag", {
  id: field(0, TAG_ID),
  relation: field(1, INT64),
});

/** Decodes a CoMID. @param base Offset of its first byte in the file. @throws Rejection */
export function decodeComid(bytes: Uint8Array, base: number, isPsa: boolean): Comid {
  const fields = {
    language: field(0, pointer(STRING)),
    identity: field(1, TAG_IDENTITY, "TagIdentity"),
    entities: field(2, pointer(entities("comid"))),
    linkedTags: field(3, pointer(slice(LINKED_TAG))),
    triples: field(4, triplesType(isPsa), "Triples"),
  };
  return populate(fields, bytes, base, "comid");
}

function linkedTagProblem({ id, relation }: LinkedTag): string | undefined {
  if (id === null) return "tag-id must be set in linked-tag";
  return relation === -1n ? "rel validation failed: rel is unset" : undefined;
}

function coswidProblem({ environment, tags }: CoswidTriple): string | undefined {
  const problem = at("environment", environmentProblem(environment));
  if (problem !== undefined) return problem;
  if (tags === null || tags.length === 0) return "tag-ids: must not be empty";
  return firstProblem(tags, (i) => `tag-ids: tag-id[${i}]`, tagIdProblem);
}

function seriesProblem({ condition, series }: SeriesTriple): string | undefined {
  const { environment, measurements, authorizedBy } = condition;
  const problem =
    at("environment validation failed", environmentProblem(environment)) ??
    at("measurements validation failed", measurementsProblem(measurements)) ??
    (authorizedBy === null
      ? undefined
      : at("authorized-by validation failed", cryptoKeysProblem(authorizedBy.value)));
  if (problem !== undefined) return `condition validation failed: ${problem}`;
  if (series.length === 0) return "empty conditional series";
  return firstProblem(
    series,
    (i) => `conditional series validation failed: error at index ${i}`,
    ({ selection, addition }) =>
      at("selection validation failed", measurementsProblem(selection)) ??
      at("addition validation failed", measurementsProblem(addition)),
  );
}

function conditionalProblem({ conditions, endorsements }: ConditionalTriple): string | undefined {
  const valuesProblem = (triples: readonly ValueTriple[], name: string): string | undefined =>
    triples.length === 0
      ? `${name} validation failed: no entries`
      : firstProblem(
          triples,
          (i) => `${name} validation failed: error at index ${i}`,
          (triple) => valueTripleProblem(triple),
        );
  return valuesProblem(conditions, "conditions") ?? valuesProblem(endorsements, "endorsements");
}

/** Whether nothing is said at all. */
function isEmpty(triples: Triples): boolean {
  return Object.values(triples).every(
    (list: Ref<readonly unknown[] | null> | null) => (list?.value ?? []).length === 0,
  );
}

function keysProblem(list: Triples["attestVerifKeys"], name: string): string | undefined {
  return firstProblem(
    list?.value ?? [],
    (i) => `${name} at index ${i}`,
    (triple) => keyTripleProblem(triple),
  );
}

function triplesProblem(triples: Triples): string | undefined {
  if (isEmpty(triples)) return "triples struct must not be empty";
  const values = (list: Triples["referenceValues"], name: string): string | undefined =>
    firstProblem(
      list?.value ?? [],
      (i) => `${name}: error at index ${i}`,
      (triple) => valueTripleProblem(triple),
    );
  return (
    values(triples.referenceValues, "reference values") ??
    values(triples.endorsedValues, "endorsed values") ??
    keysProblem(triples.attestVerifKeys, "attestation verification key") ??
    keysProblem(triples.devIdentityKeys, "device identity key") ??
    relationsProblem(triples)
  );
}

function relationsProblem({
  dependencies,
  memberships,
  coswids,
  series,
  conditionals,
}: Triples): string | undefined {
  const domains = (
    list: Triples["dependencies"],
    kind: "dependency" | "membership",
  ): string | undefined =>
    list === null ? undefined : at(`${kind} triples`, domainsProblem(list.value ?? [], kind));
  return (
    domains(dependencies, "dependency") ??
    domains(memberships, "membership") ??
    firstProblem(
      coswids?.value ?? [],
      (i) => `coswid triples: triple[${i}]`,
      (triple) => coswidProblem(triple),
    ) ??
    firstProblem(
      series?.value ?? [],
      (i) => `conditional series: error at index ${i}`,
      (triple) => seriesProblem(triple),
    ) ??
    firstProblem(
      conditionals?.value ?? [],
      (i) => `conditional endorsements: error at index ${i}`,
      (triple) => conditionalProblem(triple),
    )
  );
}

/** What is wrong with a CoMID, without what a profile adds. */
export function comidProblem(comid: Comid): string | undefined {
  if (comid.identity.id === null) return "tag-identity validation failed: empty tag-id";
  return (
    firstProblem(
      comid.entities?.value ?? [],
      (i) => `entities validation failed: error at index ${i}`,
      (entity) => entityProblem(entity, undefined),
    ) ??
    firstProblem(
      comid.linkedTags?.value ?? [],
      (i) => `linked-tags validation failed: invalid linked-tag entry at index ${i}`,
      linkedTagProblem,
    ) ??
    at("triples validation failed", triplesProblem(comid.triples))
  );
}
