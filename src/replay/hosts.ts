/**
 * The host of a launch plan: which VMM model makes the requests, which hypervisor model serves
 * them, and the RMM features that it goes with.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { type HostEnvironment, launchDirect } from "../host/direct.ts";
import {
  type KvmAssumption,
  kvmFacts,
  launchKvm,
  type RefusedRequest,
  refusalText,
} from "../host/kvm/launch.ts";
import { isCalculator, isKvm } from "../host/models.ts";
import type { HostProcess } from "../host/process.ts";
import type { VmmRequest } from "../host/requests.ts";
import { launchRimMeasurer, RIM_MEASURER_FEATURES } from "../host/rim-measurer.ts";
import { stepRequests } from "../host/step-requests.ts";
import type { Assumption, LaunchPlan } from "../manifest/plan.ts";
import { type PlatformFeatures, platformFeatures } from "../rmm/platform-features.ts";
import { rmmSpec } from "../rmm/spec/index.ts";
import { vmmLaunch } from "./vmm.ts";

/** A host that is ready to launch. */
export interface PlannedHost {
  readonly conversation: HostProcess;
  /** What the RMM of the launch offers. */
  readonly features: PlatformFeatures;
  /** Requests that failed and that the launch went on without; complete once it has run. */
  readonly refused: () => readonly RefusedStep[];
  /** What VMM and hypervisor took for granted; complete once the launch has run. */
  readonly assumed: () => readonly Assumption[];
}

/** A step of the launch that the hypervisor refused. */
export interface RefusedStep {
  /** JSON pointer of the step. */
  readonly pointer: string;
  /** What was refused, with which error and why. */
  readonly message: string;
}

/** What a user should know about how a plan's VMM is modelled. */
export function vmmWarnings(plan: LaunchPlan): readonly string[] {
  return plan.host.vmm === "none" ? [] : (vmmLaunch(plan).warnings ?? []);
}

/** What a VMM asks for. */
interface Requests {
  readonly requests: Iterable<VmmRequest>;
  readonly assumed: () => readonly Assumption[];
}

const NOTHING: readonly Assumption[] = [];
const NONE_REFUSED: readonly RefusedStep[] = [];

/** Requests without which no launch gets anywhere. */
const NEEDED: ReadonlySet<VmmRequest["request"]> = new Set([
  "config",
  "create_realm",
  "create_vm",
  "memslot",
  "vcpu_setup",
]);

/**
 * What a launch of listed steps does when a step is refused. The list says what the VMM does next:
 * activation is to be had without a page or a REC that was refused. A step at the wrong time shows
 * that the list is meant for another KVM.
 */
function goesOn({ request, refusal }: RefusedRequest): boolean {
  return refusal.outOfOrder !== true && !NEEDED.has(request.request);
}

function notModelled({ host: { vmm, hypervisor } }: LaunchPlan): CcaRimError {
  return new CcaRimError(
    "HOST_NOT_MODELLED",
    `the launch of ${vmm} on ${hypervisor} is not modelled yet`,
    { where: { pointer: "/host" }, hint: "`cca-rim models` lists what is" },
  );
}

/** The requests of the plan's VMM, or of the steps that stand for one. */
function requestsOf(plan: LaunchPlan, features: () => PlatformFeatures): Requests {
  const { vmm, hypervisor } = plan.host;
  if (vmm === "none" && isKvm(hypervisor)) {
    const context = { facts: kvmFacts(hypervisor), realm: plan.realm, features: features() };
    return { requests: stepRequests(plan.launch, context), assumed: () => NOTHING };
  }
  if (vmm === "none") throw notModelled(plan);
  const launch = vmmLaunch(plan);
  return { requests: launch.requests, assumed: () => launch.assumed };
}

function kvmHost(plan: LaunchPlan, env: HostEnvironment, features: PlatformFeatures): PlannedHost {
  const { platform, realm } = plan;
  const { spec, digests } = env;
  if (plan.host.vmm !== "none") vmmLaunch(plan).checkRealm?.();
  const { requests, assumed } = requestsOf(plan, () => features);
  const own: KvmAssumption[] = [];
  const refused: RefusedStep[] = [];
  const conversation = launchKvm(plan.host.hypervisor, requests, {
    spec,
    platform,
    features,
    realm,
    digests,
    onAssumed: (assumption) => own.push(assumption),
    onRefused: (failure) => {
      // kvmtool and QEMU give up.
      if (plan.host.vmm !== "none" || !goesOn(failure)) return "stop";
      const { request, refusal } = failure;
      const message = refusalText(plan.host.hypervisor, request, refusal);
      refused.push({ pointer: request.origin ?? "/launch", message });
      return "continue";
    },
  });
  const all = (): readonly Assumption[] => [...assumed(), ...own];
  return { conversation, features, refused: () => refused, assumed: all };
}

function calculatorHost(plan: LaunchPlan, { spec, digests }: HostEnvironment): PlannedHost {
  const features: PlatformFeatures = { features: RIM_MEASURER_FEATURES, notChecked: [] };
  const { requests, assumed } = requestsOf(plan, () => features);
  const conversation = launchRimMeasurer(requests, { spec, realm: plan.realm, digests });
  return { conversation, features, refused: () => NONE_REFUSED, assumed };
}

/**
 * The host of a plan.
 *
 * @throws CcaRimError HOST_NOT_MODELLED, and what the models find wrong with line and platform.
 */
export function hostOf(plan: LaunchPlan, env: HostEnvironment): PlannedHost {
  const { vmm, hypervisor } = plan.host;
  if (isCalculator(hypervisor)) return calculatorHost(plan, env);
  const features = platformFeatures(env.spec, plan.platform);
  if (isKvm(hypervisor)) return kvmHost(plan, env, features);
  if (vmm !== "none" || hypervisor !== "direct") throw notModelled(plan);
  const conversation = launchDirect(plan.realm, plan.launch, env);
  return { conversation, features, refused: () => NONE_REFUSED, assumed: () => NOTHING };
}

/**
 * What the VMM of a plan asks of KVM, in order, before it becomes RMI calls. Works wherever the
 * VMM is modelled, whatever is below it.
 *
 * @throws CcaRimError HOST_NOT_MODELLED, and what the VMM's model finds wrong with the line.
 */
export function vmmRequests(plan: LaunchPlan): Iterable<VmmRequest> {
  const { vmm, hypervisor } = plan.host;
  if (vmm === "none" && !isKvm(hypervisor)) {
    throw new CcaRimError("HOST_NOT_MODELLED", `vmm "none" asks nothing of ${hypervisor}`, {
      where: { pointer: "/host/hypervisor" },
      hint: "the steps go to the RMM as they are: trace shows the RMI calls",
    });
  }
  return requestsOf(plan, () => {
    const spec = rmmSpec(plan.rmm);
    if (spec === undefined) throw notModelled(plan);
    return platformFeatures(spec, plan.platform);
  }).requests;
}
