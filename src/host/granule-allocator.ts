/**
 * The host's physical memory: hands out granules, ascending, always the same ones for the same
 * launch. Which addresses a host picks never influences a measurement.
 *
 * @module
 */
import type { GranuleRange } from "../rmm/granules.ts";
import { GRANULE_SIZE, type Pa, pa, u64Of } from "../units.ts";

/** Memory of a modelled host: 1 TiB of DRAM, all of it below 2^48 so that no Realm needs LPA2. */
export const HOST_MEMORY: GranuleRange = { base: 0x8000_0000, size: 2 ** 40 };

/** Non-secure pages that the host keeps for structures and contents. */
const NON_SECURE_PAGES = 16;

/** Hands out granules. */
export class GranuleAllocator {
  #next = HOST_MEMORY.base + NON_SECURE_PAGES * GRANULE_SIZE;

  /** Where the host builds RmiRealmParams; stays Non-secure. */
  readonly realmParams: Pa = pa(HOST_MEMORY.base);
  /** Where the host builds RmiRecParams; stays Non-secure. */
  readonly recParams: Pa = pa(HOST_MEMORY.base + GRANULE_SIZE);
  /** Where the host puts content to be copied; stays Non-secure. */
  readonly source: Pa = pa(HOST_MEMORY.base + 2 * GRANULE_SIZE);

  /** Where the host writes lists of granules (RMM 2.0); stays Non-secure. */
  readonly addressList: Pa = pa(HOST_MEMORY.base + 3 * GRANULE_SIZE);

  /** Takes the granules that follow the one taken last. */
  skip(count: number): void {
    this.#next += count * GRANULE_SIZE;
  }

  /**
   * Takes consecutive granules.
   *
   * @param count How many; the first is aligned to all of them (a power of two).
   * @returns the PA of the first.
   */
  take(count = 1): Pa {
    const size = count * GRANULE_SIZE;
    const first = count === 1 ? this.#next : Math.ceil(this.#next / size) * size;
    this.#next = first + size;
    return u64Of(first) as Pa;
  }
}
