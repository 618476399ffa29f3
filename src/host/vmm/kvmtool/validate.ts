/**
 * What kvmtool checks once it has read its arguments, in its order and with its words, and what
 * it then derives from them.
 *
 * @module
 */
import { fromHex } from "../../../bytes.ts";
import type { HashAlgo } from "../../../hash/hasher.ts";
import type { VcpuSetup } from "../../requests.ts";
import type { PlatformReader } from "../platform-reader.ts";
import { type KvmtoolConfig, RAM_BASE } from "./config.ts";
import { refuseArgument, refuseLaunch } from "./refusal.ts";
import type { KvmtoolFacts } from "./versions.ts";

const MIB = 1n << 20n;
const GIB = 1n << 30n;
const RPV_SIZE = 64;
const SVE_ALIGN = 128;

const utf8 = new TextEncoder();

/** SVE of the vCPUs: off, or up to this many bits (undefined: all that KVM offers). */
type SveRequest =
  | { readonly on: false }
  | { readonly on: true; readonly maxVectorBits: number | undefined };

/** What the line asks of the Realm. */
export interface RealmRequest {
  readonly hashAlgo: HashAlgo;
  /** 64 bytes; undefined when the line gives none. */
  readonly rpv: Uint8Array | undefined;
  readonly sve: SveRequest;
  /** Counters of --pmu-counters; undefined when not given. */
  readonly pmuCounters: number | undefined;
}

/** Checks that concern every VM. @throws CcaRimError HOST_ARGUMENT */
function checkMachine(config: KvmtoolConfig): void {
  const { at } = config;
  if (config.kernel !== undefined && config.firmware !== undefined) {
    const reason = "Only one of --kernel or --firmware can be specified";
    throw refuseArgument(reason, at.get("firmware"));
  }
  if (Number(config.vnc) + Number(config.sdl) + Number(config.gtk) > 1) {
    throw refuseArgument("Only one of --vnc, --sdl or --gtk can be specified", undefined);
  }
  if (config.ramAddress < RAM_BASE) {
    const reason = "RAM address is below the I/O region ending at 2GB";
    throw refuseArgument(reason, at.get("mem"));
  }
  if (config.aarch32 && BigInt.asUintN(64, config.ramAddress + config.ramSize) > 4n * GIB) {
    throw refuseArgument("RAM extends above 4GB", at.get("mem"));
  }
}

/** Realm options on a line without --realm. @throws CcaRimError HOST_ARGUMENT */
function checkOrdinary(config: KvmtoolConfig, facts: KvmtoolFacts): void {
  const given: readonly (readonly [string, boolean])[] = [
    ["measurement-algo", config.measurementAlgo !== undefined],
    ["realm-pv", config.realmPv !== undefined],
    ["realm-pv-hex", config.realmPvHex !== undefined],
    ["sve-vl", config.sveVl !== 0n],
    ["pmu-counters", pmuCountersOf(config, facts) !== undefined],
    ["metadata", config.metadata !== undefined],
  ];
  for (const [option, isGiven] of given) {
    if (isGiven) {
      throw refuseArgument(`--${option} valid only with --realm`, config.at.get(option));
    }
  }
}

function pmuCountersOf(config: KvmtoolConfig, facts: KvmtoolFacts): number | undefined {
  if (facts.pmuCountersZero) return config.pmuCounters < 0 ? undefined : config.pmuCounters;
  return config.pmuCounters === 0 ? undefined : config.pmuCounters >>> 0;
}

function hashAlgoOf(config: KvmtoolConfig): HashAlgo {
  switch (config.measurementAlgo) {
    case undefined:
    case "sha256":
      return "sha-256";
    case "sha512":
      return "sha-512";
    default:
      throw refuseArgument(
        "unknown realm measurement algorithm",
        config.at.get("measurement-algo"),
        "sha256 or sha512",
      );
  }
}

