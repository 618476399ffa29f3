/**
 * kvmtool as a whole: from an `lkvm run` line to the device tree that it puts into guest memory
 * and to the requests that it makes of KVM.
 *
 * @module
 */
import { CcaRimError } from "../../../errors.ts";
import { fdtTotalSize } from "../../../formats/fdt/layout.ts";
import { type U64, u64 } from "../../../units.ts";
import type { FileLookup } from "../../files.ts";
import { isCalculator } from "../../models.ts";
import type { Platform } from "../../platform.ts";
import type { VmmRequest } from "../../requests.ts";
import { type HostAssumption, PlatformReader } from "../platform-reader.ts";
import { readArguments } from "./arguments.ts";
import { bootargsOf } from "./bootargs.ts";
import { calculatorFacts, mpidrsOf } from "./calculator.ts";
import { IRQCHIPS, type Irqchip, type KvmtoolConfig } from "./config.ts";
import { planDevices } from "./devices.ts";
import { DTB_SIZE, layOutMemory, type MemoryLayout } from "./layout.ts";
import { withOrigin } from "./origins.ts";
import { optionPointer, refuseArgument, refuseLaunch } from "./refusal.ts";
import { realmRequests } from "./requests.ts";
import { writeTree } from "./tree.ts";
import { planGic } from "./tree-cpu.ts";
import { flashSizeOf } from "./tree-devices.ts";
import {
  addImplicitRootfs,
  checkBootable,
  ipaBitsOf,
  type RealmRequest,
  ramSizeOf,
  requestedCpus,
  validateLine,
  vcpuSetupOf,
} from "./validate.ts";
import { findKvmtoolVersion, KVMTOOL_VERSIONS, type KvmtoolFacts } from "./versions.ts";

/** What is launched. */
export interface KvmtoolInput {
  /** The tree, with or without `kvmtool/`. */
  readonly version: string;
  /**
   * What answers kvmtool's requests. `rim-measurer/eac5` is a kvmtool of its own that answers
   * itself: other options, other limits.
   */
  readonly hypervisor?: string;
  /** The whole line: `lkvm`, `run`, ... */
  readonly argv: readonly string[];
  readonly files: FileLookup;
  readonly platform: Platform;
}

/** A launch, worked out. The members are computed on first use and may throw then. */
export interface KvmtoolLaunch {
  /** 64 KiB: the tree and what is measured behind it. */
  readonly dtb: Uint8Array;
  /** Guest address of the tree. */
  readonly dtbAddress: U64;
  /** All requests in order; of an ordinary VM only those that create it. */
  readonly requests: readonly VmmRequest[];
  /** What the line asks of the Realm; undefined for an ordinary VM. */
  readonly realmWanted: RealmRequest | undefined;
  /** vCPUs that are created. */
  readonly cpus: number;
  /** What nobody gave, as far as the members used so far needed it. */
  readonly assumed: readonly HostAssumption[];
}

function factsOf(input: KvmtoolInput): KvmtoolFacts {
  const id = input.version.replace(/^kvmtool\//, "");
  const version = findKvmtoolVersion(id);
  if (version === undefined) {
    const known = KVMTOOL_VERSIONS.map((each) => `kvmtool/${each.id}`).join(", ");
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `no model of kvmtool/${id}`, {
      where: { pointer: "/host/vmm" },
      hint: `there are ${known}`,
    });
  }
  return isCalculator(input.hypervisor) ? calculatorFacts(version.facts) : version.facts;
}

/** The line with everything that follows from it and from the platform. */
interface Machine {
  readonly input: KvmtoolInput;
  readonly facts: KvmtoolFacts;
  readonly config: KvmtoolConfig;
  readonly calculator: boolean;
  readonly platform: PlatformReader;
  readonly realm: RealmRequest | undefined;
  readonly requestedCpus: number;
  readonly cpus: number;
  readonly ramSize: bigint;
  readonly ipaBits: number;
  readonly bootargs: Uint8Array | undefined;
  readonly layout: MemoryLayout;
}

/** Bytes by which fdt_pack shortens a tree that libfdt wrote, and which it leaves behind it. */
const PACKED_AWAY = 8;

/** libfdt wants trees at such addresses, and lkvm's own copy of RAM starts at a large page. */
const DTB_ADDRESS_UNIT = 8n;

/** Samsung's calculator knows one width and no more vCPUs than this. */
const CALCULATOR_IPA_BITS = 33;
const CALCULATOR_MAX_CPUS = 16;

/** What a process can map at most: its addresses have 48 bits on arm64, 47 where that runs. */
const MAX_MAPPING = 1n << 48n;
const CALCULATOR_MAX_MAPPING = 1n << 47n;

function planMachine(input: KvmtoolInput): Machine {
  const calculator = isCalculator(input.hypervisor);
  const facts = factsOf(input);
  const platform = new PlatformReader(input.platform);
  const config = readArguments(input.argv, facts, (name) => input.files.isDirectory(name));
  const realm = validateLine(config, facts);
  checkBootable(config);
  const wanted = requestedCpus(config, platform);
  const ramSize = ramSizeOf(config, wanted, platform);
  const ownRootfs = addImplicitRootfs(config, platform);
  if (ramSize >= (calculator ? CALCULATOR_MAX_MAPPING : MAX_MAPPING)) {
    throw refuseLaunch(`Failed to map ${ramSize} bytes for guest memory`, "give less RAM (-m)");
  }
  const ipaBits = calculator ? CALCULATOR_IPA_BITS : ipaBitsOf(config, ramSize, platform);
  const maxCpus = calculator ? CALCULATOR_MAX_CPUS : wanted > 1 ? platform.assume("maxCpus") : 1;
  return {
    input,
    facts,
    config,
    calculator,
    platform,
    realm,
    requestedCpus: wanted,
    cpus: Math.min(wanted, maxCpus),
    ramSize,
    ipaBits,
    bootargs: bootargsOf(config, ownRootfs),
    layout: layOutMemory({
      config,
      facts,
      files: input.files,
      ramSize,
      ignoreClaimedMemory: calculator,
    }),
  };
}

