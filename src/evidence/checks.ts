/**
 * Checks of a token and how they end.
 *
 * @module
 */
import { toHex } from "../bytes.ts";

/** Names of the checks, in the order in which they are made. */
export const CHECK_NAMES = [
  "profiles",
  "platform signature",
  "realm signature",
  "RAK binding",
  "challenge",
  "hash algorithm",
  "RIM",
  "REM0",
  "REM1",
  "REM2",
  "REM3",
  "RPV",
] as const;

/** Name of a check. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** How a check ended. "NOT CHECKED" is not "ok". */
export type CheckResult = "ok" | "FAIL" | "NOT CHECKED";

/** One check. */
export interface Check {
  readonly name: CheckName;
  readonly result: CheckResult;
  /** What was found, or why it failed, or what is missing to check it. */
  readonly detail: string;
  /** Hex of what was expected, where values are compared. */
  readonly expected?: string;
  /** Hex of what the token has. */
  readonly found?: string;
}

/** A check that held. @param found Its value, if it has one. */
export function ok(name: CheckName, detail: string, found?: Uint8Array): Check {
  return { name, result: "ok", detail, ...(found === undefined ? {} : { found: toHex(found) }) };
}

/** A check that did not hold. */
export function fail(name: CheckName, detail: string): Check {
  return { name, result: "FAIL", detail };
}

/** A check that could not be made. */
export function notChecked(name: CheckName, detail: string, found?: Uint8Array): Check {
  return {
    name,
    result: "NOT CHECKED",
    detail,
    ...(found === undefined ? {} : { found: toHex(found) }),
  };
}

/** A check of two values that should be equal and are not. */
export function differs(
  name: CheckName,
  detail: string,
  expected: Uint8Array,
  found: Uint8Array,
): Check {
  return { name, result: "FAIL", detail, expected: toHex(expected), found: toHex(found) };
}

/** How the checks end together. */
export interface Verdict {
  readonly passed: boolean;
  readonly failed: readonly CheckName[];
  /** Not checked, and not allowed to be. */
  readonly unchecked: readonly CheckName[];
}

/**
 * The verdict on a list of checks: all are ok, or are allowed not to have been made.
 *
 * @param allowed Checks that may be left out.
 */
export function verdictOf(checks: readonly Check[], allowed: readonly CheckName[]): Verdict {
  const named = (result: CheckResult): readonly CheckName[] =>
    checks.filter((check) => check.result === result).map(({ name }) => name);
  const failed = named("FAIL");
  const unchecked = named("NOT CHECKED").filter((name) => !allowed.includes(name));
  return { passed: failed.length === 0 && unchecked.length === 0, failed, unchecked };
}