function sveOf(config: KvmtoolConfig, facts: KvmtoolFacts): SveRequest {
  // kvmtool keeps the length in 32 bits here.
  const vectorBits = Number(BigInt.asUintN(32, config.sveVl));
  if (vectorBits !== 0) {
    const index = config.at.get("sve-vl");
    if (config.disableSve) throw refuseArgument("SVE VL requested when SVE is disabled", index);
    if (vectorBits % SVE_ALIGN !== 0) {
      throw refuseArgument(`SVE VL is not aligned to ${SVE_ALIGN}bit`, index);
    }
    return { on: true, maxVectorBits: vectorBits };
  }
  if (config.disableSve || facts.sve === "on-request") return { on: false };
  const maxVectorBits = config.sveMaxVq === 0 ? undefined : config.sveMaxVq * SVE_ALIGN;
  return { on: true, maxVectorBits };
}

function rpvOf(config: KvmtoolConfig): Uint8Array | undefined {
  const { realmPv, realmPvHex, at } = config;
  if (realmPv !== undefined && realmPvHex !== undefined) {
    throw refuseArgument("Both --realm-pv and --realm-pv-hex are set", at.get("realm-pv-hex"));
  }
  if (realmPvHex !== undefined) {
    const bytes = fromHex(realmPvHex);
    if (bytes?.length === RPV_SIZE) return bytes;
    const wrong = utf8.encode(realmPvHex).length === 2 * RPV_SIZE ? "format" : "size";
    const reason = `Invalid ${wrong} of Realm Personalization Value, 128 hexadecimal digits wanted`;
    throw refuseArgument(reason, at.get("realm-pv-hex"));
  }
  if (realmPv === undefined) return undefined;
  const bytes = utf8.encode(realmPv);
  if (bytes.length > RPV_SIZE) {
    throw refuseArgument("Invalid size for Realm Personalization Value", at.get("realm-pv"));
  }
  const rpv = new Uint8Array(RPV_SIZE);
  rpv.set(bytes);
  return rpv;
}

/**
 * kvmtool's checks of a whole line.
 *
 * @returns what the line asks of the Realm, or undefined for an ordinary VM.
 * @throws CcaRimError HOST_ARGUMENT with kvmtool's reason.
 */
export function validateLine(config: KvmtoolConfig, facts: KvmtoolFacts): RealmRequest | undefined {
  checkMachine(config);
  if (!config.realm) {
    checkOrdinary(config, facts);
    return undefined;
  }
  if (config.aarch32) {
    throw refuseArgument("Realms supported only for 64bit guests", config.at.get("aarch32"));
  }
  return {
    hashAlgo: hashAlgoOf(config),
    sve: sveOf(config, facts),
    rpv: rpvOf(config),
    pmuCounters: pmuCountersOf(config, facts),
  };
}

/** Number of vCPUs asked for, before KVM's limit. @throws CcaRimError HOST_PLATFORM */
export function requestedCpus(config: KvmtoolConfig, platform: PlatformReader): number {
  if (config.cpus > 0) return config.cpus;
  if (config.cpus < 0) throw refuseArgument("a negative number of CPUs", config.at.get("cpus"));
  return platform.require(["cpus"], "without -c, lkvm takes as many CPUs as the host has online")
    .cpus;
}

/**
 * RAM size in bytes: as given, else 64 MiB for each CPU and three more, at most 80 % of the host's.
 *
 * @throws CcaRimError HOST_PLATFORM if the host's RAM decides and is not stated.
 */
export function ramSizeOf(config: KvmtoolConfig, cpus: number, platform: PlatformReader): bigint {
  if (config.ramSize !== 0n) return config.ramSize;
  const wanted = 64n * MIB * BigInt(cpus + 3);
  const { ramSize } = platform.require(
    ["ramSize"],
    "without -m, lkvm looks at the RAM of the host",
  );
  // No host has exactly what lkvm would give a VM, but a person may well state the VM's RAM.
  if (ramSize === wanted) return wanted;
  const pageSize = BigInt(platform.assume("hostPageSize"));
  const available = BigInt(Math.trunc(Number(ramSize / pageSize) * 0.8)) * pageSize;
  return wanted > available ? available : wanted;
}

