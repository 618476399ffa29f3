/**
 * What QEMU asks of KVM to build a Realm, in order, for each way in which a series does it.
 *
 * @see QEMU target/arm/kvm-rme.c of each series
 * @module
 */
import { bytesSource } from "../../../hash/source.ts";
import { ipa, u64 } from "../../../units.ts";
import type { VmmRequest } from "../../requests.ts";
import { GuestMemory } from "../guest-memory.ts";
import type { Blob } from "./kernel-image.ts";
import type { MachinePlan } from "./machine-plan.ts";
import { RAM_BASE } from "./memory-map.ts";
import { alignDown, alignUp, MIB } from "./numbers.ts";
import { refuseLaunch } from "./refusal.ts";
import type { SeriesFacts } from "./series.ts";
import { LOG_SIZE } from "./tree-boot.ts";

/** What decides the requests of a Realm. */
export interface RealmLaunch {
  readonly series: SeriesFacts;
  readonly plan: MachinePlan;
  /** All that is loaded into guest memory, in the order of its registration. */
  readonly blobs: readonly Blob[];
  /** Everything up to the Realm's creation. */
  readonly setup: () => Iterable<VmmRequest>;
  /** Bytes. */
  readonly hostPageSize: number;
  /** Sizes of the memory backends in order of address; one if there are none. */
  readonly backends: readonly bigint[];
}

/** A range of guest memory with what happens to it. */
interface Region {
  readonly label: string;
  readonly base: bigint;
  readonly size: bigint;
  /** Whether it holds data, else it becomes RAM. */
  readonly data: boolean;
}

const FIRMWARE_ROOM = 128n * MIB;
const GPR_COUNT = 8;

/** Code that QEMU puts before a kernel: x0 = tree, x1 to x3 = 0, branch to the entry point. */
const STUB_CODE = [0x580000c0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0x58000084, 0xd61f0080];

/** The start code with its two addresses. */
export function stubBytes(dtb: bigint, entry: bigint): Uint8Array {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  STUB_CODE.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  view.setBigUint64(24, dtb, true);
  view.setBigUint64(32, entry, true);
  return bytes;
}

/** A value rounded to pages of the host. */
class Pages {
  readonly #size: bigint;

  constructor(size: number) {
    this.#size = BigInt(size);
  }

  down(value: bigint): bigint {
    return alignDown(value, this.#size);
  }

  up(value: bigint): bigint {
    return alignUp(value, this.#size);
  }
}

/** Builds the requests of one launch. */
class RealmBuilder {
  readonly #launch: RealmLaunch;
  readonly #pages: Pages;
  readonly #memory = new GuestMemory();

  constructor(launch: RealmLaunch) {
    this.#launch = launch;
    this.#pages = new Pages(launch.hostPageSize);
    for (const { address, source } of launch.blobs) this.#memory.load(address, source);
  }

  *run(): Generator<VmmRequest> {
    yield* this.#slots();
    yield* this.#launch.setup();
    yield* this.#sequence();
    yield { request: "activate" };
  }

  *#sequence(): Generator<VmmRequest> {
    switch (this.#launch.series.sequence) {
      case "images":
        yield* this.#vcpus();
        yield* this.#images();
        return;
      case "ram-then-data":
        yield* this.#ramThenData();
        yield* this.#vcpus();
        return;
      case "interleaved":
        yield* this.#interleaved();
        yield* this.#vcpus();
        return;
      case "all-ram":
        yield* this.#allRam();
        yield* this.#vcpus();
        yield* this.#log();
        return;
      default:
        for (const region of this.#merged()) yield this.#populate(region);
        yield* this.#vcpus();
    }
  }

  *#slots(): Generator<VmmRequest> {
    const { plan, series, backends } = this.#launch;
    const guestMemfd = series.sequence === "all-ram" || series.sequence === "kvm";
    const sizes = backends.map((size) => this.#pages.down(size)).filter((size) => size > 0n);
    let id = 0;
    if (plan.boot.kind === "firmware" && plan.firmwareLoaded && !series.flash) {
      yield { request: "memslot", id, base: ipa(0n), size: u64(FIRMWARE_ROOM), guestMemfd };
      id += 1;
    }
    let base = RAM_BASE;
    for (const size of sizes) {
      yield { request: "memslot", id, base: ipa(base), size: u64(size), guestMemfd };
      id += 1;
      base += size;
    }
  }

  #populate({ base, size, label }: Region, measure = true): VmmRequest {
    const content = this.#memory.content(base, size);
    return { request: "populate", base: ipa(base), size: u64(size), measure, content, label };
  }

  #initRipas({ base, size }: Pick<Region, "base" | "size">): VmmRequest {
    return { request: "init_ripas", base: ipa(base), size: u64(size) };
  }

