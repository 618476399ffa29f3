/**
 * What two launches were asked for: the inputs that differ, one by one, and launches in between
 * that have some of the differences and not the others.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { FileLookup } from "../host/files.ts";
import type { LaunchStep } from "../host/steps.ts";
import type { LaunchPlan, RemStep } from "../manifest/plan.ts";
import { pointerStep } from "../manifest/source-map.ts";
import { type Alignment, align, type ListChange } from "./align.ts";
import { type ArgumentGroup, groupArguments, groupText } from "./arguments.ts";
import {
  type Fields,
  fieldText,
  platformFields,
  platformOf,
  realmFields,
  realmOf,
} from "./fields.ts";
import { remText, stepName, stepText } from "./step-text.ts";

/** One input that differs. */
export interface InputDifference {
  readonly change: "added" | "removed" | "changed" | "moved";
  /** Where it stands, as people write it: `host.args`, `realm.numBps`, `launch[2]`. */
  readonly path: string;
  /** What the first and the second launch have, in one line; null where there is nothing. */
  readonly a: string | null;
  readonly b: string | null;
  /** JSON pointers into the two manifests; null where there is nothing to point to. */
  readonly pointerA: string | null;
  readonly pointerB: string | null;
}

/** The inputs of two launches, compared. */
export interface InputComparison {
  readonly differences: readonly InputDifference[];
  /** The first launch with some of the differences, by their index. */
  compose(chosen: ReadonlySet<number>): LaunchPlan;
}

/** A part of the comparison: its differences, and what they make of a plan. */
interface Part {
  readonly differences: readonly InputDifference[];
  /** @param chosen by index into `differences` of this part. */
  apply(plan: LaunchPlan, chosen: (index: number) => boolean): LaunchPlan;
}

type Value = Fields[string];

function difference(path: string, pointer: string, a: Value, b: Value): InputDifference {
  return {
    change: a === undefined ? "added" : b === undefined ? "removed" : "changed",
    path,
    a: a === undefined ? null : fieldText(a),
    b: b === undefined ? null : fieldText(b),
    pointerA: a === undefined ? null : pointer,
    pointerB: b === undefined ? null : pointer,
  };
}

const MODELS = [
  ["rmm", "/rmm", (plan: LaunchPlan) => plan.rmm],
  ["host.vmm", "/host/vmm", (plan: LaunchPlan) => plan.host.vmm],
  ["host.hypervisor", "/host/hypervisor", (plan: LaunchPlan) => plan.host.hypervisor],
] as const;

function compareModels(a: LaunchPlan, b: LaunchPlan): Part {
  const changed = MODELS.filter(([, , get]) => get(a) !== get(b));
  return {
    differences: changed.map(([path, pointer, get]) => difference(path, pointer, get(a), get(b))),
    apply(plan, chosen) {
      const isMade = (path: string): boolean =>
        changed.some(([each], i) => each === path && chosen(i));
      return {
        ...plan,
        rmm: isMade("rmm") ? b.rmm : plan.rmm,
        host: {
          ...plan.host,
          vmm: isMade("host.vmm") ? b.host.vmm : plan.host.vmm,
          hypervisor: isMade("host.hypervisor") ? b.host.hypervisor : plan.host.hypervisor,
        },
      };
    },
  };
}

function listDifference<T>(
  { change, a, b }: ListChange<T>,
  path: (index: number) => string,
  pointer: (item: T, index: number) => string,
  text: (item: T) => string,
): InputDifference {
  const place = a ?? b;
  return {
    change,
    path: path(place?.index ?? 0),
    a: a === undefined ? null : text(a.item),
    b: b === undefined ? null : text(b.item),
    pointerA: a === undefined ? null : pointer(a.item, a.index),
    pointerB: b === undefined ? null : pointer(b.item, b.index),
  };
}

function compareArguments(a: LaunchPlan, b: LaunchPlan): Part {
  const groupsA = groupArguments(a.host.args ?? []);
  const groupsB = groupArguments(b.host.args ?? []);
  const name = (group: ArgumentGroup): string | undefined => group.option;
  const aligned = align(groupsA, groupsB, { key: groupText, name });
  return {
    differences: aligned.changes.map((change) =>
      listDifference(
        change,
        () => "host.args",
        ({ first }) => `/host/args/${first}`,
        groupText,
      ),
    ),
    apply(plan, chosen) {
      if (a.host.args === undefined && b.host.args === undefined) return plan;
      const groups = aligned.compose(chosen, (one) => one);
      return { ...plan, host: { ...plan.host, args: groups.flatMap(({ words }) => words) } };
    },
  };
}

