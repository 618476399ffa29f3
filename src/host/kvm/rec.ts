/**
 * Creating RECs.
 *
 * @module
 */
import { type U64, u64 } from "../../units.ts";
import { finishOperation, recParamsOf, turnOf } from "../rmi-calls.ts";
import { delegate, undelegate } from "./calls.ts";
import { type KvmPart, type KvmRefusal, refuse, refuseFor, refuseOrder } from "./refusal.ts";
import type { KvmVm, Vcpu } from "./vm.ts";

/** KVM_MAX_VCPUS on arm64. */
const MAX_VCPUS = 512;

/**
 * MPIDR_EL1's affinity fields of a vCPU: 16 vCPUs share Aff1.
 *
 * @see Linux arch/arm64/kvm/sys_regs.c, reset_mpidr()
 */
export function mpidrOf(vcpu: number): U64 {
  return u64((vcpu & 0xf) | (((vcpu >> 4) & 0xff) << 8) | (((vcpu >> 12) & 0xff) << 16));
}

/** KVM_CREATE_VCPU with the registers that it has when its REC is created. */
export function addVcpu(
  vm: KvmVm,
  { vcpu, pc, gprs }: { readonly vcpu: number; readonly pc: U64; readonly gprs: readonly U64[] },
): Vcpu | KvmRefusal {
  if (vcpu >= MAX_VCPUS) return refuse("EINVAL", `it has at most ${MAX_VCPUS} vCPUs`);
  const added: Vcpu = { id: vcpu, pc, gprs, finalized: false };
  vm.vcpus.push(added);
  return added;
}

/** Creates the REC of a vCPU. Only vCPU 0 may run. */
export function* createRec(vm: KvmVm, vcpu: Vcpu, origin: string | undefined): KvmPart {
  const rec = vm.granules.take();
  const aux = Array.from({ length: vm.auxCount }, () => vm.granules.take());
  for (const granule of [rec, ...aux]) {
    const refusal = yield* delegate(vm, granule, 1, origin);
    if (refusal !== undefined) return refusal;
  }
  const { id, pc, gprs } = vcpu;
  const params = recParamsOf(
    vm.env.spec,
    { mpidr: mpidrOf(id), pc, gprs, runnable: id === 0 },
    aux,
  );
  const input = { rd: vm.rd, rec, params_ptr: vm.granules.recParams, params };
  const turn = turnOf({ command: "RMI_REC_CREATE", input }, origin);
  const result = yield* finishOperation(vm, yield turn, origin);
  if (result.status === "RMI_SUCCESS") {
    vcpu.finalized = true;
    return undefined;
  }
  for (const granule of [...aux, rec]) yield* undelegate(vm, granule, 1, origin);
  return refuseFor("ENXIO", turn, result);
}

/** The request of a VMM to finalize a vCPU as a REC. */
export function* finalizeRec(
  vm: KvmVm,
  request: { readonly vcpu: number; readonly pc: U64; readonly gprs: readonly U64[] },
  origin: string | undefined,
): KvmPart {
  if (vm.state !== "NEW") {
    const why = vm.state === "NONE" ? "there is no Realm yet" : "the Realm is active already";
    return refuseOrder("ENOENT", why);
  }
  const known = vm.vcpus.find(({ id }) => id === request.vcpu);
  if (known?.finalized === true && vm.facts.finalizeOnce) {
    return refuseOrder("EBUSY", "its REC exists already");
  }
  const hasPmu = vm.setup?.pmuCounters !== undefined;
  if (vm.facts.pmuOnAllVcpus && vm.setup !== undefined) {
    const realmHasPmu = vm.configured.flags?.pmu === true;
    if (hasPmu !== realmHasPmu) {
      const why = `its PMU is ${hasPmu ? "on" : "off"}, the Realm's ${realmHasPmu ? "on" : "off"}`;
      return refuse("EINVAL", why);
    }
  }
  const vcpu = known ?? addVcpu(vm, request);
  return "errno" in vcpu ? vcpu : yield* createRec(vm, vcpu, origin);
}
