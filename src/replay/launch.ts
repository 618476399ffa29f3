/**
 * From a launch plan to measurements: picks the host model and the RMM model that the plan names
 * and lets them talk.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { HashProvider } from "../hash/hasher.ts";
import type { PageDigests } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import { HOST_MEMORY } from "../host/granule-allocator.ts";
import type { HostProcess } from "../host/process.ts";
import type { Assumption, LaunchPlan, RemStep } from "../manifest/plan.ts";
import { Rmm } from "../rmm/rmm.ts";
import { rmmSpec, rmmSpecs } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import {
  type LaunchMeasurement,
  type RemExtension,
  runInSlices,
  runLaunch,
  type TraceEvent,
  traceLaunch,
} from "./engine.ts";
import { logExtensions } from "./event-log.ts";
import { hostOf, type RefusedStep } from "./hosts.ts";
import { stepCalls } from "./step-call.ts";

/** How hashes are computed. */
export interface LaunchTools {
  /** Hashes descriptors and parameters. */
  readonly hashes: HashProvider;
  /** Hashes the granules of a content, beforehand or on demand. */
  readonly digests: (content: MemoryContent) => PageDigests;
}

/** Measurements of a launch, and what they rest on. */
export interface Launch extends LaunchMeasurement {
  /** Values that nobody gave, those of the plan included. */
  readonly assumed: readonly Assumption[];
  /** Listed steps that the hypervisor refused and that the launch went on without. */
  readonly refused: readonly RefusedStep[];
}

function specOf(plan: LaunchPlan): RmmSpec {
  const spec = rmmSpec(plan.rmm);
  if (spec !== undefined) return spec;
  throw new CcaRimError("HOST_UNKNOWN_MODEL", `RMM version ${plan.rmm} is not modelled`, {
    where: { pointer: "/rmm" },
    hint: `modelled: ${rmmSpecs.map(({ id }) => id).join(", ")}`,
  });
}

function* remExtensions(steps: readonly RemStep[]): Generator<RemExtension> {
  for (const step of steps) {
    if (step.step === "eventLog") yield* logExtensions(step);
    else yield step;
  }
}

/** A launch that is ready to run. */
export interface PreparedLaunch {
  readonly host: HostProcess;
  readonly rmm: Rmm;
  readonly rem: readonly RemExtension[];
  /** Complete once the launch has run. */
  readonly found: () => Pick<Launch, "assumed" | "refused">;
}

/**
 * Picks the models of a plan and sets them up; nothing runs yet.
 *
 * @param rmmHashes what the RMM measures with: another one than the tools' for a dry run.
 * @throws CcaRimError as {@link launch} does, for models and platforms
 */
export function prepareLaunch(
  plan: LaunchPlan,
  { hashes, digests }: LaunchTools,
  rmmHashes: HashProvider = hashes,
): PreparedLaunch {
  const spec = specOf(plan);
  const host = hostOf(plan, { spec, digests, callOf: stepCalls(spec, hashes) });
  const { features } = host.features;
  const rmm = new Rmm({ spec, features, memory: HOST_MEMORY, hashes: rmmHashes });
  const open = host.features.notChecked.map(
    (field): Assumption => ({ field, value: null, origin: "not-checked" }),
  );
  return {
    host: host.conversation,
    rmm,
    rem: [...remExtensions(plan.rem)],
    found: () => ({
      assumed: onePerField([...plan.assumed, ...host.assumed(), ...open]),
      refused: host.refused(),
    }),
  };
}

/** VMM and hypervisor may assume the same thing; the first word stands. */
function onePerField(assumed: readonly Assumption[]): readonly Assumption[] {
  const fields = new Set<string>();
  return assumed.filter(({ field }) => !fields.has(field) && fields.add(field));
}

/**
 * Measures a launch, and yields every RMI call with its answer on the way, as fast as they are
 * asked for.
 *
 * @throws CcaRimError as {@link launch} does, after the calls that came before.
 */
export function* launchTrace(
  plan: LaunchPlan,
  tools: LaunchTools,
): Generator<TraceEvent, Launch, undefined> {
  const { host, rmm, rem, found } = prepareLaunch(plan, tools);
  const measured = yield* traceLaunch(host, rmm, rem);
  return { ...measured, ...found() };
}

/**
 * Measures a launch.
 *
 * @param onCall sees every RMI call with its answer, in order.
 * @throws CcaRimError with a JSON pointer into the manifest where a step is to blame.
 */
export function launch(
  plan: LaunchPlan,
  tools: LaunchTools,
  onCall?: (event: TraceEvent) => void,
): Launch {
  if (onCall === undefined) {
    const { host, rmm, rem, found } = prepareLaunch(plan, tools);
    const measured = runLaunch(host, rmm, rem);
    return { ...measured, ...found() };
  }
  const run = launchTrace(plan, tools);
  let next = run.next();
  for (; next.done !== true; next = run.next()) onCall(next.value);
  return next.value;
}

/**
 * Measures a launch, and yields the number of RMI calls so far now and then: between two slices of
 * the work the caller can hear a signal or do other things.
 *
 * @throws CcaRimError as {@link launch} does
 */
export function* launchInSlices(
  plan: LaunchPlan,
  tools: LaunchTools,
): Generator<number, Launch, undefined> {
  const { host, rmm, rem, found } = prepareLaunch(plan, tools);
  const measured = yield* runInSlices(host, rmm, rem);
  return { ...measured, ...found() };
}