/** A group of named fields. */
function compareFields(
  path: string,
  a: Fields,
  b: Fields,
  put: (plan: LaunchPlan, fields: Fields) => LaunchPlan,
): Part {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => String(a[name]) !== String(b[name]),
  );
  return {
    differences: names.map((name) => {
      const pointer = `/${path}/${name.replaceAll(".", "/")}`;
      return difference(`${path}.${name}`, pointer, a[name], b[name]);
    }),
    apply(plan, chosen) {
      const fields: Record<string, Value> = { ...a };
      for (const [i, name] of names.entries()) {
        if (chosen(i)) fields[name] = b[name];
      }
      return names.some((_, i) => chosen(i)) ? put(plan, fields) : plan;
    },
  };
}

/** The step with the content of the second launch's file, if that is chosen. */
function sameStep(files: (name: string) => boolean): (a: LaunchStep, b: LaunchStep) => LaunchStep {
  return (a, b) => {
    const name = a.step === "data" && a.data.kind === "file" ? a.data.name : undefined;
    return name !== undefined && files(name) ? b : a;
  };
}

function compareRem(a: LaunchPlan, b: LaunchPlan): Part {
  const aligned: Alignment<RemStep> = align(a.rem, b.rem, {
    key: remText,
    name: ({ step }) => step,
  });
  return {
    differences: aligned.changes.map((change) =>
      listDifference(
        change,
        (index) => `rem[${index}]`,
        ({ pointer }) => pointer,
        remText,
      ),
    ),
    apply: (plan, chosen) => ({ ...plan, rem: aligned.compose(chosen, (one) => one) }),
  };
}

/** Files that both launches use under one name and that have other bytes. */
function changedFiles(a: LaunchPlan, b: LaunchPlan): readonly InputDifference[] {
  const found: InputDifference[] = [];
  for (const input of a.inputs) {
    const other = b.inputs.find(({ name }) => name === input.name);
    if (other === undefined || a.files === b.files) continue;
    const { source: mine } = a.files.resolve(input.name);
    const { source: its } = b.files.resolve(input.name);
    // Two loads of one file share its identity; anything else is told by its bytes.
    if (mine.identity === its.identity) continue;
    const same = input.sha256 === other.sha256 && mine.size === its.size;
    if (same) continue;
    const show = ({ sha256, size }: typeof input): string => `sha256:${sha256} (${size} bytes)`;
    const pointer = `/files${pointerStep(input.name)}`;
    found.push({
      change: "changed",
      path: `files.${input.name}`,
      a: show(input),
      b: show(other),
      pointerA: pointer,
      pointerB: pointer,
    });
  }
  return found;
}

/** Finds files in the first launch, except those that are to come from the second. */
function mixedFiles(a: FileLookup, b: FileLookup, fromB: (name: string) => boolean): FileLookup {
  const known = (name: string): FileLookup =>
    fromB(name) || (!a.isListed(name) && b.isListed(name)) ? b : a;
  return {
    resolve(name, pointer) {
      const first = known(name);
      try {
        return first.resolve(name, pointer);
      } catch (error) {
        if (first === b || !(error instanceof CcaRimError)) throw error;
        return b.resolve(name, pointer);
      }
    },
    isListed: (name) => known(name).isListed(name),
    isDirectory: (name) => known(name).isDirectory(name),
  };
}

/** Steps and files, which belong together: a step holds the bytes of its file. */
function compareSteps(a: LaunchPlan, b: LaunchPlan): Part {
  const files = changedFiles(a, b);
  const aligned = align(a.launch, b.launch, { key: stepText, name: stepName });
  const steps = aligned.changes.map((change) =>
    listDifference(
      change,
      (index) => `launch[${index}]`,
      ({ pointer }) => pointer,
      stepText,
    ),
  );
  return {
    differences: [...files, ...steps],
    apply(plan, chosen) {
      const fromB = (name: string): boolean =>
        files.some(({ path }, i) => path === `files.${name}` && chosen(i));
      return {
        ...plan,
        files: mixedFiles(a.files, b.files, fromB),
        launch: aligned.compose((change) => chosen(files.length + change), sameStep(fromB)),
      };
    },
  };
}

/**
 * Compares what two launches were asked for. Both should have run: only then is it known which
 * files they use.
 *
 * @throws CcaRimError FILE_* if a file cannot be read any more
 */
export function compareInputs(a: LaunchPlan, b: LaunchPlan): InputComparison {
  const parts: readonly Part[] = [
    compareModels(a, b),
    compareArguments(a, b),
    compareFields(
      "platform",
      platformFields(a.platform),
      platformFields(b.platform),
      (plan, fields) => ({
        ...plan,
        platform: platformOf(fields),
      }),
    ),
    compareFields("realm", realmFields(a.realm), realmFields(b.realm), (plan, fields) => ({
      ...plan,
      realm: realmOf(fields),
    })),
    compareSteps(a, b),
    compareRem(a, b),
  ];
  return {
    differences: parts.flatMap(({ differences }) => differences),
    compose(chosen) {
      let plan = a;
      let first = 0;
      for (const part of parts) {
        const start = first;
        plan = part.apply(plan, (index) => chosen.has(start + index));
        first += part.differences.length;
      }
      return plan;
    },
  };
}
