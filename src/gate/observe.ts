/**
 * What a lock keeps of a launch that is measured right now.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { HashProvider } from "../hash/hasher.ts";
import type { WrittenManifest } from "../manifest/load.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { pointerStep } from "../manifest/source-map.ts";
import type { TraceEvent } from "../replay/engine.ts";
import type { Launch } from "../replay/launch.ts";
import { loadedRanges, type Stage, StageCollector } from "../replay/stages.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import type { Json, LockedInput, LockedLaunch, LockedStage } from "./lock.ts";

/** A plain value as JSON: 64-bit numbers as text, what is undefined left out. */
function plain(value: unknown): Json {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (typeof value !== "object" || value === null) return null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]));
}

function listSettings(name: string, list: readonly unknown[] = []): (readonly [string, Json])[] {
  return list.map((item, i) => [`/${name}/${i}`, plain(item)]);
}

/** How files are loaded; which bytes they have stands under the inputs. */
function fileSettings({ files = {} }: WrittenManifest): (readonly [string, Json])[] {
  return Object.entries(files).flatMap(([name, entry]) => {
    const how = Object.entries(entry).filter(([key]) => key !== "path" && key !== "sha256");
    return how.length === 0 ? [] : [[`/files${pointerStep(name)}`, plain(Object.fromEntries(how))]];
  });
}

/** What the manifest asks for, by JSON pointer; the platform with everything it extends. */
function settingsOf(written: WrittenManifest, { platform }: LaunchPlan): Record<string, Json> {
  return Object.fromEntries([
    ...(written.host.args === undefined ? [] : [["/host/args", plain(written.host.args)] as const]),
    ...(written.realm === undefined ? [] : [["/realm", plain(written.realm)] as const]),
    ["/platform", plain(platform)] as const,
    ...fileSettings(written),
    ...listSettings("launch", written.launch),
    ...listSettings("rem", written.rem),
  ]);
}

function address(value: number | undefined): string {
  return value === undefined ? "" : `0x${value.toString(16)}`;
}

function lockedStage(stage: Stage): LockedStage {
  const { kind, label, base, top, firstCall, lastCall, measured, chunkPages, chunks } = stage;
  return {
    kind,
    label,
    base: address(base),
    top: address(top),
    calls: [firstCall, lastCall],
    measured,
    chunkPages,
    chunks,
  };
}

function lockedInputs({ inputs }: LaunchPlan): Record<string, LockedInput> {
  return Object.fromEntries(inputs.map(({ name, sha256, size }) => [name, { sha256, size }]));
}

/** A launch that is ready to run. */
export interface Observable {
  /** As it is launched: of a matrix, with the values of the combination. */
  readonly written: WrittenManifest;
  readonly plan: LaunchPlan;
  readonly spec: RmmSpec;
  readonly hashes: HashProvider;
  readonly trace: Generator<TraceEvent, Launch, undefined>;
  /** The line that `trace --format jsonl` prints for a call. */
  readonly lineOf: (event: TraceEvent) => string;
}

/** A SHA-256 that takes a text in pieces. */
export interface TextDigest {
  readonly update: (text: string) => void;
  /** 64 hex digits. */
  readonly finish: () => string;
}

/** Runs a launch and keeps what a lock keeps. @throws CcaRimError as the launch does */
export function observe(launch: Observable, digest: TextDigest): LockedLaunch {
  const { written, plan, spec, hashes, trace, lineOf } = launch;
  const collector = new StageCollector(spec, hashes, loadedRanges(plan));
  let next = trace.next();
  for (; next.done !== true; next = trace.next()) {
    collector.add(next.value);
    digest.update(lineOf(next.value));
  }
  const { rim, rem, rpv, hashAlgo } = next.value;
  const { vmm, hypervisor } = plan.host;
  return {
    rmm: plan.rmm,
    vmm,
    hypervisor,
    hashAlgo,
    rim: toHex(rim),
    rem: rem.map(toHex),
    rpv: toHex(rpv),
    trace: digest.finish(),
    inputs: lockedInputs(plan),
    settings: settingsOf(written, plan),
    stages: collector.finish().map(lockedStage),
  };
}
