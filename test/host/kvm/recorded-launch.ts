/**
 * Launches recorded from KVM's own launch code: their requests, and what they made of the RMM.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { toHex } from "../../../src/bytes.ts";
import { nodeHashes } from "../../../src/hash/node.ts";
import { digestsOneByOne, type PageDigests } from "../../../src/hash/pages.ts";
import type { MemoryContent } from "../../../src/hash/source.ts";
import { HOST_MEMORY } from "../../../src/host/granule-allocator.ts";
import { launchKvm, type RefusedRequest } from "../../../src/host/kvm/launch.ts";
import type { RealmFields } from "../../../src/host/realm-fields.ts";
import type { VcpuSetup, VmmRequest } from "../../../src/host/requests.ts";
import { patternPage } from "../../../src/replay/patterns.ts";
import type { Answer } from "../../../src/rmm/execute.ts";
import { apply } from "../../../src/rmm/machine.ts";
import { platformFeatures } from "../../../src/rmm/platform-features.ts";
import type { RmiCall } from "../../../src/rmm/rmi.ts";
import { Rmm } from "../../../src/rmm/rmm.ts";
import { rmmSpec } from "../../../src/rmm/spec/index.ts";
import type { RmmSpec } from "../../../src/rmm/spec.ts";
import { hexU64, ipa, u64 } from "../../../src/units.ts";

interface Settings {
  readonly bps?: number;
  readonly wps?: number;
  readonly sve?: number;
  readonly sveVlBytes?: number;
  readonly pmu?: number;
  readonly pmuCtrs?: number;
  readonly lpa2?: number;
}

/** One recorded RMI call. */
export interface RecordedStep {
  readonly cmd: string;
  readonly status: { readonly code: number; readonly index: number };
  readonly rim?: string;
  readonly pre?: { readonly delegated?: number; readonly undelegated?: number };
  readonly preSro?: { readonly delegated?: number };
  readonly out?: Readonly<Record<string, unknown>>;
  readonly descLevel?: number;
  readonly descCount?: number;
  readonly [argument: string]: unknown;
}

/** One line of launches.jsonl. */
export interface RecordedLaunch {
  readonly id: string;
  readonly series: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly launch: {
    readonly name: string;
    readonly ipaBits: number;
    readonly memslots: readonly {
      readonly id: number;
      readonly gpa: number;
      readonly size: number;
      readonly gmem: number;
    }[];
    readonly populate: readonly {
      readonly base: number;
      readonly size: number;
      readonly pattern: string;
      readonly measure: number;
    }[];
    readonly vcpus: readonly {
      readonly id: number;
      readonly pc: number;
      readonly x: readonly number[];
    }[];
    readonly settings: Settings;
  };
  readonly platform: {
    readonly profile: string;
    readonly features: Readonly<Record<string, string>>;
  };
  readonly apiCalls: readonly {
    readonly call: string;
    readonly firstStep: number;
    readonly ret: number;
  }[];
  readonly steps: readonly RecordedStep[];
  readonly finalRim: string;
  readonly activated: boolean;
}

/** The launches of a file, gzipped JSON Lines. */
export function readLaunches(path: string): RecordedLaunch[] {
  const text = gunzipSync(readFileSync(path)).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedLaunch);
}

/** Pages of a pattern whose seed counts up, hashed when they are asked for. */
function patternDigests(pattern: string, pages: number): PageDigests {
  const [kind = "", seed = "0"] = pattern.split(":");
  return digestsOneByOne(pages, (algo, page) => {
    const bytes = patternPage(`${kind}:${Number(seed) + page}`);
    if (bytes === undefined) throw new Error(`no pattern ${pattern}`);
    return nodeHashes(algo).digest(bytes);
  });
}

function vcpuSetup(settings: Settings): VcpuSetup {
  return {
    ...(settings.sve !== undefined && {
      sveVectorBits: settings.sveVlBytes === undefined ? "max" : settings.sveVlBytes * 8,
    }),
    ...(settings.pmu !== undefined && { pmuCounters: settings.pmuCtrs ?? "max" }),
  };
}

