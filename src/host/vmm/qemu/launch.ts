/**
 * QEMU's virt machine as a whole: from a `qemu-system-aarch64` line to the device tree that it
 * puts into guest memory and to the requests that it makes of KVM.
 *
 * @module
 */
import { CcaRimError } from "../../../errors.ts";
import { type U64, u64 } from "../../../units.ts";
import type { FileLookup } from "../../files.ts";
import { isKvm } from "../../models.ts";
import type { Platform } from "../../platform.ts";
import type { VmmRequest } from "../../requests.ts";
import { type HostAssumption, PlatformReader } from "../platform-reader.ts";
import type { Accelerator, NamedFile, QemuConfig } from "./config.ts";
import { withRegister } from "./host-limits.ts";
import type { Blob } from "./kernel-image.ts";
import { planMachine } from "./machine.ts";
import type { MachinePlan } from "./machine-plan.ts";
import { ipaBitsOf } from "./memory-map.ts";
import { MIB } from "./numbers.ts";
import { readLine } from "./read-line.ts";
import { setUpRealm, sveOf } from "./realm-setup.ts";
import { argumentPointer, refuseArgument, refuseLaunch } from "./refusal.ts";
import { loadedBlobs, realmRequests } from "./requests.ts";
import { findRmeGuest, type RealmWish, readRmeGuest } from "./rme-guest.ts";
import { findSeries, leavesAsIs, type SeriesFacts } from "./series.ts";
import { makeTree } from "./tree.ts";
import { MODELLED_RELEASES, type QemuRelease, resolveRelease } from "./versions.ts";

/** What is launched. */
export interface QemuInput {
  /** Version of the binary, e.g. `10.0.13`. */
  readonly version: string;
  /** Realm series that it was built with, e.g. `rfc-v3`. */
  readonly series?: string;
  /** The whole line, its program first. */
  readonly argv: readonly string[];
  readonly files: FileLookup;
  readonly platform: Platform;
  /**
   * E.g. `linux-kvm/v7`. Decides how the platform's feature register is read, and that a Realm's
   * line without accelerator means KVM where it is measured.
   */
  readonly hypervisor?: string;
  /** The launch is measured, which takes KVM; otherwise the line alone says what runs the guest. */
  readonly measured?: boolean;
}

/** A launch, worked out. The members are computed on first use and may throw then. */
export interface QemuLaunch {
  /** The tree as it lies in memory, what is measured behind it included. */
  readonly dtb: Uint8Array;
  /** Guest address of the tree. */
  readonly dtbAddress: U64;
  /** All requests in order; of an ordinary VM only those that create it, none under TCG. */
  readonly requests: readonly VmmRequest[];
  /** What the line asks of the Realm; undefined for an ordinary VM. */
  readonly realmWanted: RealmWish | undefined;
  /** vCPUs that are created. */
  readonly cpus: number;
  /** What nobody gave, as far as the members used so far needed it. */
  readonly assumed: readonly HostAssumption[];
  /** What a user should know about the model that was chosen. */
  readonly warnings: readonly string[];
  /**
   * Makes sure that the requests are those of a Realm: a tree can be had of any line.
   *
   * @throws CcaRimError HOST_REFUSED, HOST_PLATFORM
   */
  readonly checkRealm: () => void;
}

/** A line with all that decides what becomes of it. */
interface Session {
  readonly input: QemuInput;
  readonly release: QemuRelease;
  readonly series: SeriesFacts | undefined;
  readonly config: QemuConfig;
  readonly wish: RealmWish | undefined;
  readonly accelerator: Accelerator;
  readonly platform: PlatformReader;
  readonly plan: MachinePlan;
}

const FIRMWARE_LIMIT = 128n * MIB;
/** KVM of the time took no wider IPA space by default. */
const DEFAULT_IPA_BITS = 40;
const NO_HOST_LIMIT = 64;

function unknownModel(message: string, hint: string): CcaRimError {
  return new CcaRimError("HOST_UNKNOWN_MODEL", message, { where: { pointer: "/host/vmm" }, hint });
}

