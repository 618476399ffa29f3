/** RMMs that are wrong in one place: every entry of a version's tables missing, or out of order. */
import type { BitField } from "../../../src/formats/bitfields.ts";
import { type Field, type Layout, layout } from "../../../src/formats/layout.ts";
import type { Failure } from "../../../src/rmm/command.ts";
import { dataDescriptor, recDescriptor, ripasDescriptor } from "../../../src/rmm/measurement.ts";
import type { RmiCommandName } from "../../../src/rmm/rmi.ts";
import type { RmmSpec } from "../../../src/rmm/spec.ts";

/** Which table of a version a mutant changes. */
export type Table = "condition" | "rule" | "field" | "measured" | "fact" | "descriptor";

/** A version with one change. */
export interface Mutant {
  readonly version: string;
  readonly table: Table;
  readonly change: "drop" | "swap" | "add" | "move" | "other";
  /** What is changed, e.g. "RMI_RTT_CREATE rd_state" or "realmParams.s2sz"; of a swap the first. */
  readonly name: string;
  /** Of a swap: what it changes places with. */
  readonly other?: string;
  readonly spec: RmmSpec;
  /** Changes what no version has of its own; returns what undoes it. */
  readonly patch?: () => () => void;
}

type Change = Omit<Mutant, "version">;

const without = <T>(table: readonly T[], index: number): readonly T[] =>
  table.filter((_, i) => i !== index);

/** `table` with the entries at `index` and behind it exchanged. */
function swapped<T>(table: readonly T[], index: number): readonly T[] {
  return [
    ...table.slice(0, index),
    ...table.slice(index, index + 2).reverse(),
    ...table.slice(index + 2),
  ];
}

/** Whether no caller can tell which of two conditions refused a call. */
function alike(one: Failure<never>, other: Failure<never>): boolean {
  return one.status === other.status && one.index === other.index && one.outputs === other.outputs;
}

function withTable(
  spec: RmmSpec,
  command: RmiCommandName,
  table: readonly Failure<never>[],
): RmmSpec {
  const changed = spec.commands[command]?.withFailures(table);
  return changed === undefined
    ? spec
    : { ...spec, commands: { ...spec.commands, [command]: changed } };
}

function* conditions(spec: RmmSpec): Generator<Change> {
  for (const { name: command, failures } of Object.values(spec.commands)) {
    for (const [index, failure] of failures.entries()) {
      const name = `${command} ${failure.id}`;
      const dropped = withTable(spec, command, without(failures, index));
      yield { table: "condition", change: "drop", name, spec: dropped };
      const next = failures[index + 1];
      if (next === undefined || alike(failure, next) || failure.stage !== next.stage) continue;
      const other = `${command} ${next.id}`;
      const exchanged = withTable(spec, command, swapped(failures, index));
      yield { table: "condition", change: "swap", name, other, spec: exchanged };
    }
  }
}

/** Rules are not exchanged: all of them end in RMI_ERROR_INPUT. */
function* rules(spec: RmmSpec): Generator<Change> {
  for (const [index, { id }] of spec.realmParamsRules.entries()) {
    const realmParamsRules = without(spec.realmParamsRules, index);
    yield { table: "rule", change: "drop", name: id, spec: { ...spec, realmParamsRules } };
  }
}

type AnyField = Field<unknown>;
type AnyLayout = Layout<Readonly<Record<string, AnyField>>>;

/** The same field a few bytes further on. */
function movedBy(delta: number, field: AnyField): AnyField {
  const shifted = (view: DataView): DataView =>
    new DataView(view.buffer, view.byteOffset + delta, view.byteLength - delta);
  return {
    ...field,
    offset: field.offset + delta,
    get: (view, bytes) => field.get(shifted(view), bytes.subarray(delta)),
    set: (view, bytes, value) => field.set(shifted(view), bytes.subarray(delta), value),
  };
}

function* fields(spec: RmmSpec, which: "realmParams" | "recParams"): Generator<Change> {
  const whole = spec[which] as unknown as AnyLayout;
  const changed = (table: Readonly<Record<string, AnyField>>): RmmSpec => ({
    ...spec,
    [which]: layout(whole.size, table),
  });
  for (const [name, field] of Object.entries(whole.fields)) {
    const { [name]: _, ...rest } = whole.fields;
    const named = { table: "field", name: `${which}.${name}` } as const;
    yield { ...named, change: "drop", spec: changed(rest) };
    const moved = { ...whole.fields, [name]: movedBy(field.size, field) };
    yield { ...named, change: "move", spec: changed(moved) };
  }
}

