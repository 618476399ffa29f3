/**
 * Creating the VM and its Realm.
 *
 * @module
 */
import { GRANULE_SIZE } from "../../units.ts";
import { realmParamsOf } from "../direct.ts";
import { turnOf } from "../rmi-calls.ts";
import { startLevelFor } from "../stage2.ts";
import { delegate, undelegate } from "./calls.ts";
import { kvmRealmFields } from "./realm-params.ts";
import { type KvmPart, type KvmRefusal, refuse, refuseFor, refuseOrder } from "./refusal.ts";
import type { KvmVm } from "./vm.ts";

/** Width of the IPA space if the VMM asks for none (KVM_PHYS_SHIFT). */
const DEFAULT_IPA_BITS = 40;
/** Smallest width of an IPA space (ARM64_MIN_PARANGE_BITS). */
const MIN_IPA_BITS = 32;

/** KVM_CREATE_VM of a Realm. */
export function createVm(vm: KvmVm, ipaBits: number, realm: boolean): KvmRefusal | undefined {
  const { facts, env } = vm;
  const { features } = env.features;
  if (!realm) {
    return refuse("EINVAL", "it is an ordinary VM, which has no RIM", "name a line with a Realm");
  }
  if (!facts.hostPageSizes.includes(vm.hostPageSize)) {
    return refuse("EINVAL", `with host pages of ${vm.hostPageSize} bytes it offers no Realms`);
  }
  if (facts.lpa2OfferedToHost && vm.assume("hostLpa2", false) && !features.lpa2) {
    return refuse("EINVAL", "the host kernel uses LPA2 and the RMM has none, so it has no Realms");
  }
  const width = ipaBits === 0 ? DEFAULT_IPA_BITS : ipaBits;
  if (width < MIN_IPA_BITS || (vm.knows("maxIpaBits") && width > features.s2sz)) {
    const most = vm.knows("maxIpaBits") ? `${features.s2sz}` : "what the RMM offers";
    return refuse("EINVAL", `a Realm's IPA space has ${MIN_IPA_BITS} to ${most} bits`);
  }
  vm.ipaBits = width;
  return undefined;
}

/**
 * Granules of the stage 2 page table that KVM allocates for the start level, with the host's page
 * size: at least as many as the RMM takes.
 */
function pgdGranules(vm: KvmVm): number {
  const shift = Math.log2(vm.hostPageSize);
  const levels = Math.floor((vm.ipaBits - 4 - 4) / (shift - 3));
  const resolved = levels * (shift - 3) + shift;
  const pages = resolved >= vm.ipaBits ? 1 : 2 ** (vm.ipaBits - resolved);
  return (pages * vm.hostPageSize) / GRANULE_SIZE;
}

/** Creates the Realm with what VMM and vCPUs say at this moment. */
export function* createRealm(vm: KvmVm, origin: string | undefined): KvmPart {
  const { spec } = vm.env;
  const fields = kvmRealmFields(vm);
  const start = startLevelFor(fields.s2sz ?? 0);
  const tables = Math.max(pgdGranules(vm), start.tables);
  const rd = vm.granules.take();
  const root = vm.granules.take(tables);
  const failed =
    (yield* delegate(vm, rd, 1, origin)) ?? (yield* delegate(vm, root, tables, origin));
  if (failed !== undefined) return failed;
  const params = realmParamsOf(spec, fields, start, root);
  const input = { rd, params_ptr: vm.granules.realmParams, params };
  const turn = turnOf({ command: "RMI_REALM_CREATE", input }, origin);
  const result = yield turn;
  if (result.status !== "RMI_SUCCESS") {
    yield* undelegate(vm, root, tables, origin);
    yield* undelegate(vm, rd, 1, origin);
    return refuseFor("ENXIO", turn, result);
  }
  vm.rd = rd;
  vm.startLevel = start.level;
  vm.state = "NEW";
  yield* askAuxCount(vm, origin);
  return undefined;
}

function* askAuxCount(vm: KvmVm, origin: string | undefined): KvmPart {
  if (vm.env.spec.commands.RMI_REC_AUX_COUNT === undefined) return undefined;
  const result = yield turnOf({ command: "RMI_REC_AUX_COUNT", input: { rd: vm.rd } }, origin);
  vm.auxCount = Number(result.outputs["aux_count"] ?? 0);
  return undefined;
}

/** Creates the Realm unless there is one: how KVM starts where it drives the launch. */
export function* ensureCreated(vm: KvmVm, origin: string | undefined): KvmPart {
  switch (vm.state) {
    case "NONE":
      return yield* createRealm(vm, origin);
    case "NEW":
      return undefined;
    case "ACTIVE":
      return refuseOrder("EBUSY", "the Realm is active already");
    case "DEAD":
      return refuse("ENXIO", "the launch failed before, which KVM does not forgive");
  }
}
