/** The condition tables of all commands, and how to try a row. */
import type { RmiCall, RmiCommandName, RmiResult } from "../../../src/rmm/rmi.ts";
import type { RmmSpec } from "../../../src/rmm/spec.ts";
import { World } from "../world.ts";
import type { Case, Cases, Inputs, Never, Row } from "./case.ts";
import { dataCases, granuleCases, systemCases } from "./data.ts";
import { realmCases } from "./realm.ts";
import { operationCases, recCases } from "./rec.ts";
import { rttCases } from "./rtt.ts";

const CASES: Cases = {
  ...dataCases,
  ...granuleCases,
  ...operationCases,
  ...realmCases,
  ...recCases,
  ...rttCases,
  ...systemCases,
};

/** The case of a command. */
export const caseOf = (command: RmiCommandName): Case => CASES[command];

/** Statuses as rows write them. */
export function answerText({ status, index }: RmiResult): string {
  const name = status.replace(/^RMI_(ERROR_)?/, "");
  return name === "RTT" ? `RTT ${index}` : name;
}

function run(w: World, command: RmiCommandName, input: Inputs): RmiResult {
  const { run: special } = caseOf(command);
  return special?.(w, input) ?? w.call({ command, input } as unknown as RmiCall);
}

/** Makes the good call of a command. */
export function tryGood(spec: RmmSpec, command: RmiCommandName): RmiResult {
  const w = new World(spec);
  return run(w, command, caseOf(command).good(w) as Inputs);
}

/** Makes the good call of a command with one condition broken. */
export function tryRow(spec: RmmSpec, command: RmiCommandName, row: Row): RmiResult {
  const w = new World(spec, row.features);
  const input = caseOf(command).good(w) as Inputs;
  return run(w, command, { ...input, ...row.breaks(w, input) });
}

export const isNever = (row: Row | Never): row is Never => "never" in row;

/** Every condition of every command of a version. */
export function conditionsOf(
  spec: RmmSpec,
): readonly { readonly command: RmiCommandName; readonly id: string }[] {
  return Object.values(spec.commands).flatMap(({ name, failures }) =>
    failures.map(({ id }) => ({ command: name, id })),
  );
}