/**
 * The 64 KiB at the tree's address, of which kvmtool writes only the first bytes: an image that is
 * longer than its header says may reach there.
 *
 * @param written how many bytes of `tree` are kvmtool's; the others are zeros.
 */
function inMemory({ layout }: Machine, tree: Uint8Array, written: number): Uint8Array {
  const { start, source } = layout.image;
  const offset = Number(layout.dtb - start);
  if (offset < 0 || offset >= source.size) return tree;
  const memory = new Uint8Array(DTB_SIZE);
  source.read(offset, memory.subarray(0, Math.min(DTB_SIZE, source.size - offset)));
  memory.set(tree.subarray(0, written));
  return memory;
}

/** --dtb: the file as it is, what was there behind it. */
function loadTree(machine: Machine, name: string): Uint8Array {
  const { input, config } = machine;
  const index = config.at.get("dtb");
  const { source } = input.files.resolve(name, optionPointer(config, "dtb"));
  if (source.size === 0) throw refuseArgument("cannot load DTB: it is empty", index);
  if (source.size > DTB_SIZE) {
    throw refuseArgument(`cannot load DTB: it is longer than ${DTB_SIZE} bytes`, index);
  }
  const dtb = new Uint8Array(DTB_SIZE);
  source.read(0, dtb.subarray(0, source.size));
  return inMemory(machine, dtb, source.size);
}

function flashOf({ input, config }: Machine): number | undefined {
  if (config.flash === undefined) return undefined;
  const { source } = input.files.resolve(config.flash, optionPointer(config, "flash"));
  return flashSizeOf(source.size);
}

function generateTree(machine: Machine): Uint8Array {
  const { config, facts, platform, calculator, cpus, layout, bootargs } = machine;
  if (layout.ram.start % DTB_ADDRESS_UNIT !== 0n) {
    throw refuseLaunch("Error creating device tree: FDT_ERR_ALIGNMENT", "move RAM to whole pages");
  }
  const irqchip = config.irqchip ?? irqchipOf(platform);
  const tree = writeTree({
    config,
    layout,
    devices: planDevices({ config, facts, v2mFrame: irqchip === "gicv2m" && !calculator }),
    gic: planGic(irqchip, machine.requestedCpus, cpus),
    mpidrs: mpidrsOf(config, cpus),
    bootargs,
    flashSize: flashOf(machine),
    cpuCompatible: platform.assume("cpuCompatible"),
    psci02: Number.parseFloat(platform.assume("psci")) >= 0.2,
    libfdt: platform.assume("libfdt"),
  });
  return inMemory(machine, tree, fdtTotalSize(tree) + PACKED_AWAY);
}

function irqchipOf(platform: PlatformReader): Irqchip {
  const stated = platform.assume("irqchip");
  const irqchip = IRQCHIPS.find((known) => known === stated);
  if (irqchip !== undefined) return irqchip;
  throw new CcaRimError("HOST_PLATFORM", `kvmtool has no interrupt controller "${stated}"`, {
    where: { pointer: "/platform/irqchip" },
    hint: `one of ${IRQCHIPS.join(", ")}`,
  });
}

function* allRequests(machine: Machine, dtb: Uint8Array): Generator<VmmRequest> {
  const { facts, layout, config, realm, cpus, platform, calculator } = machine;
  yield { request: "create_vm", ipaBits: machine.ipaBits, realm: realm !== undefined };
  if (realm === undefined) return;
  yield* realmRequests({
    facts,
    layout,
    dtb,
    realm,
    cpus,
    vcpuSetup: facts.vcpuFeatures ? vcpuSetupOf(config, realm, platform) : {},
    guestMemfd: config.restrictedMem,
    populateLog: !calculator,
    debugUnits: () => {
      // The calculator's own constants, not the platform's.
      const own = config.islet ? 0 : 2;
      if (calculator) return { breakpoints: own, watchpoints: own };
      const reason = "this kvmtool passes them on as KVM reports them";
      return platform.require(["breakpoints", "watchpoints"], reason);
    },
  });
}

/**
 * Works out a launch.
 *
 * @throws CcaRimError HOST_UNKNOWN_MODEL for an unknown tree; HOST_ARGUMENT where kvmtool refuses
 *   an argument (with its place in the line) and HOST_REFUSED where it fails later; HOST_PLATFORM
 *   for what the platform must state; HOST_NOT_MODELLED; FILE_* for files that are not there.
 */
export function launchKvmtool(input: KvmtoolInput): KvmtoolLaunch {
  const machine = planMachine(input);
  const { config, platform } = machine;
  let dtb: Uint8Array | undefined;
  let requests: readonly VmmRequest[] | undefined;
  return {
    get dtb(): Uint8Array {
      dtb ??= config.dtb === undefined ? generateTree(machine) : loadTree(machine, config.dtb);
      return dtb;
    },
    dtbAddress: u64(machine.layout.dtb),
    get requests(): readonly VmmRequest[] {
      requests ??= [...allRequests(machine, this.dtb)].map((each) => withOrigin(config, each));
      return requests;
    },
    realmWanted: machine.realm,
    cpus: machine.cpus,
    get assumed() {
      return platform.assumed;
    },
  };
}
