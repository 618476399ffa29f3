/**
 * Environments and triples of CoMID, and what the library finds wrong with them.
 *
 * @module
 */
import type { CborNode } from "../../formats/cbor/node.ts";
import { type Choice, choiceOf, choiceText } from "./comid-types.ts";
import {
  MEASUREMENT,
  type Measurement,
  MKEY,
  measurementProblem,
  mkeyProblem,
  typedProblem,
} from "./comid-values.ts";
import { CRYPTO_KEYS, type CryptoKeys, cryptoKeysProblem } from "./crypto-keys.ts";
import { arrayStruct, field, mapStruct } from "./go-struct.ts";
import { decode, type GoType, pointer, RAW, type Ref, STRING, slice, UINT64 } from "./go-types.ts";
import { Rejection, within } from "./rejection.ts";

/** A class of environments. */
export interface Class {
  readonly id: Ref<Choice | null> | null;
  readonly vendor: Ref<string> | null;
  readonly model: Ref<string> | null;
  readonly layer: Ref<bigint> | null;
  readonly index: Ref<bigint> | null;
}

/** What is measured: a class, an instance, a group. */
export interface Environment {
  readonly class: Ref<Class> | null;
  readonly instance: Ref<Choice | null> | null;
  readonly group: Ref<Choice | null> | null;
}

const CLASS: GoType<Class> = mapStruct("comid.Class", {
  id: field(0, pointer(choiceOf("comid.IClassIDValue", "bytes", "comid"))),
  vendor: field(1, pointer(STRING)),
  model: field(2, pointer(STRING)),
  layer: field(3, pointer(UINT64)),
  index: field(4, pointer(UINT64)),
});

/** comid.Environment. */
export const ENVIRONMENT: GoType<Environment> = mapStruct("comid.Environment", {
  class: field(0, pointer(CLASS)),
  instance: field(1, pointer(choiceOf("comid.IInstanceValue", "bytes", "comid"))),
  group: field(2, pointer(choiceOf("comid.IGroupValue", "bytes", "comid"))),
});

/** A list that decodes itself, element by element; its elements never share anything. */
export function collection<T>(element: GoType<T>): GoType<readonly T[]> {
  const name = `collection of ${element.name}`;
  const raws = slice(RAW);
  return {
    name,
    zero: [],
    special: (node) =>
      (decode(raws, node, "default") ?? []).map((item, i) =>
        within(`error at index ${i}`, () =>
          item === null ? element.zero : decode(element, item, "default"),
        ),
      ),
  };
}

/** An environment and its measurements. */
export interface ValueTriple {
  readonly environment: Environment;
  readonly measurements: readonly Measurement[];
}

/** comid.ValueTriple with measurements of a type. */
export function valueTriple(measurement: GoType<Measurement>): GoType<ValueTriple> {
  return arrayStruct("comid.ValueTriple", {
    environment: field(0, ENVIRONMENT),
    measurements: field(1, collection(measurement)),
  });
}

function elementsOf(node: CborNode): readonly CborNode[] {
  const raw = decode(slice(RAW), node, "comid") ?? [];
  if (raw.length >= 2 && raw.length <= 3) return raw.filter((item) => item !== null);
  throw new Rejection(`expected array between 2 and 3 elements; found ${raw.length}`, node.offset);
}

interface KeyConditions {
  readonly mkey: Ref<Choice | null> | null;
  readonly authorizedBy: Ref<CryptoKeys> | null;
}

const KEY_CONDITIONS: GoType<KeyConditions> = mapStruct("comid.KeyTripleCondition", {
  mkey: field(0, pointer(MKEY)),
  authorizedBy: field(1, pointer(CRYPTO_KEYS)),
});

/** An environment and its keys. */
export interface KeyTriple {
  readonly environment: Environment;
  readonly keys: CryptoKeys;
  readonly conditions: Ref<KeyConditions> | null;
}