function releaseOf({ version }: QemuInput): QemuRelease {
  const release = resolveRelease(version);
  if (release !== undefined) return release;
  throw unknownModel(`no model of qemu/${version}`, `releases ${MODELLED_RELEASES} are modelled`);
}

function seriesOf({ series: id, version }: QemuInput): SeriesFacts | undefined {
  if (id === undefined) return undefined;
  const series = findSeries(id);
  if (series !== undefined) return series;
  throw unknownModel(`no model of qemu/${version}+${id}`, "`cca-rim models` lists the series");
}

/**
 * What executes the guest. A line that says nothing gets TCG, as in QEMU; a Realm's line that is
 * measured gets the KVM that the manifest names.
 */
function acceleratorOf({ accelerator }: QemuConfig, input: QemuInput, realm: boolean): Accelerator {
  return (
    accelerator ?? (realm && isKvm(input.hypervisor) && input.measured === true ? "kvm" : "tcg")
  );
}

function checkRealm({ wish, accelerator }: Session): void {
  if (wish === undefined) {
    const message = "the line launches an ordinary virtual machine, which has no RIM";
    throw new CcaRimError("HOST_REFUSED", message, {
      where: { pointer: argumentPointer(undefined) },
      hint: "add -object rme-guest,id=rme0 and -M confidential-guest-support=rme0",
    });
  }
  if (accelerator !== "kvm") throw refuseLaunch("KVM required for RME", "-accel kvm");
}

function checkAcpi(series: SeriesFacts | undefined, config: QemuConfig, realm: boolean): void {
  if (realm && series?.acpiAborts === true && config.settings.acpi) {
    throw refuseLaunch(
      "QEMU aborts: ACPI tables are regions of the Realm's memory without address",
      "-M acpi=off",
    );
  }
}

function open(input: QemuInput): Session {
  const release = releaseOf(input);
  const series = seriesOf(input);
  const platform = new PlatformReader(withRegister(input.platform, input.hypervisor));
  const config = readLine(input.argv, { release, series });
  const guest = findRmeGuest(config.settings, config.objects, series);
  const wish = guest && series && readRmeGuest(guest, series);
  const realm = wish !== undefined;
  const accelerator = acceleratorOf(config, input, realm);
  checkAcpi(series, config, realm);
  const { files } = input;
  const log = wish?.log === true;
  const plan = planMachine({ config, release, series, realm, log, accelerator, files, platform });
  return { input, release, series, config, wish, accelerator, platform, plan };
}

function readFile({ input }: Session, { name, index }: NamedFile): Uint8Array {
  const { source } = input.files.resolve(name, argumentPointer(index));
  const bytes = new Uint8Array(source.size);
  source.read(0, bytes);
  return bytes;
}

function treeOf(session: Session): Uint8Array {
  const { config, plan, series, wish, release } = session;
  const { dtb } = config.settings;
  const file = dtb && readFile(session, dtb);
  if (file && wish && series && leavesAsIs(series, release.name)) return file;
  const tree = makeTree(plan, file);
  const { dtbAddress, dtbLimit } = plan.boot;
  if (dtbLimit > dtbAddress && BigInt(tree.length) > dtbLimit - dtbAddress) {
    throw refuseLaunch(
      "the kernel leaves no room for a device tree at the base of RAM, and QEMU goes on without one",
    );
  }
  return tree;
}

/** Firmware of a Realm, which is loaded as it is; ordinary firmware lies in flash. */
function firmwareOf({ input, config, plan, series }: Session): Blob | undefined {
  const { firmware } = config.settings;
  if (!plan.firmwareLoaded || firmware === undefined || series?.flash === true) return undefined;
  const { source } = input.files.resolve(firmware.name, argumentPointer(firmware.index));
  if (source.size === 0 || BigInt(source.size) > FIRMWARE_LIMIT) {
    throw refuseArgument(`could not load firmware '${firmware.name}'`, firmware.index);
  }
  return { label: "firmware", address: 0n, source, size: BigInt(source.size) };
}

