/**
 * The request POPULATE: of a VMM that drives the launch, and of one that only hands content over.
 *
 * @module
 */
import type { MemoryContent } from "../../hash/source.ts";
import { GRANULE_SIZE, type Ipa } from "../../units.ts";
import type { HostAnswer, HostTurn } from "../process.ts";
import { ensureCreated } from "./create.ts";
import { type Load, populatePages } from "./data.ts";
import { type KvmPart, type KvmRefusal, rangeText, refuse, refuseOrder } from "./refusal.ts";
import { notNew } from "./ripas.ts";
import type { MemorySlot } from "./slots.ts";
import type { KvmVm } from "./vm.ts";

const PAGE = BigInt(GRANULE_SIZE);

/** What is to be populated. */
export interface PopulateRequest {
  readonly base: Ipa;
  readonly size: bigint;
  readonly measure: boolean;
  readonly content: MemoryContent;
  readonly origin: string | undefined;
}

function loadOf(vm: KvmVm, request: PopulateRequest): Load {
  const { base, measure, content, origin } = request;
  return { base, digests: vm.env.digests(content), measure, origin };
}

function checkRange(vm: KvmVm, { base, size }: PopulateRequest): KvmRefusal | undefined {
  const page = BigInt(vm.hostPageSize);
  if (base % page !== 0n || size % page !== 0n) {
    const range = rangeText(base, base + size);
    const why = `${range} is not aligned to the host's pages of ${page} bytes`;
    return refuse("EINVAL", why, "the VMM has to round the range outwards");
  }
  return base + size >= 1n << 64n ? refuse("EINVAL", "the range ends above 2^64") : undefined;
}

/** Why a slot cannot take content, if so. */
function checkSlot(vm: KvmVm, slot: MemorySlot | undefined, at: bigint): KvmRefusal | undefined {
  const isDriven = vm.facts.order === "kvm";
  if (slot === undefined) {
    const why = `no memory slot has 0x${at.toString(16)}`;
    return refuse(isDriven ? "EINVAL" : "EFAULT", why);
  }
  if (slot.guestMemfd || !vm.facts.guestMemfd) return undefined;
  // A VMM none of whose slots has guest_memfd is described without it: nothing else hangs on it.
  if (!isDriven && !vm.slots.hasGuestMemfd) return undefined;
  return refuse(vm.facts.noGuestMemfd, `slot ${slot.id} has no guest_memfd`);
}

/** POPULATE where the VMM drives the launch. */
export function* populate(vm: KvmVm, request: PopulateRequest): KvmPart {
  if (vm.state !== "NEW") return refuseOrder(vm.facts.wrongState, notNew(vm));
  const refused = checkRange(vm, request);
  if (refused !== undefined) return refused;
  const { base, size } = request;
  const top = base + size;
  const load = loadOf(vm, request);
  const chunk = vm.facts.populateChunk === undefined ? size : BigInt(vm.facts.populateChunk);
  for (let at = base; at < top; at = (at + chunk) as Ipa) {
    const end = at + chunk < top ? at + chunk : top;
    const refusal = checkChunk(vm, at, end) ?? (yield* populatePages(vm, load, at, end))?.refusal;
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Each chunk has to lie in one slot. A launch described without slots is taken to have them. */
function checkChunk(vm: KvmVm, at: Ipa, end: bigint): KvmRefusal | undefined {
  if (vm.slots.isEmpty) return undefined;
  const slot = vm.slots.at(at);
  if (slot !== undefined && slot.top < end) {
    return refuse("EINVAL", `${rangeText(at, end)} reaches beyond slot ${slot.id}`);
  }
  return checkSlot(vm, slot, at);
}

/** What one ioctl did: how many pages count as populated, or why none does. */
type ProgressPart = Generator<HostTurn, number | KvmRefusal, HostAnswer>;

/** kvm_gmem_populate(): page by page up to the end of the slot, or to the first that fails. */
function* populateSlot(vm: KvmVm, load: Load, base: Ipa, top: bigint): ProgressPart {
  const slot = vm.slots.at(base);
  const refusal = checkSlot(vm, slot, base);
  if (refusal !== undefined) return refusal;
  const end = slot !== undefined && slot.top < top ? slot.top : top;
  const failure = yield* populatePages(vm, load, base, end);
  if (failure === undefined) return Number(end - base) / GRANULE_SIZE;
  if (failure.ipa !== base) return Number(failure.ipa - base) / GRANULE_SIZE;
  const { status } = failure;
  return vm.facts.statusCountsAsPages && status !== undefined ? status : failure.refusal;
}

/**
 * POPULATE where KVM drives the launch: creates the Realm if there is none. KVM may stop early;
 * the VMM repeats the ioctl with what is left.
 */
export function* populateGuestMemfd(vm: KvmVm, request: PopulateRequest): KvmPart {
  const failed = checkRange(vm, request) ?? (yield* ensureCreated(vm, request.origin));
  if (failed !== undefined) return failed;
  const { base, size } = request;
  const top = base + size;
  if (vm.facts.populateBelowHalf && top > 1n << BigInt(vm.ipaBits - 1)) {
    const range = rangeText(base, top);
    return refuse("EINVAL", `${range} is not within the lower half of the IPA space`);
  }
  if (size === 0n && !vm.facts.populateNothing) return refuse("EINVAL", "it names no byte");
  const load = loadOf(vm, request);
  let at: bigint = base;
  while (at < top) {
    const progress = yield* populateSlot(vm, load, at as Ipa, top);
    if (typeof progress !== "number") return progress;
    at += BigInt(progress) * PAGE;
  }
  return undefined;
}
