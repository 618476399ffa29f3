/**
 * RMI calls that a launch description lists by name (`rmi` steps).
 *
 * @module
 */
import { CcaRimError, type ErrorDetails } from "../errors.ts";
import type { HashProvider } from "../hash/hasher.ts";
import type { NamedCall } from "../host/rmi-step.ts";
import { nearest } from "../nearest.ts";
import type { RmiCall } from "../rmm/rmi.ts";
import { rmmSpecs } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { type ArgumentError, CallArguments } from "./call-arguments.ts";
import { callOf } from "./calls.ts";

function stepError(pointer: string, message: string, hint: string | undefined): CcaRimError {
  const details: ErrorDetails = { where: { pointer } };
  return new CcaRimError(
    "MANIFEST_VALUE",
    message,
    hint === undefined ? details : { ...details, hint },
  );
}

/** Operations of several calls are carried on by the host: their handles are not known beforehand. */
const isContinuation = (command: string): boolean => command.startsWith("RMI_OP_");

function checkCommand(spec: RmmSpec, command: string, pointer: string): void {
  if (isContinuation(command)) {
    throw stepError(
      pointer,
      `${command} is no step: operations are carried on to their end`,
      undefined,
    );
  }
  if (Object.hasOwn(spec.commands, command)) return;
  const others = rmmSpecs.filter(({ commands }) => Object.hasOwn(commands, command));
  const near = nearest(command, Object.keys(spec.commands));
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  throw stepError(
    pointer,
    `RMM ${spec.id} has no command ${command}`,
    others.length === 0 ? hint : `it belongs to RMM ${others.map(({ id }) => id).join(", ")}`,
  );
}

/**
 * Makes calls of `rmi` steps.
 *
 * @returns a function that throws CcaRimError MANIFEST_VALUE with the pointer of what is wrong: a
 * command that the version lacks, an argument that is missing, malformed or unknown.
 */
export function stepCalls(spec: RmmSpec, hashes: HashProvider): (step: NamedCall) => RmiCall {
  return ({ command, given, picked, pointer }) => {
    checkCommand(spec, command, `${pointer}/rmi/command`);
    const at = `${pointer}/rmi/args`;
    const error: ArgumentError = (name, problem) =>
      stepError(
        Object.hasOwn(given, name) ? `${at}/${name}` : at,
        `${command}: ${name} ${problem}`,
        "numbers of 64 bits are in quotes; granules that are not given are picked",
      );
    const args = new CallArguments({ ...picked, ...given }, error);
    const call = callOf(command, args, { spec, hashes });
    const unknown = Object.keys(given).find((name) => !args.asked.includes(name));
    if (unknown === undefined) return call;
    const near = nearest(unknown, args.asked);
    throw stepError(
      `${at}/${unknown}`,
      `${command} has no argument "${unknown}"`,
      near === undefined ? `it has: ${args.asked.join(", ")}` : `did you mean "${near}"?`,
    );
  };
}
