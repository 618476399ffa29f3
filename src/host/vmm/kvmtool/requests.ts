/**
 * What kvmtool asks of KVM to build a Realm, in order. One sequence for all trees; the facts of a
 * tree say when the Realm is created, what becomes RAM, and what is rounded how.
 *
 * @module
 */
import { toHex } from "../../../bytes.ts";
import { type ByteSource, bytesSource } from "../../../hash/source.ts";
import { ipa, u64 } from "../../../units.ts";
import type { ConfigValue, VcpuSetup, VmmRequest } from "../../requests.ts";
import { GuestMemory } from "../guest-memory.ts";
import { alignDown, alignUp, DTB_SIZE, LOG_SIZE, type MemoryLayout } from "./layout.ts";
import type { RealmRequest } from "./validate.ts";
import type { ConfigItem, KvmtoolFacts } from "./versions.ts";

const PAGE = 4096n;
const GPR_COUNT = 8;

/** What decides the requests of a Realm. */
export interface RealmLaunch {
  readonly facts: KvmtoolFacts;
  readonly layout: MemoryLayout;
  /** The 64 KiB that lie at the tree's address. */
  readonly dtb: Uint8Array;
  readonly realm: RealmRequest;
  /** Breakpoints and watchpoints that KVM reports; asked for only if the tree passes them on. */
  readonly debugUnits: () => { readonly breakpoints: number; readonly watchpoints: number };
  /** vCPUs that are created, and what each is set up with. */
  readonly cpus: number;
  readonly vcpuSetup: VcpuSetup;
  readonly guestMemfd: boolean;
  /** Whether the measurement log is given to the Realm (the calculator leaves that out). */
  readonly populateLog: boolean;
}

/** A range of pages that is populated from what was loaded in it. */
interface Region {
  readonly label: string;
  readonly start: bigint;
  readonly end: bigint;
  /** Pages behind it that become RAM although nothing was loaded there. */
  readonly tailEnd: bigint;
  /** What becomes RAM before the region is populated, in trees that do it for each region. */
  readonly ripasSize: bigint;
}

function configValue(item: ConfigItem, launch: RealmLaunch): ConfigValue | undefined {
  const { realm } = launch;
  switch (item) {
    case "hash_algo":
      return realm.hashAlgo;
    case "rpv":
      return realm.rpv === undefined ? undefined : toHex(realm.rpv);
    case "sve":
      if (!realm.sve.on || realm.sve.maxVectorBits === undefined) return undefined;
      return realm.sve.maxVectorBits / 128 - 1;
    case "pmu":
      return realm.pmuCounters;
    default: {
      const { breakpoints, watchpoints } = launch.debugUnits();
      return { num_brps: breakpoints, num_wrps: watchpoints };
    }
  }
}

function* createRealm(launch: RealmLaunch): Generator<VmmRequest> {
  for (const name of launch.facts.config) {
    const value = configValue(name, launch);
    if (value !== undefined) yield { request: "config", name, value };
  }
  yield { request: "create_realm" };
}

function memorySlot({ layout, guestMemfd }: RealmLaunch): VmmRequest {
  const { start, size } = layout.ram;
  return { request: "memslot", id: 0, base: ipa(start), size: u64(size), guestMemfd };
}

function imageRegion({ facts, layout }: RealmLaunch): Region {
  const { label, start, source } = layout.image;
  const rounding = BigInt(facts.rounding);
  const end = alignUp(start + BigInt(source.size), rounding);
  const first = alignDown(start, rounding);
  return {
    label,
    start: first,
    end,
    tailEnd: alignUp(BigInt.asUintN(64, start + layout.imageMemory), rounding),
    ripasSize: imageRipasSize(facts, layout, end - first),
  };
}

/** The oldest trees take the header's word for it, unaligned or 0 as it may be. */
function imageRipasSize(facts: KvmtoolFacts, layout: MemoryLayout, populated: bigint): bigint {
  if (facts.kernelExtent === "file") return layout.headerSize ?? populated;
  return alignUp(layout.imageMemory, PAGE);
}

/** A region of which all is loaded. `floor`: pages below are part of another region already. */
function wholeRegion(
  facts: KvmtoolFacts,
  label: string,
  [start, size]: readonly [bigint, bigint],
  floor: bigint,
): Region | undefined {
  const rounding = BigInt(facts.rounding);
  const first = alignDown(start, rounding);
  const clipped = facts.kernelExtent === "file" && first < floor ? floor : first;
  const end = alignUp(start + size, rounding);
  if (end <= clipped) return undefined;
  return { label, start: clipped, end, tailEnd: end, ripasSize: end - clipped };
}

