/**
 * RMI calls as people and scripts see them: named arguments, without the granules that the host
 * picked unless they are asked for.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { extract } from "../formats/bitfields.ts";
import { REALM_FLAGS } from "../rmm/params.ts";
import type { RmiCall, RmiCommandName, RmiOutputs } from "../rmm/rmi.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { hexU64 } from "../units.ts";

/** Named arguments; u64 values as `0x...` text, small numbers as numbers. */
export type ShownArguments = Readonly<Record<string, unknown>>;

/** Inputs that are granules of the host's choice, or lists of them. */
const GRANULES: ReadonlySet<string> = new Set([
  "addr",
  "data",
  "list",
  "list_count",
  "list_ptr",
  "oaddr",
  "params_ptr",
  "rd",
  "rec",
  "rtt",
  "src",
]);
/** Commands whose `base` and `top` are granules, too; elsewhere they are IPAs. */
const GRANULE_RANGES: ReadonlySet<RmiCommandName> = new Set([
  "RMI_GRANULE_RANGE_DELEGATE",
  "RMI_GRANULE_RANGE_UNDELEGATE",
]);
/** Inputs that are shown in another form. */
const STRUCTURES: ReadonlySet<string> = new Set(["params", "content"]);

function shownRealmParams(spec: RmmSpec, page: Uint8Array, addresses: boolean): ShownArguments {
  const params = spec.realmParams.decode(page);
  return {
    hashAlgo: spec.hashAlgos[params.hash_algo] ?? params.hash_algo,
    rpv: `hex:${toHex(params.rpv)}`,
    s2sz: params.s2sz,
    numBps: params.num_bps,
    numWps: params.num_wps,
    flags: {
      lpa2: extract(params.flags, REALM_FLAGS.lpa2) === 1,
      sve: extract(params.flags, REALM_FLAGS.sve) === 1,
      pmu: extract(params.flags, REALM_FLAGS.pmu) === 1,
    },
    sveVl: params.sve_vl,
    pmuNumCtrs: params.pmu_num_ctrs,
    ...(addresses
      ? {
          rttBase: hexU64(params.rtt_base),
          rttLevelStart: Number(params.rtt_level_start),
          rttNumStart: params.rtt_num_start,
        }
      : {}),
  };
}

function shownRecParams(spec: RmmSpec, page: Uint8Array, addresses: boolean): ShownArguments {
  const params = spec.recParams.decode(page);
  return {
    flags: hexU64(params.flags),
    mpidr: hexU64(params.mpidr),
    pc: hexU64(params.pc),
    gprs: params.gprs.map(hexU64),
    ...(params.num_aux === undefined ? {} : { numAux: Number(params.num_aux) }),
    ...(addresses && params.aux !== undefined
      ? { aux: params.aux.slice(0, Number(params.num_aux)).map(hexU64) }
      : {}),
  };
}

function shownValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownValue);
  return typeof value === "bigint" ? hexU64(value) : value;
}

const camelNames = new Map<string, string>();

/** The specification's `out_top` as files write it: `outTop`. */
function camelCase(name: string): string {
  let camel = camelNames.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    camelNames.set(name, camel);
  }
  return camel;
}

/**
 * The arguments of a call.
 *
 * @param addresses Whether to show the granules that the host picked.
 */
export function shownArguments(call: RmiCall, spec: RmmSpec, addresses: boolean): ShownArguments {
  const plain: Record<string, unknown> = {};
  const granulesOnly = GRANULE_RANGES.has(call.command);
  const input: object = call.input;
  for (const name of Object.keys(input)) {
    const picked = granulesOnly || GRANULES.has(name);
    if (STRUCTURES.has(name) || (picked && !addresses)) continue;
    plain[camelCase(name)] = shownValue(input[name as keyof typeof input]);
  }
  switch (call.command) {
    case "RMI_REALM_CREATE":
      return { ...plain, ...shownRealmParams(spec, call.input.params, addresses) };
    case "RMI_REC_CREATE":
      return { ...plain, ...shownRecParams(spec, call.input.params, addresses) };
    default:
      return plain;
  }
}

/** The outputs of a call, named as files name them (`outTop`). */
export function shownOutputs(outputs: RmiOutputs): ShownArguments {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [camelCase(name), shownValue(value)]),
  );
}