function* measured(
  spec: RmmSpec,
  which: "realmParamsMeasured" | "recParamsMeasured",
  all: Readonly<Record<string, unknown>>,
): Generator<Change> {
  const names: readonly string[] = spec[which];
  for (const field of Object.keys(all)) {
    const isMeasured = names.includes(field);
    const list = isMeasured ? names.filter((name) => name !== field) : [...names, field];
    yield {
      table: "measured",
      change: isMeasured ? "drop" : "add",
      name: `${which}.${field}`,
      spec: { ...spec, [which]: list },
    };
  }
}

/** Fields of measurement descriptors, which are the same in all versions: left out. */
function* descriptors(spec: RmmSpec): Generator<Change> {
  const layouts = { data: dataDescriptor, rec: recDescriptor, ripas: ripasDescriptor };
  const known = new Set<object>();
  for (const [kind, { fields: all }] of Object.entries(layouts)) {
    for (const [name, field] of Object.entries(all)) {
      if (known.has(field)) continue;
      known.add(field);
      const patch = (): (() => void) => {
        const { ...before } = field;
        // Written through the field or through its offset: neither arrives at its place.
        Object.assign(field, { offset: field.offset + field.size, set: () => undefined });
        return () => Object.assign(field, before);
      };
      yield { table: "descriptor", change: "drop", name: `${kind}.${name}`, spec, patch };
    }
  }
}

/** Names and numbers that are neither a table of conditions nor of fields. */
function* facts(spec: RmmSpec): Generator<Change> {
  const other = (name: string, changes: Partial<RmmSpec>): Change => ({
    table: "fact",
    change: "other",
    name,
    spec: { ...spec, ...changes },
  });
  const narrower = ({ shift, width }: BitField): BitField => ({ shift, width: width - 1 });
  for (const [name, field] of Object.entries(spec.mpidr) as [keyof RmmSpec["mpidr"], BitField][]) {
    yield other(`mpidr.${name}`, { mpidr: { ...spec.mpidr, [name]: narrower(field) } });
  }
  for (const [index, register] of spec.featureRegisters.entries()) {
    for (const name of Object.keys(register)) {
      const { [name as keyof typeof register]: _, ...rest } = register;
      const featureRegisters = spec.featureRegisters.with(index, rest);
      yield other(`featureRegisters[${index}].${name}`, { featureRegisters });
    }
  }
  for (const [index, algo] of spec.hashAlgos.entries()) {
    const hashAlgos = without(spec.hashAlgos, index);
    yield other(`hashAlgos.${algo}`, { hashAlgos });
  }
  const { nsDescriptor } = spec;
  for (const list of ["attributes", "reserved"] as const) {
    for (const index of nsDescriptor[list].keys()) {
      const changed = { ...nsDescriptor, [list]: without<unknown>(nsDescriptor[list], index) };
      yield other(`nsDescriptor.${list}[${index}]`, { nsDescriptor: changed });
    }
  }
  for (const index of spec.abis.keys()) {
    yield other(`abis[${index}]`, { abis: without(spec.abis, index) });
  }
  const { foldsMixedAttributes } = nsDescriptor;
  yield other("nsDescriptor.foldsMixedAttributes", {
    nsDescriptor: { ...nsDescriptor, foldsMixedAttributes: !foldsMixedAttributes },
  });
  yield other("recAuxCount", { recAuxCount: spec.recAuxCount - 1 });
  yield other("minBlockLevel", { minBlockLevel: 3 - spec.minBlockLevel });
  yield other("showsDestroyedAddress", { showsDestroyedAddress: !spec.showsDestroyedAddress });
  yield other("maxOperations", { maxOperations: spec.maxOperations === 0 ? 1 : 0 });
}

/** Every mutant of a version. */
export function* mutantsOf(spec: RmmSpec): Generator<Mutant> {
  const { id: version } = spec;
  const changes = [
    conditions(spec),
    rules(spec),
    fields(spec, "realmParams"),
    fields(spec, "recParams"),
    measured(spec, "realmParamsMeasured", spec.realmParams.fields),
    measured(spec, "recParamsMeasured", spec.recParams.fields),
    facts(spec),
    descriptors(spec),
  ];
  for (const list of changes) for (const change of list) yield { version, ...change };
}
