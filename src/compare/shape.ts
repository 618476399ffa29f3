/**
 * The shape of a launch: everything that decides which descriptors it measures in which order,
 * except the contents of pages and the Realm's parameters. Launches of one shape differ in these
 * two alone, so the models need not run again for them.
 *
 * @module
 */
import { extract } from "../formats/bitfields.ts";
import { kvmFacts } from "../host/kvm/launch.ts";
import { isKvm } from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import type { LaunchStep } from "../host/steps.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { REALM_FLAGS } from "../rmm/params.ts";
import type { Rmm } from "../rmm/rmm.ts";
import type { Slot } from "./stretches.ts";

/** Features that decide about the Realm's parameters alone, which are checked for every launch. */
const OF_PARAMETERS: ReadonlySet<string> = new Set([
  "s2sz",
  "lpa2",
  "sveEn",
  "sveVl",
  "numBps",
  "numWps",
  "pmuEn",
  "pmuNumCtrs",
  "hpmn0",
  "hashSha256",
  "hashSha384",
  "hashSha512",
]);

function stepKey(step: LaunchStep): string | undefined {
  switch (step.step) {
    case "data":
      return `data ${step.base} ${step.content.size} ${step.measure}`;
    case "ripas":
      return `ripas ${step.base} ${step.top}`;
    case "rec":
      return `rec ${step.mpidr} ${step.pc} ${step.gprs.join()} ${step.runnable}`;
    case "memslot":
      return `memslot ${step.id} ${step.base} ${step.size} ${step.guestMemfd}`;
    case "activate":
      return "activate";
    case "rmi":
      // Whatever it does, nobody but the RMM can tell.
      return undefined;
  }
}

function requestKey(request: VmmRequest): string {
  switch (request.request) {
    case "create_vm":
      return `create_vm ${request.ipaBits} ${request.realm}`;
    case "config":
    case "vcpu_setup":
      return "";
    case "memslot":
      return `memslot ${request.id} ${request.base} ${request.size} ${request.guestMemfd}`;
    case "init_ripas":
      return `ripas ${request.base} ${request.size}`;
    case "populate":
      return `data ${request.base} ${request.size} ${request.measure}`;
    case "vcpu_finalize":
      return `rec ${request.vcpu} ${request.pc} ${request.gprs.join()} ${request.runnable}`;
    case "create_realm":
    case "activate":
      return request.request;
  }
}

/** RECs below this number no host refuses; a test runs the models with and without. */
const FEW_RECS = 512;

/**
 * A vCPU's request. RECs that may not run are not measured, so a launch with a few more or less of
 * them measures the same; how many fit is for the RMM to say.
 */
function vcpuKey(
  request: VmmRequest & { readonly request: "vcpu_finalize" },
  fitting: number,
): string {
  const isIdle = request.vcpu > 0 && request.vcpu < fitting && !request.runnable;
  return isIdle ? "" : requestKey(request);
}

function keysOf(
  plan: LaunchPlan,
  requests: readonly VmmRequest[] | undefined,
  rmm: Rmm,
): readonly string[] | undefined {
  if (requests !== undefined) {
    const fitting = Math.min(FEW_RECS, 2 ** rmm.features.maxRecsOrder - 1);
    return requests
      .map((each) => (each.request === "vcpu_finalize" ? vcpuKey(each, fitting) : requestKey(each)))
      .filter((key) => key !== "");
  }
  const keys: string[] = [];
  for (const step of plan.launch) {
    const key = stepKey(step);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

/** Series of Linux KVM with the same facts behave the same. */
function hypervisorKey({ host: { hypervisor } }: LaunchPlan): string {
  return isKvm(hypervisor) ? JSON.stringify(kvmFacts(hypervisor)) : hypervisor;
}

/**
 * The key of a launch's shape, as far as it is known before the Realm is created.
 *
 * @returns undefined if only the RMM can tell what the launch does.
 */
export function shapeKey(
  plan: LaunchPlan,
  requests: readonly VmmRequest[] | undefined,
  rmm: Rmm,
): string | undefined {
  const keys = keysOf(plan, requests, rmm);
  if (keys === undefined) return undefined;
  const { hostPageSize, hostLpa2 } = plan.platform;
  const features = Object.entries(rmm.features).filter(([name]) => !OF_PARAMETERS.has(name));
  return [
    `${plan.rmm} ${hypervisorKey(plan)} ${hostPageSize ?? ""} ${hostLpa2 ?? ""}`,
    features.join(" "),
    ...keys,
  ].join("\n");
}

/** What of the Realm's parameters decides about a shape: how the IPA space is laid out. */
export function shapeOfParams(rmm: Rmm, params: Uint8Array): string {
  const { flags, s2sz } = rmm.spec.realmParams.decode(params);
  return `${s2sz} ${extract(flags, REALM_FLAGS.lpa2)}`;
}

/** What a launch loads, in order. */
export function slotsOf(
  plan: LaunchPlan,
  requests: readonly VmmRequest[] | undefined,
): readonly Slot[] {
  if (requests === undefined) {
    return plan.launch.flatMap((step): Slot[] => {
      if (step.step !== "data") return [];
      const { data, base, content, pointer } = step;
      const label = data.kind === "file" ? data.name : "fill";
      return [{ label, base: Number(base), content, origin: pointer }];
    });
  }
  return requests.flatMap((request): Slot[] => {
    if (request.request !== "populate") return [];
    const { label, base, content, origin } = request;
    return [{ label, base: Number(base), content, origin }];
  });
}

/** How many RECs a launch asks for. */
export function recCount(plan: LaunchPlan, requests: readonly VmmRequest[] | undefined): number {
  return requests === undefined
    ? plan.launch.filter(({ step }) => step === "rec").length
    : requests.filter(({ request }) => request === "vcpu_finalize").length;
}
