/**
 * Linux KVM as a hypervisor: a VMM's requests in, RMI calls out.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { HostOutcome, HostProcess } from "../process.ts";
import type { VmmRequest } from "../requests.ts";
import { configure, setUpVcpus } from "./config.ts";
import { createRealm, createVm } from "./create.ts";
import type { KvmFacts } from "./facts.ts";
import { populate, populateGuestMemfd } from "./populate.ts";
import { addVcpu, finalizeRec } from "./rec.ts";
import { type KvmPart, type KvmRefusal, outcomeOf, refuse, refuseOrder } from "./refusal.ts";
import { initRipasRequest } from "./ripas.ts";
import { activate, firstRun } from "./run.ts";
import { KVM_SERIES, kvmSeries } from "./series.ts";
import { type KvmEnvironment, KvmVm } from "./vm.ts";

export { refusalText } from "./refusal.ts";
export type { KvmAssumption, KvmEnvironment, RefusedRequest } from "./vm.ts";

/** The facts of a hypervisor's series. @throws CcaRimError HOST_UNKNOWN_MODEL, HOST_NOT_MODELLED */
export function kvmFacts(hypervisor: string): KvmFacts {
  const series = kvmSeries(hypervisor);
  if (series === undefined) {
    const known = KVM_SERIES.map(({ id }) => `linux-kvm/${id}`).join(", ");
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `there is no hypervisor "${hypervisor}"`, {
      where: { pointer: "/host/hypervisor" },
      hint: `known: ${known}`,
    });
  }
  if (series.facts === undefined) {
    throw new CcaRimError("HOST_NOT_MODELLED", `the RMM under ${hypervisor} is not modelled`, {
      where: { pointer: "/host/hypervisor" },
      hint: "`dtb` and `trace --layer host` work",
    });
  }
  return series.facts;
}

/** KVM_SET_USER_MEMORY_REGION2. */
function addSlot(
  vm: KvmVm,
  request: Extract<VmmRequest, { readonly request: "memslot" }>,
): KvmRefusal | undefined {
  const { id, base, size, guestMemfd } = request;
  const slot = { id, base, top: base + size, guestMemfd };
  return vm.slots.add(slot, vm.hostPageSize, 1n << BigInt(vm.ipaBits));
}

/** A request that makes RMI calls, or the result of one that makes none. */
type Served = KvmPart | KvmRefusal | undefined;

/**
 * Where the VMM drives the launch, each request becomes RMI calls at once. A function that picks
 * a generator instead of running one: the RMI calls of a launch pass through what is on the way.
 */
function serveInOrder(vm: KvmVm, request: VmmRequest): Served {
  const { origin } = request;
  switch (request.request) {
    case "create_realm":
      return vm.state === "NONE"
        ? createRealm(vm, origin)
        : refuseOrder("EEXIST", "the Realm exists already");
    case "init_ripas":
      return initRipasRequest(vm, request.base, request.size, origin);
    case "populate":
      return populate(vm, { ...request, origin });
    case "vcpu_finalize":
      return finalizeRec(vm, request, origin);
    case "activate":
      return activate(vm, origin);
    default:
      return undefined;
  }
}

const DRIVEN_HINT =
  "it creates the Realm at the first POPULATE, RECs and RIPAS of all slots at the first KVM_RUN";

/** Where KVM drives the launch, the VMM only hands over content and runs a vCPU. */
function serveDriven(vm: KvmVm, request: VmmRequest): Served {
  switch (request.request) {
    case "populate":
      return populateGuestMemfd(vm, { ...request, origin: request.origin });
    case "vcpu_finalize":
      return createVcpu(vm, request);
    case "activate":
      return firstRun(vm, request.origin);
    case "create_realm":
    case "init_ripas":
      return refuseOrder("EINVAL", "it has no such request", DRIVEN_HINT);
    default:
      return undefined;
  }
}

function createVcpu(
  vm: KvmVm,
  request: Extract<VmmRequest, { readonly request: "vcpu_finalize" }>,
): KvmRefusal | undefined {
  if (vm.state === "ACTIVE" || vm.state === "DEAD") {
    return refuseOrder("EBUSY", "RECs were created at the first KVM_RUN");
  }
  if (vm.vcpus.some(({ id }) => id === request.vcpu)) return refuse("EEXIST", "it exists already");
  const vcpu = addVcpu(vm, request);
  return "errno" in vcpu ? vcpu : undefined;
}

/** Serves one request; what comes before the Realm is alike in all series. */
function serve(vm: KvmVm, request: VmmRequest): Served {
  switch (request.request) {
    case "create_vm":
      return createVm(vm, request.ipaBits, request.realm);
    case "config":
      return configure(vm, request.name, request.value);
    case "vcpu_setup":
      return setUpVcpus(vm, request.setup);
    case "memslot":
      return addSlot(vm, request);
    default:
      return vm.facts.order === "vmm" ? serveInOrder(vm, request) : serveDriven(vm, request);
  }
}

/** How a launch ends whose requests have all been served. */
function endOf(vm: KvmVm, last: HostOutcome | undefined): HostOutcome {
  if (vm.state === "ACTIVE") return { kind: "done", rd: vm.rd };
  // Nothing is measured at activation, so a VMM that leaves it out has its RIM already.
  if (vm.state === "NEW" && vm.facts.order === "vmm") return { kind: "done", rd: vm.rd };
  if (last !== undefined) return last;
  const message =
    vm.state === "NONE"
      ? `${vm.name} was never asked to create a Realm`
      : `${vm.name} creates RECs and sets RIPAS at the first KVM_RUN, which never comes`;
  return { kind: "host-error", message, hint: "end the launch with its activation" };
}

/**
 * Serves the requests of a VMM.
 *
 * @param hypervisor `linux-kvm/...`
 * @throws CcaRimError HOST_UNKNOWN_MODEL, HOST_NOT_MODELLED for the hypervisor, HOST_PLATFORM for
 * what the platform must state.
 */
export function* launchKvm(
  hypervisor: string,
  requests: Iterable<VmmRequest>,
  env: KvmEnvironment,
): HostProcess {
  const vm = new KvmVm(hypervisor, kvmFacts(hypervisor), env);
  let last: HostOutcome | undefined;
  let number = 0;
  for (const request of requests) {
    const served = serve(vm, request);
    const refusal = served !== undefined && "next" in served ? yield* served : served;
    if (refusal !== undefined) {
      last = outcomeOf(hypervisor, request, refusal);
      if (env.onRefused?.({ number, request, refusal }) !== "continue") return last;
    }
    number += 1;
  }
  return endOf(vm, last);
}
