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

  /** Address of the first starting-level table of each RTT tree, that of Plane 0 first. */
  get trees(): readonly Pa[] {
    return [this.params.rtt_base as Pa];
  }

  /** Addresses of all starting-level tables. Only valid once rtt_num_level does not hold. */
  get roots(): readonly Pa[] {
    return this.trees.flatMap((tree) => this.tablesOf(tree));
  }

  /** VMIDs of the Realm: of Plane 0, then of the others. */
  get vmids(): readonly number[] {
    return [this.params.vmid ?? 0];
  }

  /** A MECID that the Realm has to itself. */
  get mecid(): number | undefined {
    return undefined;
  }

  /** Addresses of the starting-level tables of one tree. */
  tablesOf(tree: Pa): readonly Pa[] {
    return Array.from(
      { length: this.params.rtt_num_start },
      (_, i) => BigInt.asUintN(64, tree + BigInt(i * GRANULE_SIZE)) as Pa,
    );
  }
}

type C = RealmCreateContext;

const breaks = (condition: RealmParamsCondition): Failure<C> =>
  inputError(condition, (c) => c.broken?.condition === condition);

/** Whether a VMID is out of range, in use, or given twice. */
function isVmidTaken({ rmm, vmids }: C): boolean {
  return (
    new Set(vmids).size < vmids.length ||
    vmids.some((vmid) => vmid >= rmm.vmidCount || rmm.vmids.has(vmid))
  );
}

/** Conditions in the order of the page. */
export const realmCreatePage: readonly Failure<RealmCreateContext>[] = [
  ...granuleErrors<C>(
    ["params_align", "params_bound", "params_pas"],
    "UNDELEGATED",
    (c) => c.input.params_ptr,
  ),
  breaks("params_valid"),
  breaks("params_supp"),
  inputError("alias", (c) => c.roots.includes(c.input.rd)),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "DELEGATED", (c) => c.input.rd),
  inputError("rtt_align", ({ trees, params }) =>
    trees.some((tree) => tree % BigInt(params.rtt_num_start * GRANULE_SIZE) !== 0n),
  ),
  breaks("rtt_num_level"),
  inputError("rtt_state", (c) =>
    c.roots.some((root) => c.rmm.granules.stateOf(root) !== "DELEGATED"),
  ),
  inputError("vmid_valid", isVmidTaken),
];

/**
 * The starting-level tables: protected entries UNASSIGNED with RIPAS EMPTY, unprotected ones
 * UNASSIGNED_NS; what lies beyond the IPA space keeps the zeros of a fresh granule.
 */
function startingLevel(c: C, tree: Pa): readonly Rtt[] {
  const level = Number(c.params.rtt_level_start);
  const entries = 2 ** c.params.s2sz / rttLevelSize(level);
  const tables = c.tablesOf(tree).map((root) => new Rtt(Number(root), level));
  for (let i = entries / 2; i < entries; i++) {
    tables[Math.floor(i / RTT_ENTRIES)]?.set(i % RTT_ENTRIES, RTTE.UNASSIGNED_NS);
  }
  return tables;
}

function apply(c: C): Effect {
  const { rmm, params, input, vmids, mecid } = c;
  const { spec } = rmm;
  const [roots = [], ...aux] = c.trees.map((tree) => startingLevel(c, tree));
  const auxRoots = aux.flat();
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
    vmids,
    auxRoots,
    ...(mecid !== undefined && { mecid }),
    rpv: params.rpv,
    measurements: new RealmMeasurements(rmm.hashes(algo)),
    recIndex: 0,
    numRecs: 0,
  });
  for (const vmid of vmids) rmm.vmids.add(vmid);
  if (mecid !== undefined) rmm.mecids.add(mecid);
  rmm.granules.set(Number(input.rd), "RD");
  for (const root of [...roots, ...auxRoots]) rmm.granules.set(root.pa, "RTT");
  // B4.3.9.4: the RIM covers a zero-filled RmiRealmParams with the measured fields alone.
  const measured = spec.realmParams.project(input.params, spec.realmParamsMeasured);
  return { measured: [{ kind: "realm", params: measured }] };
}

export const realmCreate: RmiCommand<"RMI_REALM_CREATE", C> = {
  name: "RMI_REALM_CREATE",
  section: "B4.3.9",
  context: RealmCreateContext,
  failures: edited(realmCreatePage, [
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
