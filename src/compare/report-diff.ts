/**
 * Compares two reports of `measure`, which tell the inputs and the values but no calls.
 *
 * @module
 */
import type { InputDifference } from "./inputs.ts";

/** What a report says, as far as it is compared. */
export interface ReportedLaunch {
  /** Lower-case hex. */
  readonly rim: string;
  readonly rem: readonly string[];
  readonly hashAlgo: string;
  readonly rpv: string;
  readonly rmm: string;
  readonly host: { readonly vmm: string; readonly hypervisor: string };
  readonly inputs: readonly {
    readonly name: string;
    readonly sha256: string;
    readonly size: number;
  }[];
  readonly assumed: readonly { readonly field: string; readonly value: unknown }[];
}

/** Two reports, compared. */
export interface ReportDiff {
  readonly equal: boolean;
  readonly inputs: readonly InputDifference[];
}

/** What a report says, by name. */
function factsOf(report: ReportedLaunch): ReadonlyMap<string, string> {
  const { rmm, host, hashAlgo, rpv, inputs, assumed } = report;
  return new Map([
    ["rmm", JSON.stringify(rmm)],
    ["host.vmm", JSON.stringify(host.vmm)],
    ["host.hypervisor", JSON.stringify(host.hypervisor)],
    ["hashAlgo", JSON.stringify(hashAlgo)],
    ["rpv", rpv],
    ...inputs.map(
      ({ name, sha256, size }) => [`files.${name}`, `sha256:${sha256} (${size} bytes)`] as const,
    ),
    ...assumed.map(({ field, value }) => [`assumed.${field}`, JSON.stringify(value)] as const),
  ]);
}

/** Compares two reports. */
export function diffReports(a: ReportedLaunch, b: ReportedLaunch): ReportDiff {
  const factsA = factsOf(a);
  const factsB = factsOf(b);
  const names = new Set([...factsA.keys(), ...factsB.keys()]);
  const inputs = [...names].flatMap((path): InputDifference[] => {
    const one = factsA.get(path) ?? null;
    const other = factsB.get(path) ?? null;
    if (one === other) return [];
    const change = one === null ? "added" : other === null ? "removed" : "changed";
    return [{ change, path, a: one, b: other, pointerA: null, pointerB: null }];
  });
  const equal = a.rim === b.rim && a.rem.every((rem, i) => rem === b.rem[i]);
  return { equal, inputs };
}
