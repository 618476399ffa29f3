/**
 * Launches captured on a complete stack, and what the models make of their command lines.
 */
import { toHex } from "../../../src/bytes.ts";
import { nodeHashes } from "../../../src/hash/node.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import { HOST_MEMORY } from "../../../src/host/granule-allocator.ts";
import { launchKvm } from "../../../src/host/kvm/launch.ts";
import { parseQemuName } from "../../../src/host/models.ts";
import type { Platform } from "../../../src/host/platform.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import { type KvmtoolLaunch, launchKvmtool } from "../../../src/host/vmm/kvmtool/launch.ts";
import { launchQemu, type QemuLaunch } from "../../../src/host/vmm/qemu/launch.ts";
import { type TraceEvent, traceLaunch } from "../../../src/replay/engine.ts";
import type { Measured } from "../../../src/rmm/measurement.ts";
import { platformFeatures } from "../../../src/rmm/platform-features.ts";
import { Rmm } from "../../../src/rmm/rmm.ts";
import { rmmSpec } from "../../../src/rmm/spec/index.ts";
import { hexU64, u64 } from "../../../src/units.ts";
import { plainDigests } from "../../tools/measure.ts";

/** A run of measured calls of one kind, and the RIM after it. */
export interface MeasuredRange {
  readonly op: string;
  readonly base?: string;
  readonly top?: string;
  readonly step?: number;
  readonly count?: number;
  readonly rim_after: string;
}

/** One line of cases.jsonl, as far as it is used here. */
export interface CapturedLaunch {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly args: readonly string[];
  readonly platform: Readonly<Record<string, unknown>>;
  readonly images: Readonly<Record<string, unknown>>;
  readonly ops: readonly MeasuredRange[];
  readonly rim: string;
  /** The tree in guest memory, whole; kept of QEMU's launches. */
  readonly dtb?: { readonly sha256: string; readonly size: number } | null;
}

/** The platform of a capture, as a manifest has it. */
export function platformOf({ platform }: CapturedLaunch): Platform {
  const register = u64(BigInt(String(platform["featureRegister0"])));
  return { ...(platform as Platform), featureRegister0: register };
}

interface Growing {
  op: string;
  base?: bigint;
  top?: bigint;
  step?: number;
  count?: number;
  rim_after: string;
}

function pieceOf({ turn }: TraceEvent, measured: Measured): Omit<Growing, "rim_after"> {
  switch (measured.kind) {
    case "realm":
      return { op: "REALM_CREATE" };
    case "rec":
      return { op: "REC_CREATE" };
    case "ripas": {
      const { base, top, entrySize } = measured;
      const count = (top - base) / entrySize;
      return { op: "RIPAS", base: BigInt(base), top: BigInt(top), step: entrySize, count };
    }
    case "data": {
      const { ipa } = turn.call.input as { readonly ipa: bigint };
      const op = measured.content === undefined ? "DATA_UNMEASURED" : "DATA";
      return { op, base: ipa, top: ipa + 4096n, step: 4096, count: 1 };
    }
  }
}

/** The measured calls of a launch as ranges. */
export function measuredRanges(events: Iterable<TraceEvent>): MeasuredRange[] {
  const ranges: Growing[] = [];
  for (const event of events) {
    const rim = toHex(event.rim ?? new Uint8Array(0));
    for (const measured of event.answer.descriptors) {
      const piece = pieceOf(event, measured);
      const last = ranges.at(-1);
      const joins =
        last?.top !== undefined &&
        last.op === piece.op &&
        last.step === piece.step &&
        last.top === piece.base;
      if (last === undefined || !joins) ranges.push({ ...piece, rim_after: rim });
      else {
        if (piece.top !== undefined) last.top = piece.top;
        last.count = (last.count ?? 0) + (piece.count ?? 0);
        last.rim_after = rim;
      }
    }
  }
  return ranges.map(({ base, top, ...rest }) => ({
    ...rest,
    ...(base !== undefined && top !== undefined && { base: hexU64(base), top: hexU64(top) }),
  }));
}

/** A launch of the models. */
export interface ModelledLaunch {
  readonly rim: string;
  readonly ranges: readonly MeasuredRange[];
}

/** Serves requests on a capture's hypervisor and RMM, or on others. */
export function serve(
  requests: Iterable<VmmRequest>,
  host: { readonly hypervisor: string; readonly rmm: string; readonly platform: Platform },
): ModelledLaunch {
  const spec = rmmSpec(host.rmm);
  if (spec === undefined) throw new Error(`RMM ${host.rmm} is not modelled`);
  const features = platformFeatures(spec, host.platform);
  const process = launchKvm(host.hypervisor, requests, {
    spec,
    platform: host.platform,
    features,
    realm: {},
    digests: plainDigests(nodeHashes),
  });
  const memory = HOST_MEMORY;
  const rmm = new Rmm({ spec, features: features.features, memory, hashes: nodeHashes });
  const trace = traceLaunch(process, rmm, []);
  const events: TraceEvent[] = [];
  let next = trace.next();
  for (; next.done !== true; next = trace.next()) {
    if (next.value.answer.measured) events.push(next.value);
  }
  return { rim: toHex(next.value.rim), ranges: measuredRanges(events) };
}

/** What the model of a capture's VMM makes of its line. */
export function modelCaptured(
  captured: CapturedLaunch,
  files: FileLookup,
): KvmtoolLaunch | QemuLaunch {
  const { vmm, hypervisor, args: argv } = captured;
  const platform = platformOf(captured);
  const qemu = parseQemuName(vmm);
  if (qemu !== undefined) return launchQemu({ ...qemu, hypervisor, argv, files, platform });
  return launchKvmtool({ version: vmm, hypervisor, argv, files, platform });
}

/** Launches a capture's line. */
export function launchCaptured(captured: CapturedLaunch, files: FileLookup): ModelledLaunch {
  const { hypervisor, rmm } = captured;
  const { requests } = modelCaptured(captured, files);
  return serve(requests, { hypervisor, rmm, platform: platformOf(captured) });
}

/** What a capture says about its measured calls. */
export function capturedRanges({ ops }: CapturedLaunch): MeasuredRange[] {
  return ops.map(({ op, base, top, step, count, rim_after }) => ({
    op,
    ...(step !== undefined && { step }),
    ...(count !== undefined && { count }),
    rim_after,
    ...(base !== undefined && { base }),
    ...(top !== undefined && { top }),
  }));
}