/** The requests of a launch in the order of its KVM calls, and the contents they populate. */
export function requestsOf(recorded: RecordedLaunch): {
  readonly requests: VmmRequest[];
  readonly contents: ReadonlyMap<MemoryContent, PageDigests>;
} {
  const { launch, apiCalls } = recorded;
  const contents = new Map<MemoryContent, PageDigests>();
  const isDriven = apiCalls.every(({ call }) => call !== "CREATE");
  const slots = [...launch.memslots];
  const ripas = launch.memslots.filter(({ gmem }) => gmem === 1);
  const populates = [...launch.populate];
  const created = [...launch.vcpus];
  const finalized = [...launch.vcpus];
  const taken = <T>(list: T[]): T => {
    const item = list.shift();
    if (item === undefined) throw new Error(`launch ${recorded.id} has more calls than objects`);
    return item;
  };
  const vcpuRequest = (list: typeof created): VmmRequest => {
    const { id, pc, x } = taken(list);
    const gprs = x.map((value) => u64(value));
    return { request: "vcpu_finalize", vcpu: id, pc: u64(pc), gprs, runnable: id === 0 };
  };
  const setup: VmmRequest = { request: "vcpu_setup", setup: vcpuSetup(launch.settings) };
  const requests = apiCalls.flatMap(({ call }): VmmRequest[] => {
    switch (call) {
      case "VM":
        return [{ request: "create_vm", ipaBits: launch.ipaBits, realm: true }];
      case "SLOT": {
        const { id, gpa, size, gmem } = taken(slots);
        const place = { base: ipa(gpa), size: u64(size) };
        return [{ request: "memslot", id, ...place, guestMemfd: gmem === 1 }];
      }
      case "VCPU":
        return isDriven ? [setup, vcpuRequest(created)] : [setup];
      case "CREATE":
        return [{ request: "create_realm" }];
      case "RIPAS": {
        const { gpa, size } = taken(ripas);
        return [{ request: "init_ripas", base: ipa(gpa), size: u64(size) }];
      }
      case "POPULATE": {
        const { base, size, pattern, measure } = taken(populates);
        const content: MemoryContent = { size, segments: [] };
        contents.set(content, patternDigests(pattern, size / 4096));
        const place = { base: ipa(base), size: u64(size) };
        const measured = { measure: measure === 1, content, label: pattern };
        return [{ request: "populate", ...place, ...measured }];
      }
      case "REC":
        return [vcpuRequest(finalized)];
      case "ACTIVATE":
      case "RUN":
        return [{ request: "activate" }];
      default:
        throw new Error(`launch ${recorded.id} makes an unknown call ${call}`);
    }
  });
  return { requests, contents };
}

/** One RMI call of the model. */
export interface ModelledCall {
  readonly call: RmiCall;
  readonly answer: Answer;
  /** Granules (un)delegated since the call before. */
  readonly delegated: number;
  readonly undelegated: number;
  readonly rim: string | undefined;
}

/** What the model made of a launch. */
export interface ModelledLaunch {
  readonly spec: RmmSpec;
  readonly calls: readonly ModelledCall[];
  readonly refused: readonly RefusedRequest[];
  readonly requests: readonly VmmRequest[];
  readonly rim: string | undefined;
  readonly activated: boolean;
}

/** Commands that the record counts instead of listing them, unless they fail. */
const COUNTED: Readonly<Record<string, "delegated" | "undelegated">> = {
  RMI_GRANULE_DELEGATE: "delegated",
  RMI_GRANULE_UNDELEGATE: "undelegated",
  RMI_GRANULE_RANGE_DELEGATE: "delegated",
  RMI_GRANULE_RANGE_UNDELEGATE: "undelegated",
};

/** Runs a recorded launch on the models, with a VMM that goes on when a request fails. */
export function runRecorded(recorded: RecordedLaunch): ModelledLaunch {
  const spec = rmmSpec(recorded.rmm);
  if (spec === undefined) throw new Error(`RMM ${recorded.rmm} is not modelled`);
  const { settings } = recorded.launch;
  const platform = { hostLpa2: settings.lpa2 === 1, hostPageSize: 4096 };
  const register = u64(BigInt(recorded.platform.features["0"] ?? "0"));
  const hpmn0 = recorded.platform.profile === "rich";
  const features = platformFeatures(spec, { featureRegister0: register, hpmn0 });
  // The recording sets the fields of ID_AA64DFR0_EL1 behind KVM's back.
  const realm: RealmFields = {
    ...(settings.bps !== undefined && { numBps: settings.bps }),
    ...(settings.wps !== undefined && { numWps: settings.wps }),
  };
  const { requests, contents } = requestsOf(recorded);
  const refused: RefusedRequest[] = [];
  const host = launchKvm(recorded.hypervisor, requests, {
    spec,
    platform,
    features,
    realm,
    digests: (content) => {
      const digests = contents.get(content);
      if (digests === undefined) throw new Error("unknown content");
      return digests;
    },
    onRefused: (request) => {
      refused.push(request);
      return "continue";
    },
  });
  const rmm = new Rmm({
    spec,
    features: features.features,
    memory: HOST_MEMORY,
    hashes: nodeHashes,
  });
  const calls: ModelledCall[] = [];
  let counts = { delegated: 0, undelegated: 0 };
  let activated = false;
  let rim: string | undefined;
  let next = host.next();
  while (next.done !== true) {
    const { call } = next.value;
    const answer = apply(rmm, call);
    const counted = COUNTED[call.command];
    if (counted !== undefined && answer.status === "RMI_SUCCESS") {
      counts = { ...counts, [counted]: counts[counted] + 1 };
    } else {
      const { rd } = call.input as { readonly rd?: Parameters<Rmm["rimOf"]>[0] };
      const bytes = rd === undefined ? undefined : rmm.rimOf(rd);
      if (bytes !== undefined) rim = toHex(bytes);
      if (call.command === "RMI_REALM_ACTIVATE") activated = answer.status === "RMI_SUCCESS";
      const started = calls.at(-1);
      if (started !== undefined && call.command.startsWith("RMI_OP_")) {
        // The record has an operation as the call that starts it, with the last answer.
        const delegated = started.delegated + counts.delegated;
        if (answer.rd !== undefined) rim = toHex(rmm.rimOf(answer.rd) ?? new Uint8Array(0));
        calls[calls.length - 1] = { ...started, answer, delegated, rim };
      } else {
        calls.push({ call, answer, ...counts, rim });
      }
      counts = { delegated: 0, undelegated: 0 };
    }
    next = host.next(answer);
  }
  return { spec, calls, refused, requests, rim, activated };
}

