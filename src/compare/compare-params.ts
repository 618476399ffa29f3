/**
 * Compares the parameters of two Realms and the registers of their RECs, field by field.
 *
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { extract } from "../formats/bitfields.ts";
import { REALM_FLAGS } from "../rmm/params.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { hexU64 } from "../units.ts";
import type { DescriptorCount, Effect } from "./effects.ts";
import type { RecordedLaunch, Stretch } from "./stretches.ts";

/** The structure of one kind that a launch measures, page by page. */
function paramsOf(stretches: readonly Stretch[], kind: "realm" | "rec"): readonly Uint8Array[] {
  return stretches.flatMap((stretch) =>
    stretch.kind === kind && "params" in stretch ? [stretch.params] : [],
  );
}

type Named = readonly (readonly [name: string, value: string])[];

function realmFields(spec: RmmSpec, page: Uint8Array): Named {
  const params = spec.realmParams.decode(page);
  const known = Object.values(REALM_FLAGS).reduce(
    (sum, { shift }) => sum | (1n << BigInt(shift)),
    0n,
  );
  const flags = Object.entries(REALM_FLAGS).map(
    ([name, field]) => [`flags.${name}`, String(extract(params.flags, field) === 1)] as const,
  );
  return [
    ["hashAlgo", spec.hashAlgos[params.hash_algo] ?? String(params.hash_algo)],
    ["s2sz", String(params.s2sz)],
    ["numBps", String(params.num_bps)],
    ["numWps", String(params.num_wps)],
    ...flags,
    ["flags", hexU64(params.flags & ~known)],
    ["sveVl", String(params.sve_vl)],
    ["pmuNumCtrs", String(params.pmu_num_ctrs)],
  ];
}

function recFields(spec: RmmSpec, page: Uint8Array): Named {
  const { flags, pc, gprs } = spec.recParams.decode(page);
  return [
    ["flags", hexU64(flags)],
    ["pc", hexU64(pc)],
    ...gprs.map((value, i) => [`x${i}`, hexU64(value)] as const),
  ];
}

function differing(a: Named, b: Named): readonly (readonly [name: string, a: string, b: string])[] {
  return a.flatMap(([name, value], i) => {
    const other = b[i]?.[1] ?? value;
    return value === other ? [] : [[name, value, other] as const];
  });
}

/** Parameters of the Realm that differ. */
export function compareRealmParams(a: RecordedLaunch, b: RecordedLaunch): readonly Effect[] {
  const [pageA] = paramsOf(a.stretches, "realm");
  const [pageB] = paramsOf(b.stretches, "realm");
  if (pageA === undefined || pageB === undefined) return [];
  return differing(realmFields(a.spec, pageA), realmFields(b.spec, pageB)).map(
    ([field, one, other]): Effect => ({ kind: "parameter", field, a: one, b: other }),
  );
}

/** RECs that differ, and how many are the same. */
export function compareRecs(
  a: RecordedLaunch,
  b: RecordedLaunch,
): { readonly effects: readonly Effect[]; readonly count: DescriptorCount } {
  const recsA = paramsOf(a.stretches, "rec");
  const recsB = paramsOf(b.stretches, "rec");
  const effects: Effect[] = [];
  if (recsA.length !== recsB.length) {
    effects.push({ kind: "rec-count", a: recsA.length, b: recsB.length });
  }
  let common = 0;
  for (const [i, one] of recsA.entries()) {
    const other = recsB[i];
    if (other === undefined) continue;
    if (equalBytes(one, other)) common += 1;
    for (const [register, mine, its] of differing(
      recFields(a.spec, one),
      recFields(b.spec, other),
    )) {
      effects.push({ kind: "rec", register, a: mine, b: its });
    }
  }
  return { effects, count: { a: recsA.length, b: recsB.length, common } };
}