  /** Blobs by address; both ends on pages. */
  #covered(): Region[] {
    const regions = this.#launch.blobs.map(({ label, address, source }) => {
      const base = this.#pages.down(address);
      const size = this.#pages.up(address + BigInt(source.size)) - base;
      return { label, base, size, data: true, address };
    });
    this.#refuseTwins(this.#launch.blobs.map(({ address }) => address));
    return regions.sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** Two regions at one address make QEMU abort. */
  #refuseTwins(bases: readonly bigint[]): void {
    const twin = bases.find((base, i) => bases.indexOf(base) !== i);
    if (twin === undefined) return;
    const where = `0x${twin.toString(16)}`;
    throw refuseLaunch(`QEMU aborts: two regions of the Realm's memory start at ${where}`);
  }

  /** NVIDIA's tree populates what touches or overlaps with one call. */
  #merged(): Region[] {
    const merged: Region[] = [];
    for (const region of this.#covered()) {
      const last = merged.at(-1);
      if (!this.#launch.series.mergesData || last === undefined) {
        merged.push(region);
      } else if (region.base > last.base + last.size) {
        merged.push(region);
      } else {
        const lastEnd = last.base + last.size;
        const end = region.base + region.size;
        const size = (end > lastEnd ? end : lastEnd) - last.base;
        merged[merged.length - 1] = { ...last, size, label: `${last.label}, ${region.label}` };
      }
    }
    return merged;
  }

  /** The last image registered comes first. */
  *#images(): Generator<VmmRequest> {
    const { kernel } = this.#launch.plan.boot;
    for (const blob of this.#launch.blobs.toReversed()) {
      const { label, address, source } = blob;
      const base = this.#pages.down(address);
      const room = blob === kernel?.blobs[0] ? kernel.size : blob.size;
      yield this.#initRipas({ base, size: this.#pages.up(room) });
      yield this.#populate({ label, base, size: this.#pages.up(BigInt(source.size)), data: true });
    }
  }

  /** Each region from a page on, as long as its own length says; and the kernel's zeros. */
  #loose(zeros: readonly Region[]): Region[] {
    const regions = this.#launch.blobs.map(({ label, address, size }) => ({
      label,
      base: this.#pages.down(address),
      size: this.#pages.up(size),
      data: true,
    }));
    const all = [...regions, ...zeros];
    this.#refuseTwins(all.map(({ base }) => base));
    return all.sort((a, b) => (a.base < b.base ? -1 : 1));
  }

  /** Where an image's file ends, and how much memory it wants behind that. */
  #imageTail(): { readonly end: bigint; readonly size: bigint } | undefined {
    const { kernel } = this.#launch.plan.boot;
    const [blob] = kernel?.blobs ?? [];
    if (kernel?.image !== true || blob === undefined) return undefined;
    const end = blob.address + BigInt(blob.source.size);
    return { end, size: BigInt.asUintN(64, kernel.high - end) };
  }

  *#ramThenData(): Generator<VmmRequest> {
    const tail = this.#imageTail();
    const zeros = tail && {
      label: "kernel",
      base: this.#pages.down(tail.end),
      size: this.#pages.up(tail.size),
      data: false,
    };
    const regions = this.#loose(zeros === undefined ? [] : [zeros]);
    for (const region of regions) yield this.#initRipas(region);
    for (const region of regions.filter(({ data }) => data)) yield this.#populate(region);
  }

  *#interleaved(): Generator<VmmRequest> {
    const tail = this.#imageTail();
    const zeros = tail && {
      label: "kernel",
      base: this.#pages.up(tail.end),
      size: this.#pages.down(tail.size),
      data: false,
    };
    for (const region of this.#loose(zeros === undefined ? [] : [zeros])) {
      yield region.data ? this.#populate(region) : this.#initRipas(region);
    }
  }

  *#allRam(): Generator<VmmRequest> {
    const base = this.#pages.down(RAM_BASE);
    const end = this.#pages.up(RAM_BASE + this.#launch.plan.config.memory.size);
    yield this.#initRipas({ base, size: end - base });
    for (const region of this.#covered()) yield this.#populate(region);
  }

  *#log(): Generator<VmmRequest> {
    const { log } = this.#launch.plan;
    if (log === undefined) return;
    const base = this.#pages.down(log);
    const size = this.#pages.up(log + LOG_SIZE) - base;
    yield this.#populate({ label: "measurement log", base, size, data: true }, false);
  }

  *#vcpus(): Generator<VmmRequest> {
    const { boot, config } = this.#launch.plan;
    const zero = u64(0n);
    const none = Array.from({ length: GPR_COUNT }, () => zero);
    const direct = boot.kernel?.kind === "linux" && !boot.stub;
    const start = boot.stub ? RAM_BASE : (boot.kernel?.entry ?? 0n);
    for (let vcpu = 0; vcpu < config.topology.cpus; vcpu++) {
      const boots = vcpu === 0;
      yield {
        request: "vcpu_finalize",
        vcpu,
        pc: boots ? u64(start) : zero,
        gprs: boots && direct ? [u64(boot.dtbAddress), ...none.slice(1)] : none,
        runnable: boots,
      };
    }
  }
}

/** All that is loaded, in the order of its registration. */
export function loadedBlobs(
  plan: MachinePlan,
  dtb: Uint8Array,
  firmware: Blob | undefined,
): readonly Blob[] {
  const { boot } = plan;
  const tree = bytesSource(dtb);
  const stub = bytesSource(stubBytes(boot.dtbAddress, boot.kernel?.entry ?? 0n));
  return [
    ...(firmware === undefined ? [] : [firmware]),
    ...(boot.kernel?.blobs ?? []),
    ...(boot.initrd === undefined ? [] : [boot.initrd]),
    ...(boot.stub ? [{ label: "start code", address: RAM_BASE, source: stub, size: 40n }] : []),
    { label: "dtb", address: boot.dtbAddress, source: tree, size: BigInt(dtb.length) },
  ];
}

/** All requests behind KVM_CREATE_VM that build the Realm. */
export function realmRequests(launch: RealmLaunch): Iterable<VmmRequest> {
  return new RealmBuilder(launch).run();
}