/** The width that KVM_CREATE_VM is given. */
function ipaBits({ accelerator, platform, plan, series, release }: Session): number {
  const extraBits = plan.realm ? 1 : 0;
  const { maxIpaBits = NO_HOST_LIMIT } = accelerator === "kvm" ? platform.platform : {};
  const maxBits = maxIpaBits - (plan.realm && series?.strictIpaBits === true ? extraBits : 0);
  const bits = ipaBitsOf({ map: plan.map, extraBits, maxBits });
  return !plan.realm && release.has("kvmTypeZero") && bits <= DEFAULT_IPA_BITS ? 0 : bits;
}

function* allRequests(session: Session, dtb: () => Uint8Array): Generator<VmmRequest> {
  const { plan, series, wish, platform, config, accelerator } = session;
  if (!plan.realm && accelerator === "tcg") return;
  yield { request: "create_vm", ipaBits: ipaBits(session), realm: plan.realm };
  if (series === undefined || wish === undefined) return;
  const { numa } = plan;
  yield* realmRequests({
    series,
    plan,
    blobs: loadedBlobs(plan, dtb(), firmwareOf(session)),
    setup: () => setUpRealm({ series, wish, cpu: config.cpu, platform }),
    hostPageSize: platform.assume("hostPageSize"),
    backends: numa.ownBackends ? numa.memory : [config.memory.size],
  });
}

/** What is not known of the accelerator that the line leaves open. */
function openAccelerator({ config, accelerator, input, wish }: Session): readonly string[] {
  if (wish === undefined || config.accelerator !== undefined) return [];
  if (accelerator === "kvm") {
    return ["the line names no accelerator; taken to be run with -accel kvm"];
  }
  if (!isKvm(input.hypervisor)) return [];
  return [
    "the line names no accelerator: this is the machine under TCG, while measuring takes -accel kvm",
  ];
}

function guessesSve({ config, platform, plan, accelerator }: Session): boolean {
  if (!plan.realm || accelerator !== "kvm") return false;
  // Without the host's longest vector there is nothing to guess from.
  if (platform.platform.sveVectorBits === undefined) return false;
  return sveOf({ cpu: config.cpu, platform }).guessed;
}

function warningsOf(session: Session): readonly string[] {
  const { release, series, wish, accelerator, plan } = session;
  const warnings = [...release.warnings];
  if (wish !== undefined && series?.doubt !== undefined) warnings.push(series.doubt);
  warnings.push(...openAccelerator(session));
  if (accelerator === "kvm" && release.has("cpuCaches")) {
    warnings.push("caches of the host's CPU are taken to be left out of the device tree");
  }
  if (wish !== undefined && plan.seeds !== undefined) {
    warnings.push(
      "QEMU draws rng-seed once more when the machine is reset: platform.rngSeed must be what the guest found, not what dumpdtb shows",
    );
  }
  if (guessesSve(session)) {
    warnings.push("the host is taken to have every SVE vector length up to its longest");
  }
  return warnings;
}

/**
 * Works out a launch.
 *
 * @throws CcaRimError HOST_UNKNOWN_MODEL for unknown versions and series; HOST_ARGUMENT where
 *   QEMU refuses an argument (with its place in the line) and HOST_REFUSED where it fails later;
 *   HOST_PLATFORM for what the platform must state, random seeds among it; HOST_NOT_MODELLED;
 *   FILE_* for files that are not there.
 */
export function launchQemu(input: QemuInput): QemuLaunch {
  const session = open(input);
  const { plan, platform, wish, config } = session;
  let dtb: Uint8Array | undefined;
  let requests: readonly VmmRequest[] | undefined;
  const tree = (): Uint8Array => {
    dtb ??= treeOf(session);
    return dtb;
  };
  return {
    get dtb(): Uint8Array {
      return tree();
    },
    dtbAddress: u64(plan.boot.dtbAddress),
    get requests(): readonly VmmRequest[] {
      requests ??= [...allRequests(session, tree)];
      return requests;
    },
    realmWanted: wish,
    cpus: config.topology.cpus,
    get assumed() {
      return platform.assumed;
    },
    warnings: warningsOf(session),
    checkRealm: () => checkRealm(session),
  };
}