function initrdRegion(launch: RealmLaunch, image: Region): Region | undefined {
  const { initrd } = launch.layout;
  if (initrd === undefined) return undefined;
  const place = [initrd.start, BigInt(initrd.source.size)] as const;
  return wholeRegion(launch.facts, "initrd", place, image.end);
}

function dtbRegion(launch: RealmLaunch): Region | undefined {
  const { initrd, dtb } = launch.layout;
  const initrdEnd = initrd === undefined ? 0n : initrd.start + BigInt(initrd.source.size);
  const floor = alignUp(initrdEnd, PAGE);
  return wholeRegion(launch.facts, "dtb", [dtb, BigInt(DTB_SIZE)], floor);
}

function* populate(
  { facts }: RealmLaunch,
  memory: GuestMemory,
  region: Region | undefined,
): Generator<VmmRequest> {
  if (region === undefined) return;
  const { label, start, end, tailEnd, ripasSize } = region;
  const size = end - start;
  if (facts.ripas === "each-region") {
    yield { request: "init_ripas", base: ipa(start), size: u64(ripasSize) };
  }
  const content = memory.content(start, size);
  yield { request: "populate", base: ipa(start), size: u64(size), measure: true, content, label };
  if (facts.ripas === "kernel-tail" && end < tailEnd) {
    yield { request: "init_ripas", base: ipa(end), size: u64(tailEnd - end) };
  }
}

function* finalizeVcpus({ layout, cpus }: RealmLaunch): Generator<VmmRequest> {
  const zero = u64(0n);
  const none = Array.from({ length: GPR_COUNT }, () => zero);
  for (let vcpu = 0; vcpu < cpus; vcpu++) {
    const boots = vcpu === 0;
    yield {
      request: "vcpu_finalize",
      vcpu,
      pc: boots ? u64(layout.image.start) : zero,
      gprs: boots ? [u64(layout.dtb), ...none.slice(1)] : none,
      runnable: boots,
    };
  }
}

/** The log's content never counts: it is not measured. */
function* populateLog({ facts, layout }: RealmLaunch): Generator<VmmRequest> {
  if (layout.log === undefined) return;
  const rounding = BigInt(facts.rounding);
  const start = alignDown(layout.log, rounding);
  const size = alignUp(layout.log + BigInt(LOG_SIZE), rounding) - start;
  const content = { size: Number(size), segments: [] };
  const label = "measurement-log";
  yield { request: "populate", base: ipa(start), size: u64(size), measure: false, content, label };
}

/** Trees that create the Realm first and populate each region as soon as it is loaded. */
function* loadIntoRealm(launch: RealmLaunch, dtb: ByteSource): Generator<VmmRequest> {
  const { layout } = launch;
  const memory = new GuestMemory();
  const image = imageRegion(launch);
  yield* createRealm(launch);
  yield memorySlot(launch);
  memory.load(layout.image.start, layout.image.source);
  yield* populate(launch, memory, image);
  if (layout.initrd !== undefined) memory.load(layout.initrd.start, layout.initrd.source);
  yield* populate(launch, memory, initrdRegion(launch, image));
  memory.load(layout.dtb, dtb);
  yield* populate(launch, memory, dtbRegion(launch));
}

/** Trees that load everything and then create the Realm around it. */
function* wrapIntoRealm(launch: RealmLaunch, dtb: ByteSource): Generator<VmmRequest> {
  const { layout } = launch;
  const memory = new GuestMemory();
  yield memorySlot(launch);
  memory.load(layout.image.start, layout.image.source);
  if (layout.initrd !== undefined) memory.load(layout.initrd.start, layout.initrd.source);
  memory.load(layout.dtb, dtb);
  // Older trees set their vCPUs up behind the Realm, too late to have a say.
  yield { request: "vcpu_setup", setup: launch.vcpuSetup };
  yield* createRealm(launch);
  if (launch.facts.ripas === "all-ram") {
    const { start, size } = layout.ram;
    yield { request: "init_ripas", base: ipa(start), size: u64(size) };
  }
  // Later trees keep this list sorted by address, which it is in any case.
  const image = imageRegion(launch);
  for (const region of [image, initrdRegion(launch, image), dtbRegion(launch)]) {
    yield* populate(launch, memory, region);
  }
}

/** All requests behind KVM_CREATE_VM that build the Realm. */
export function* realmRequests(launch: RealmLaunch): Generator<VmmRequest> {
  const dtb = bytesSource(launch.dtb);
  const early = launch.facts.creation === "before-loading";
  yield* early ? loadIntoRealm(launch, dtb) : wrapIntoRealm(launch, dtb);
  yield* finalizeVcpus(launch);
  if (launch.populateLog) yield* populateLog(launch);
  yield { request: "activate" };
}