/**
 * Width of the IPA space that kvmtool asks KVM for. A Realm gets twice what its RAM needs, the
 * upper half for memory it shares.
 *
 * @throws CcaRimError HOST_REFUSED if the platform states a limit and it is exceeded.
 */
export function ipaBitsOf(
  config: KvmtoolConfig,
  ramSize: bigint,
  platform: PlatformReader,
): number {
  const last = BigInt.asUintN(64, config.ramAddress + ramSize - 1n);
  const bits = Math.max(32, last.toString(2).length) + (config.realm ? 1 : 0);
  const limit = platform.platform.maxIpaBits;
  if (limit !== undefined && bits > limit) {
    throw refuseLaunch(
      `Memory too large for this system (needs ${bits} bits, ${limit} available)`,
      "less RAM or a lower RAM address fits",
    );
  }
  return bits;
}

const IMPLICIT_KERNELS = "./bzImage, arch/arm64/boot/bzImage and /boot/vmlinuz-$(uname -r)";

/** A line that names nothing to boot leaves the choice to what lies on the host. */
export function checkBootable(config: KvmtoolConfig): void {
  if (config.kernel !== undefined || config.firmware !== undefined) return;
  throw refuseArgument(
    "it names neither kernel nor firmware",
    undefined,
    `lkvm would look for ${IMPLICIT_KERNELS} on the host: give -k`,
  );
}

/**
 * Adds the root file system that kvmtool makes up when a line has no disk, directory or initrd.
 *
 * @returns whether the root file system is kvmtool's own.
 * @throws CcaRimError HOST_REFUSED if this kvmtool was built without its guest init.
 */
export function addImplicitRootfs(config: KvmtoolConfig, platform: PlatformReader): boolean {
  const implied =
    !config.nodefaults &&
    !config.rootfs &&
    config.disks.length === 0 &&
    config.initrd === undefined;
  if (!implied) return false;
  config.ninep += 2;
  config.rootfs = true;
  if (!platform.assume("guestInit")) {
    throw refuseLaunch(
      "Guest init image not compiled in",
      "without a disk, directory or initrd lkvm makes a root file system of its own: give -d, -i or --nodefaults",
    );
  }
  return true;
}

function sveSetup(config: KvmtoolConfig, sve: SveRequest, offered: number | undefined): VcpuSetup {
  // kvmtool asks KVM whether there is SVE and says nothing if there is none.
  if (!sve.on || offered === 0) return {};
  const { maxVectorBits } = sve;
  if (maxVectorBits === undefined) return { sveVectorBits: "max" };
  if (offered === undefined || maxVectorBits <= offered) return { sveVectorBits: maxVectorBits };
  if (config.sveMaxVq === 0) return { sveVectorBits: "max" };
  const reason = `SVE vector length (${maxVectorBits}) not supported`;
  throw refuseArgument(reason, config.at.get("sve-max-vl"));
}

function pmuSetup(
  config: KvmtoolConfig,
  counters: number | undefined,
  offered: number | undefined,
): VcpuSetup {
  if (!config.pmu) return {};
  if (counters === undefined) return { pmuCounters: "max" };
  if (offered !== undefined && counters > offered) {
    throw refuseArgument("invalid number of PMU counters", config.at.get("pmu-counters"));
  }
  return { pmuCounters: counters };
}

/**
 * What the vCPUs are set up with, in trees where that decides SVE and PMU of the Realm.
 *
 * @throws CcaRimError HOST_ARGUMENT where the platform states less than the line asks for.
 */
export function vcpuSetupOf(
  config: KvmtoolConfig,
  realm: RealmRequest,
  { platform }: PlatformReader,
): VcpuSetup {
  return {
    ...sveSetup(config, realm.sve, platform.sveVectorBits),
    ...pmuSetup(config, realm.pmuCounters, platform.pmuCounters),
  };
}
