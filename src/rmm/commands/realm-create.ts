/**
 * RMI_REALM_CREATE: creates a Realm and initialises its RIM.
 *
 * @see RMM 1.0-rel0 B4.3.9
 * @module
 */
import { extract } from "../../formats/bitfields.ts";
import { GRANULE_SIZE, isGranuleAligned, type Pa } from "../../units.ts";
import {
  CommandContext,
  type Effect,
  edited,
  type Failure,
  granuleErrors,
  inputError,
  type RmiCommand,
} from "../command.ts";
import { RealmMeasurements } from "../measurement.ts";
import { REALM_FLAGS, type RealmParams } from "../params.ts";
import { brokenRule, type RealmParamsCondition, type RealmParamsRule } from "../realm-params.ts";
import { RTT_ENTRIES, RTTE, Rtt, rttLevelSize } from "../rtt.ts";

/** Context of RMI_REALM_CREATE. */
export class RealmCreateContext extends CommandContext<"RMI_REALM_CREATE"> {
  #params?: RealmParams;
  #broken?: RealmParamsRule | undefined;

  get params(): RealmParams {
    this.#params ??= this.rmm.spec.realmParams.decode(this.input.params);
    return this.#params;
  }

  /** The first rule for parameters that is broken. */
  get broken(): RealmParamsRule | undefined {
    this.#broken ??= brokenRule(this.params, this.rmm.features, this.rmm.spec);
    return this.#broken;
  }

  /** Addresses of the starting-level tables. Only valid once rtt_num_level does not hold. */
  get roots(): readonly Pa[] {
    const { rtt_base, rtt_num_start } = this.params;
    return Array.from(
      { length: rtt_num_start },
      (_, i) => BigInt.asUintN(64, rtt_base + BigInt(i * GRANULE_SIZE)) as Pa,
    );
  }
}

type C = RealmCreateContext;

const breaks = (condition: RealmParamsCondition): Failure<C> =>
  inputError(condition, (c) => c.broken?.condition === condition);

function isAlias({ input, params }: C): boolean {
  const end = params.rtt_base + BigInt(params.rtt_num_start * GRANULE_SIZE);
  return input.rd >= params.rtt_base && input.rd < end;
}

function vmidIsFree({ rmm, params }: C): boolean {
  return params.vmid < (rmm.features.vmid16 ? 0x10000 : 0x100) && !rmm.vmids.has(params.vmid);
}

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(
    ["params_align", "params_bound", "params_pas"],
    "UNDELEGATED",
    (c) => c.input.params_ptr,
  ),
  breaks("params_valid"),
  breaks("params_supp"),
  inputError("alias", isAlias),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "DELEGATED", (c) => c.input.rd),
  inputError(
    "rtt_align",
    ({ params }) => params.rtt_base % BigInt(params.rtt_num_start * GRANULE_SIZE) !== 0n,
  ),
  breaks("rtt_num_level"),
  inputError("rtt_state", (c) =>
    c.roots.some((root) => c.rmm.granules.stateOf(root) !== "DELEGATED"),
  ),
  inputError("vmid_valid", (c) => !vmidIsFree(c)),
];

/**
 * The starting-level tables: protected entries UNASSIGNED with RIPAS EMPTY, unprotected ones
 * UNASSIGNED_NS; what lies beyond the IPA space keeps the zeros of a fresh granule.
 */
function startingLevel(c: C): readonly Rtt[] {
  const level = Number(c.params.rtt_level_start);
  const entries = 2 ** c.params.s2sz / rttLevelSize(level);
  const tables = c.roots.map((root) => new Rtt(Number(root), level));
  for (let i = entries / 2; i < entries; i++) {
    tables[Math.floor(i / RTT_ENTRIES)]?.set(i % RTT_ENTRIES, RTTE.UNASSIGNED_NS);
  }
  return tables;
}

function apply(c: C): Effect {
  const { rmm, params, input } = c;
  const { spec } = rmm;
  const roots = startingLevel(c);
  const algo = rmm.hashAlgo(params.hash_algo) ?? "sha-256";
  rmm.realms.set(Number(input.rd), {
    state: "REALM_NEW",
    stage2: {
      ipaWidth: params.s2sz,
      startLevel: Number(params.rtt_level_start),
      roots,
    },
    protectedTop: 2 ** (params.s2sz - 1),
    featLpa2: extract(params.flags, REALM_FLAGS.lpa2) === 1,
    vmid: params.vmid,
    rpv: params.rpv,
    measurements: new RealmMeasurements(rmm.hashes(algo)),
    recIndex: 0,
    numRecs: 0,
  });
  rmm.vmids.add(params.vmid);
  rmm.granules.set(Number(input.rd), "RD");
  for (const root of roots) rmm.granules.set(root.pa, "RTT");
  // B4.3.9.4: the RIM covers a zero-filled RmiRealmParams with the measured fields alone.
  const measured = spec.realmParams.project(input.params, spec.realmParamsMeasured);
  return { measured: [{ kind: "realm", params: measured }] };
}

export const realmCreate: RmiCommand<"RMI_REALM_CREATE", C> = {
  name: "RMI_REALM_CREATE",
  section: "B4.3.9",
  context: RealmCreateContext,
  failures: edited(page, [
    {
      move: "rtt_num_level",
      before: "alias",
      because: "runtime/rmi/realm.c:302 knows the number of tables before it looks at them",
    },
    {
      replace: inputError("rtt_align", ({ params }) => !isGranuleAligned(params.rtt_base)),
      because: "TF-RMM 1870dfee asks for granule alignment only, also of concatenated tables",
    },
  ]),
  apply,
};
