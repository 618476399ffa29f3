/**
 * Why a launch ended without a Realm, in words.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { HostOutcome } from "../host/process.ts";
import type { RmmFeatures } from "../rmm/features.ts";
import type { RealmParams } from "../rmm/params.ts";
import { brokenRule } from "../rmm/realm-params.ts";
import type { RmiResult } from "../rmm/rmi.ts";
import type { Rmm } from "../rmm/rmm.ts";

/** The field of a Realm that breaks a rule, as manifests name it, and what would do. */
interface Wanted {
  readonly field: string;
  readonly is: (params: RealmParams) => number | boolean;
  readonly offered: (rmm: Rmm) => string;
}

const upTo =
  (least: number, most: (features: RmmFeatures) => number): Wanted["offered"] =>
  ({ features }) => {
    const limit = most(features);
    if (limit <= least) return limit < least ? "no value" : `only ${least}`;
    return `${least} to ${limit}`;
  };

const numBps: Wanted = {
  field: "numBps",
  is: (p) => p.num_bps,
  offered: upTo(1, (f) => f.numBps),
};
const numWps: Wanted = {
  field: "numWps",
  is: (p) => p.num_wps,
  offered: upTo(1, (f) => f.numWps),
};

/** By the rule's id; rules that no manifest can break are left out. */
const WANTED: Readonly<Record<string, Wanted>> = {
  "flags.lpa2": { field: "flags.lpa2", is: () => true, offered: () => "no LPA2" },
  "flags.sve": { field: "flags.sve", is: () => true, offered: () => "no SVE" },
  s2sz: { field: "s2sz", is: (p) => p.s2sz, offered: upTo(32, (f) => f.s2sz) },
  "s2sz.lpa2": {
    field: "s2sz",
    is: (p) => p.s2sz,
    offered: () => "more than 48 with flags.lpa2 only",
  },
  num_bps: numBps,
  "num_bps.reserved": numBps,
  num_wps: numWps,
  "num_wps.reserved": numWps,
  sve_vl: { field: "sveVl", is: (p) => p.sve_vl, offered: upTo(0, (f) => f.sveVl) },
  pmu_num_ctrs: {
    field: "pmuNumCtrs",
    is: (p) => p.pmu_num_ctrs,
    offered: upTo(0, (f) => f.pmuNumCtrs),
  },
  "pmu_num_ctrs.hpmn0": {
    field: "pmuNumCtrs",
    is: (p) => p.pmu_num_ctrs,
    offered: () => "a PMU without counters with FEAT_HPMN0 only",
  },
};

const SEE_TRACE = "cca-rim trace shows the calls up to this one";

/** "RMI_ERROR_RTT at level 2" */
function statusText({ status, index }: RmiResult): string {
  return status === "RMI_ERROR_RTT" ? `${status} at level ${index}` : status;
}

/** What is wrong with the parameters of a Realm that was refused, and where that stands. */
function paramsBlame(
  rmm: Rmm,
  outcome: HostOutcome & { kind: "refused" },
): { readonly hint: string; readonly field: string } | undefined {
  const { call } = outcome.turn;
  if (call.command !== "RMI_REALM_CREATE") return undefined;
  const params = rmm.spec.realmParams.decode(call.input.params);
  const rule = brokenRule(params, rmm.features, rmm.spec);
  if (rule === undefined || rule.condition !== outcome.result.failed) return undefined;
  if (rule.id === "hash_algo") {
    const known = rmm.spec.hashAlgos.join(" and ");
    return { field: "hashAlgo", hint: `RMM ${rmm.spec.id} knows ${known}` };
  }
  const wanted = WANTED[rule.id];
  if (wanted === undefined) return undefined;
  const { field, is, offered } = wanted;
  return {
    field,
    hint: `${field} is ${is(params)}, the RMM of this platform takes ${offered(rmm)}`,
  };
}

function refusal(rmm: Rmm, calls: number, outcome: HostOutcome & { kind: "refused" }): CcaRimError {
  const { turn, result } = outcome;
  const { command } = turn.call;
  const section = rmm.spec.commands[command]?.section ?? "";
  const params = paramsBlame(rmm, outcome);
  const pointer =
    turn.origin === "/realm" && params !== undefined
      ? `/realm/${params.field.replace(".", "/")}`
      : turn.origin;
  return new CcaRimError(
    "RMI_REFUSED",
    `call ${calls}, ${command}, is refused with ${statusText(result)}: condition ${result.failed} of ${rmm.spec.document} ${section}`,
    {
      ...(pointer === undefined ? {} : { where: { pointer } }),
      hint: [params?.hint, outcome.hint ?? (params === undefined ? SEE_TRACE : undefined)]
        .filter((hint) => hint !== undefined)
        .join("; "),
    },
  );
}

/**
 * The error of a launch that did not come to its end.
 *
 * @param calls RMI calls made; the last is the one that was refused, if one was.
 */
export function launchFailure(rmm: Rmm, calls: number, outcome: HostOutcome): CcaRimError {
  if (outcome.kind === "refused") return refusal(rmm, calls, outcome);
  if (outcome.kind === "host-error") {
    return new CcaRimError("HOST_REFUSED", outcome.message, {
      ...(outcome.origin === undefined ? {} : { where: { pointer: outcome.origin } }),
      ...(outcome.hint === undefined ? {} : { hint: outcome.hint }),
    });
  }
  return new CcaRimError("BUG_INTERNAL", `a launch ended as ${outcome.kind} without a Realm`);
}