const STATUS = [
  "RMI_SUCCESS",
  "RMI_ERROR_INPUT",
  "RMI_ERROR_REALM",
  "RMI_ERROR_REC",
  "RMI_ERROR_RTT",
];

/** The arguments of a call that the host does not pick, as the record writes them. */
function argumentsOf({ call, answer }: ModelledCall, spec: RmmSpec): Record<string, unknown> {
  switch (call.command) {
    case "RMI_REALM_CREATE": {
      const p = spec.realmParams.decode(call.input.params) as Record<string, unknown>;
      return {
        flags: hexU64(BigInt((p["flags"] ?? p["flags0"]) as bigint)),
        s2sz: p["s2sz"],
        sve_vl: p["sve_vl"],
        num_bps: p["num_bps"],
        num_wps: p["num_wps"],
        pmu_num_ctrs: p["pmu_num_ctrs"],
        hash_algo: p["hash_algo"],
        rtt_level_start: Number(p["rtt_level_start"]),
        rtt_num_start: p["rtt_num_start"],
      };
    }
    case "RMI_RTT_INIT_RIPAS": {
      const { base, top } = call.input;
      const args = { base: hexU64(base), top: hexU64(top) };
      if (answer.status !== "RMI_SUCCESS") return args;
      return { ...args, out_top: hexU64(answer.outputs["out_top"] ?? 0n) };
    }
    case "RMI_DATA_CREATE":
    case "RMI_RTT_DATA_MAP_INIT":
      return { ipa: hexU64(call.input.ipa), flags: hexU64(call.input.flags) };
    case "RMI_RTT_CREATE":
      return { ipa: hexU64(call.input.ipa), level: call.input.level };
    case "RMI_REC_CREATE": {
      const p = spec.recParams.decode(call.input.params);
      return {
        flags: hexU64(p.flags),
        mpidr: hexU64(p.mpidr),
        pc: hexU64(p.pc),
        gprs: p.gprs.map(hexU64),
        num_aux: Number(p.num_aux ?? 0),
      };
    }
    default:
      return {};
  }
}

/** A call of the model in the form that {@link recordedForm} gives a recorded one. */
export function modelledForm(modelled: ModelledCall, spec: RmmSpec): unknown {
  const { call, answer, delegated, undelegated, rim } = modelled;
  const ripas = answer.descriptors.find(({ kind }) => kind === "ripas");
  const measured =
    ripas?.kind === "ripas"
      ? { entrySize: ripas.entrySize, entries: (ripas.top - ripas.base) / ripas.entrySize }
      : {};
  return {
    cmd: call.command,
    status: answer.status,
    index: answer.status === "RMI_ERROR_RTT" ? answer.index : 0,
    args: argumentsOf(modelled, spec),
    delegated,
    undelegated,
    ...measured,
    rim,
  };
}

/** A recorded step in comparable form; `like` says which arguments the model has. */
export function recordedForm(step: RecordedStep, like: unknown): unknown {
  const model = like as { readonly args: Record<string, unknown>; readonly rim?: string };
  const recorded = { ...step, ...step.out };
  const args = Object.fromEntries(
    Object.keys(model.args).map((name) => [name, (recorded as Record<string, unknown>)[name]]),
  );
  const { descLevel: level, descCount: entries } = step;
  return {
    cmd: `RMI_${step.cmd}`,
    status: STATUS[step.status.code],
    index: step.status.index,
    args,
    delegated: (step.pre?.delegated ?? 0) + (step.preSro?.delegated ?? 0),
    undelegated: step.pre?.undelegated ?? 0,
    ...(level === undefined ? {} : { entrySize: 2 ** (12 + 9 * (3 - level)), entries }),
    // A call that changes nothing was not always recorded with the RIM.
    rim: step.rim ?? model.rim,
  };
}

/** Recorded calls of the launch, without those of the host's boot. */
export function launchSteps({ steps, apiCalls }: RecordedLaunch): readonly RecordedStep[] {
  return steps.slice(apiCalls[0]?.firstStep ?? 0);
}