/** comid.KeyTriple. */
export const KEY_TRIPLE: GoType<KeyTriple> = {
  name: "comid.KeyTriple",
  zero: { environment: ENVIRONMENT.zero, keys: null, conditions: null },
  special(node) {
    const [environment, keys, conditions] = elementsOf(node);
    if (environment === undefined || keys === undefined) return this.zero;
    return {
      environment: within("environment", () => decode(ENVIRONMENT, environment, "comid")),
      keys: within("verification-keys", () => decode(CRYPTO_KEYS, keys, "comid")),
      conditions:
        conditions === undefined
          ? null
          : within("conditions", () => decode(pointer(KEY_CONDITIONS), conditions, "comid")),
    };
  },
};

/** A condition of a series. */
export interface SeriesCondition {
  readonly environment: Environment;
  readonly measurements: readonly Measurement[];
  readonly authorizedBy: Ref<CryptoKeys> | null;
}

const MEASUREMENTS = collection(MEASUREMENT);

/** comid.CondEndorseSeriesCondition. */
export const SERIES_CONDITION: GoType<SeriesCondition> = {
  name: "comid.CondEndorseSeriesCondition",
  zero: { environment: ENVIRONMENT.zero, measurements: [], authorizedBy: null },
  special(node) {
    const [environment, measurements, keys] = elementsOf(node);
    if (environment === undefined || measurements === undefined) return this.zero;
    return {
      environment: within("environment", () => decode(ENVIRONMENT, environment, "comid")),
      measurements: within("measurements", () => decode(MEASUREMENTS, measurements, "comid")),
      authorizedBy:
        keys === undefined
          ? null
          : within("authorized-by", () => decode(pointer(CRYPTO_KEYS), keys, "comid")),
    };
  },
};

/** Finds the first problem of a list, with its place in front. */
export function firstProblem<T>(
  items: readonly T[],
  place: (index: number) => string,
  problemOf: (item: T) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const problem = problemOf(item);
    if (problem !== undefined) return `${place(i)}: ${problem}`;
  }
  return undefined;
}

/** A problem with a place in front of it. */
export function at(place: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${place}: ${problem}`;
}

function instanceProblem(instance: Choice | null): string | undefined {
  if (instance === null || choiceText(instance) === "") {
    return "instance validation failed: invalid instance id";
  }
  return undefined;
}

function groupProblem(group: Choice | null): string | undefined {
  const problem = group === null ? "no value set" : typedProblem(group);
  return at("group validation failed", problem);
}

/** What is wrong with an environment. */
export function environmentProblem({
  class: known,
  instance,
  group,
}: Environment): string | undefined {
  if (known === null && instance === null && group === null) {
    return "environment must not be empty";
  }
  if (known !== null) {
    const { id, vendor, model, layer, index } = known.value;
    const parts = [id?.value ?? null, vendor, model, layer, index];
    if (parts.every((part) => part === null)) {
      return "class validation failed: class must not be empty";
    }
  }
  return (
    (instance === null ? undefined : instanceProblem(instance.value)) ??
    (group === null ? undefined : groupProblem(group.value))
  );
}

/** What is wrong with measurements. */
export function measurementsProblem(measurements: readonly Measurement[]): string | undefined {
  const problemOf = (item: Measurement): string | undefined => measurementProblem(item);
  return firstProblem(measurements, (i) => `error at index ${i}`, problemOf);
}

/** What is wrong with an environment and its measurements. */
export function valueTripleProblem({ environment, measurements }: ValueTriple): string | undefined {
  const problem = environmentProblem(environment);
  if (problem !== undefined) return `environment validation failed: ${problem}`;
  if (measurements.length === 0) return "measurements validation failed: no measurement entries";
  return at("measurements validation failed", measurementsProblem(measurements));
}

function conditionsProblem({ mkey, authorizedBy }: KeyConditions): string | undefined {
  if (mkey === null && authorizedBy === null) return "condition must not be empty";
  return (
    (mkey === null ? undefined : at("mkey", mkeyProblem(mkey.value))) ??
    (authorizedBy === null ? undefined : at("authorized-by", cryptoKeysProblem(authorizedBy.value)))
  );
}

/** What is wrong with an environment and its keys. */
export function keyTripleProblem({ environment, keys, conditions }: KeyTriple): string | undefined {
  return (
    at("environment", environmentProblem(environment)) ??
    at("verification-keys", cryptoKeysProblem(keys)) ??
    (conditions === null ? undefined : at("conditions", conditionsProblem(conditions.value)))
  );
}
