/**
 * The end of a launch: ACTIVATE where the VMM drives it, the first KVM_RUN where KVM does.
 *
 * @module
 */
import type { Ipa } from "../../units.ts";
import { turnOf } from "../rmi-calls.ts";
import { ensureCreated } from "./create.ts";
import { createRec } from "./rec.ts";
import { type KvmPart, refuseFor, refuseOrder } from "./refusal.ts";
import { initRipas, notNew } from "./ripas.ts";
import type { KvmVm } from "./vm.ts";

function* activateRealm(vm: KvmVm, origin: string | undefined): KvmPart {
  const turn = turnOf({ command: "RMI_REALM_ACTIVATE", input: { rd: vm.rd } }, origin);
  const result = yield turn;
  if (result.status !== "RMI_SUCCESS") return refuseFor("ENXIO", turn, result);
  vm.state = "ACTIVE";
  return undefined;
}

/** The request ACTIVATE. */
export function* activate(vm: KvmVm, origin: string | undefined): KvmPart {
  if (vm.state !== "NEW") return refuseOrder(vm.facts.wrongState, notNew(vm));
  return yield* activateRealm(vm, origin);
}

/** Makes RAM of every slot with guest_memfd, in the order in which KVM walks through slots. */
function* ripasOfSlots(vm: KvmVm, origin: string | undefined): KvmPart {
  for (const slot of vm.slots.inHashOrder()) {
    if (!slot.guestMemfd) continue;
    const refusal = yield* initRipas(vm, slot.base as Ipa, slot.top as Ipa, origin);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function* recsOfVcpus(vm: KvmVm, origin: string | undefined): KvmPart {
  for (const vcpu of vm.vcpus) {
    const refusal = yield* createRec(vm, vcpu, origin);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The first KVM_RUN: RECs in the order of the vCPUs' creation, then RIPAS, then activation. */
export function* firstRun(vm: KvmVm, origin: string | undefined): KvmPart {
  if (vm.state === "ACTIVE") return undefined;
  const failed = yield* ensureCreated(vm, origin);
  if (failed !== undefined) return failed;
  // Whatever fails from here on is final.
  vm.state = "DEAD";
  return (
    (yield* recsOfVcpus(vm, origin)) ??
    (yield* ripasOfSlots(vm, origin)) ??
    (yield* activateRealm(vm, origin))
  );
}
