/**
 * The steps of a launch without a VMM model, as the requests that a VMM would make of KVM.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { type PlatformFeatures, SVE_VECTOR_UNIT } from "../rmm/platform-features.ts";
import { hexU64, type U64, u64 } from "../units.ts";
import type { KvmFacts } from "./kvm/facts.ts";
import { mpidrOf } from "./kvm/rec.ts";
import type { RealmFields } from "./realm-fields.ts";
import type { VcpuSetup, VmmRequest } from "./requests.ts";
import type { LaunchStep } from "./steps.ts";

/** What decides how the steps are asked for. */
export interface StepContext {
  readonly facts: KvmFacts;
  readonly realm: RealmFields;
  readonly features: PlatformFeatures;
}

const REALM = "/realm";

/** SVE and PMU as vCPUs have them, where a launch description only switches them on. */
function vcpuSetup({ flags, sveVl, pmuNumCtrs }: RealmFields): VcpuSetup {
  return {
    ...(flags?.sve === true && {
      sveVectorBits: sveVl === undefined ? "max" : (sveVl + 1) * SVE_VECTOR_UNIT,
    }),
    ...(flags?.pmu === true && { pmuCounters: pmuNumCtrs ?? "max" }),
  };
}

/** Debug registers of series that have them configured: what KVM reports, as kvmtool passes it on. */
function debugItem({ realm, features }: StepContext): VmmRequest[] {
  const { numBps: num_brps = features.features.numBps } = realm;
  const { numWps: num_wrps = features.features.numWps } = realm;
  const absent = [
    ...(realm.numBps === undefined ? ["breakpoints"] : []),
    ...(realm.numWps === undefined ? ["watchpoints"] : []),
  ].filter((field) => features.notChecked.includes(field));
  if (absent.length > 0) {
    const names = absent.map((field) => `platform.${field}`).join(" and ");
    throw new CcaRimError("HOST_PLATFORM", `${names} must be given: a VMM configures them`, {
      where: { pointer: "/platform" },
      hint: "or give realm.numBps and realm.numWps",
    });
  }
  return [{ request: "config", name: "dbg", value: { num_brps, num_wrps }, origin: REALM }];
}

/** Configuration items for what `realm` gives and the series lets a VMM choose. */
function* configItems(context: StepContext): Generator<VmmRequest> {
  const { realm, facts } = context;
  const origin = REALM;
  for (const name of facts.configItems) {
    if (name === "hash_algo" && realm.hashAlgo !== undefined) {
      yield { request: "config", name, value: realm.hashAlgo, origin };
    } else if (name === "rpv" && realm.rpv !== undefined) {
      yield { request: "config", name, value: toHex(realm.rpv), origin };
    } else if (name === "sve" && realm.flags?.sve === true) {
      const value = realm.sveVl ?? context.features.features.sveVl;
      yield { request: "config", name, value, origin };
    } else if (name === "pmu" && realm.flags?.pmu === true) {
      const value = realm.pmuNumCtrs ?? context.features.features.pmuNumCtrs;
      yield { request: "config", name, value, origin };
    } else if (name === "dbg") {
      yield* debugItem(context);
    }
  }
}

/** What no request of the series can ask for. */
function checkChoice({ realm, facts }: StepContext): void {
  if (facts.configItems.includes("hash_algo")) return;
  const other = realm.hashAlgo !== undefined && realm.hashAlgo !== "sha-256";
  const personal = realm.rpv?.some((byte) => byte !== 0) === true;
  if (!other && !personal) return;
  const field = other ? "hashAlgo" : "rpv";
  throw new CcaRimError("HOST_REFUSED", `this KVM offers no request for realm.${field}`, {
    where: { pointer: `${REALM}/${field}` },
    hint: "from v12 on a Realm has SHA-256 and a personalization value of zeros",
  });
}

/** The vCPU whose MPIDR KVM makes like that. */
function vcpuOf(mpidr: U64, pointer: string): number {
  const field = (shift: bigint): number => Number((mpidr >> shift) & 0xffn);
  const vcpu = field(0n) + 16 * field(8n) + 4096 * field(16n);
  if (mpidrOf(vcpu) === mpidr) return vcpu;
  throw new CcaRimError("HOST_ARGUMENT", `KVM gives no vCPU the MPIDR ${hexU64(mpidr)}`, {
    where: { pointer: `${pointer}/rec/mpidr` },
    hint: "Aff0 is the vCPU's number modulo 16, Aff1 and Aff2 the rest: 0x0 to 0xf, 0x100, ...",
  });
}

function checkRunnable(vcpu: number, runnable: boolean, pointer: string): void {
  if (runnable === (vcpu === 0)) return;
  const message = `KVM makes vCPU 0 runnable${vcpu === 0 ? "" : `, never vCPU ${vcpu}`}`;
  throw new CcaRimError("HOST_REFUSED", message, {
    where: { pointer: `${pointer}/rec/runnable` },
    hint: "remove runnable: KVM decides",
  });
}

function requestOf(step: LaunchStep): VmmRequest {
  const origin = step.pointer;
  switch (step.step) {
    case "memslot": {
      const { id, base, size, guestMemfd } = step;
      return { request: "memslot", id, base, size, guestMemfd, origin };
    }
    case "ripas": {
      const { base, top } = step;
      return { request: "init_ripas", base, size: u64(top - base), origin };
    }
    case "data": {
      const { base, content, measure, data } = step;
      const label = data.kind === "file" ? data.name : "fill";
      const size = u64(content.size);
      return { request: "populate", base, size, measure, content, label, origin };
    }
    case "rec": {
      const vcpu = vcpuOf(step.mpidr, origin);
      const { pc, gprs, runnable } = step;
      checkRunnable(vcpu, runnable, origin);
      return { request: "vcpu_finalize", vcpu, pc, gprs, runnable, origin };
    }
    case "activate":
      return { request: "activate", origin };
    case "rmi":
      throw new CcaRimError("HOST_ARGUMENT", "KVM offers no request for an RMI call", {
        where: { pointer: origin },
        hint: 'rmi steps need hypervisor "direct"',
      });
  }
}

/**
 * The requests for the steps. Where the VMM drives the launch, the Realm is created before the
 * first step that is no memory slot.
 *
 * @throws CcaRimError HOST_ARGUMENT, HOST_REFUSED, HOST_PLATFORM with the pointer of what is to
 * blame.
 */
export function* stepRequests(
  steps: readonly LaunchStep[],
  context: StepContext,
): Generator<VmmRequest> {
  const { realm, facts } = context;
  checkChoice(context);
  yield { request: "create_vm", ipaBits: realm.s2sz ?? 0, realm: true, origin: REALM };
  yield { request: "vcpu_setup", setup: vcpuSetup(realm), origin: REALM };
  const first = steps.findIndex(({ step }) => step !== "memslot");
  const slots = first < 0 ? steps : steps.slice(0, first);
  for (const step of slots) yield requestOf(step);
  if (facts.order === "vmm") {
    yield* configItems(context);
    yield { request: "create_realm", origin: REALM };
  }
  for (const step of steps.slice(slots.length)) yield requestOf(step);
}
