/**
 * What `verify` prints.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { Check, CheckName, CheckResult, Verdict } from "../evidence/checks.ts";
import { lifecycleName } from "../evidence/claims.ts";
import type { CcaToken } from "../evidence/token.ts";
import type { Verification } from "../evidence/verify.ts";
import type { Style } from "./style.ts";
import { columns, plain } from "./text.ts";

function painted(result: CheckResult, text: string, style: Style): string {
  if (result === "ok") return style.green(text);
  return result === "FAIL" ? style.red(text) : style.yellow(text);
}

function checkLines({ expected, found, result, ...check }: Check): readonly string[] {
  const detail = plain(check.detail);
  return result === "FAIL"
    ? [
        detail,
        ...(expected === undefined ? [] : [`expected ${expected}`]),
        ...(found === undefined ? [] : [`found    ${found}`]),
      ]
    : [detail];
}

/** What to do next. */
function hintFor(failed: Verdict["failed"], unchecked: Verdict["unchecked"]): string | undefined {
  if (failed.includes("RIM")) {
    return "cca-rim explain MANIFEST --observed TOKEN looks for the change that gives the token's RIM";
  }
  if (failed.length > 0 || unchecked.length === 0) return undefined;
  const names = unchecked.map((name) => name.replaceAll(" ", "-"));
  return `--allow-unchecked ${names.join(",")} accepts that`;
}

/** One line a check, values below those that failed, and the verdict. */
export function verificationText(
  { checks }: Verification,
  { failed, passed, unchecked }: Verdict,
  style: Style,
): string {
  const rows = checks.flatMap((check) =>
    checkLines(check).map((line, i) =>
      i === 0 ? [check.result, check.name, line] : ["", "", line],
    ),
  );
  const table = columns(rows, (cell, column) => {
    const result = cell.trim() as CheckResult;
    return column === 0 && cell.trim() !== "" ? painted(result, cell, style) : cell;
  });
  const reasons = [...failed, ...unchecked.map((name) => `${name} not checked`)];
  const verdict = passed ? style.green("PASSED") : style.red(`FAILED: ${reasons.join(", ")}`);
  const hint = hintFor(failed, unchecked);
  return `${table}\n${verdict}\n${hint === undefined ? "" : style.dim(`${hint}\n`)}`;
}

/** A token's claims that are of interest here. */
function tokenFacts({ wrapper, platform, realm }: CcaToken): object {
  return {
    wrapper,
    platform: {
      profile: platform.profile ?? null,
      algorithm: platform.message.algorithmText,
      implementationId: toHex(platform.implementationId),
      instanceId: toHex(platform.instanceId),
      lifecycle: lifecycleName(platform.lifecycle),
    },
    realm: {
      profile: realm.profile ?? null,
      algorithm: realm.message.algorithmText,
      publicKeyForm: realm.publicKeyForm,
      publicKeyHashAlgo: realm.publicKeyHashAlgorithm,
      hashAlgo: realm.hashAlgorithm,
      rim: toHex(realm.initialMeasurement),
      rem: realm.extensibleMeasurements.map(toHex),
      rpv: toHex(realm.personalizationValue),
      challenge: toHex(realm.challenge),
    },
  };
}

/** The answer of `verify --json`, without its version. */
export function verificationReport(
  token: CcaToken,
  { checks, reference }: Verification,
  { failed, passed, unchecked }: Verdict,
  allowed: readonly CheckName[],
): object {
  return {
    verified: passed,
    failed,
    unchecked,
    allowedUnchecked: allowed,
    reference: reference?.origin ?? null,
    checks: checks.map(({ name, result, detail, expected, found }) => ({
      name,
      result,
      detail,
      expected: expected ?? null,
      found: found ?? null,
    })),
    token: tokenFacts(token),
  };
}
