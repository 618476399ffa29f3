/**
 * Numbers of vCPUs and sizes of RAM that people give to virtual machines.
 *
 * @module
 */
import { numbers } from "./edit.ts";

const MIB = 2 ** 20;

/** vCPUs, the likelier ones first. */
export const CPU_COUNTS: readonly number[] = [
  1,
  2,
  4,
  8,
  ...numbers(3, 32).filter((count) => ![4, 8].includes(count)),
  48,
  64,
  96,
  128,
  192,
  256,
];

/** RAM in MiB, the likelier ones first. */
export const RAM_MIB: readonly number[] = [
  512, 1024, 2048, 256, 4096, 128, 8192, 16384, 3072, 768, 1536, 384, 640, 320, 192, 64, 6144,
  12288, 24576, 32768, 65536, 131072, 96, 160, 224, 288, 352, 416, 448, 576, 600, 700, 800, 896,
  1000, 1280, 1792, 2000, 2560, 3000, 3584, 4000, 5120, 7168, 8000, 10240,
];

/** Other numbers of vCPUs. */
export const RARE_CPU_COUNTS: readonly number[] = [...numbers(33, 128), 160, 224, 255, 512].filter(
  (count) => !CPU_COUNTS.includes(count),
);

/** Powers of two and their neighbours, which people try where a size is rounded. */
const NEAR_POWERS: readonly number[] = numbers(11, 14).flatMap((power) => [
  2 ** power - 1,
  2 ** power + 1,
]);

/** Other sizes of RAM in MiB: the finer, the smaller they are. */
export const RARE_RAM_MIB: readonly number[] = [
  ...new Set([
    ...NEAR_POWERS,
    ...numbers(1, 1024),
    ...numbers(64, 256).map((count) => 16 * count),
    ...numbers(16, 48).map((count) => 256 * count),
    ...numbers(12, 32).map((count) => 1024 * count),
    ...numbers(4, 16).map((count) => 8192 * count),
  ]),
].filter((size) => !RAM_MIB.includes(size));

/** RAM in bytes. */
export const RAM_SIZES: readonly number[] = RAM_MIB.map((size) => size * MIB);
