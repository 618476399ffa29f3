/**
 * The command line of a VMM with another number of vCPUs or another size of RAM.
 *
 * @module
 */

/** What to change. */
export interface LineSize {
  readonly cpus?: number;
  /** Bytes. */
  readonly ram?: bigint;
}

interface SizeOptions {
  readonly cpus: string;
  readonly ram: string;
}

/** By the part of the VMM's name before the slash. */
const SIZE_OPTIONS: Readonly<Record<string, SizeOptions>> = {
  kvmtool: { cpus: "-c", ram: "-m" },
  qemu: { cpus: "-smp", ram: "-m" },
};

const UNITS = [
  ["G", 30n],
  ["M", 20n],
  ["K", 10n],
] as const;

/** A size as every VMM reads it: digits and the largest unit that leaves no rest. */
export function sizeWord(bytes: bigint): string {
  const unit = UNITS.find(([, shift]) => bytes % (1n << shift) === 0n);
  return unit === undefined ? `${bytes}B` : `${bytes >> unit[1]}${unit[0]}`;
}

/**
 * Adds options to the end of a line: of a repeated option the last one counts, and both kvmtool
 * and QEMU merge what else was said with the earlier ones (an address of RAM, a topology).
 *
 * @param vmm e.g. "kvmtool/v3".
 * @returns undefined if nothing is known of such lines.
 */
export function resizeLine(
  vmm: string,
  args: readonly string[],
  { cpus, ram }: LineSize,
): readonly string[] | undefined {
  const family = vmm.slice(0, Math.max(0, vmm.indexOf("/")));
  const options = Object.hasOwn(SIZE_OPTIONS, family) ? SIZE_OPTIONS[family] : undefined;
  if (options === undefined) return undefined;
  return [
    ...args,
    ...(cpus === undefined ? [] : [options.cpus, String(cpus)]),
    ...(ram === undefined ? [] : [options.ram, sizeWord(ram)]),
  ];
}
