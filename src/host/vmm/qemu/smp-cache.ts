/**
 * `-machine smp-cache.N.cache=,smp-cache.N.topology=`: which level of the topology shares a cache.
 *
 * @see QEMU hw/core/machine-smp.c (machine_parse_smp_cache)
 * @module
 */
import type { MachineProperty } from "./machine-options.ts";
import { refuseArgument } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** Caches that the option names. */
export type CacheName = "l1d" | "l1i" | "l2" | "l3";
/** Levels of the topology that the board has. */
export type CacheLevel = "default" | "core" | "cluster" | "socket";

const CACHES: readonly CacheName[] = ["l1d", "l1i", "l2", "l3"];
const LEVELS: readonly CacheLevel[] = ["default", "core", "cluster", "socket"];
const LEVELS_ELSEWHERE = ["thread", "module", "die", "book", "drawer", "invalid"];

interface Entry {
  cache?: MachineProperty;
  topology?: MachineProperty;
}

function entriesOf(properties: readonly MachineProperty[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (const property of properties) {
    const match = /^smp-cache\.(\d+)\.(cache|topology)$/.exec(property.key);
    if (match === null) {
      throw refuseArgument(`Parameter '${property.key}' is unexpected`, property.index);
    }
    const at = Number(match[1]);
    const entry = entries[at] ?? {};
    entry[match[2] === "cache" ? "cache" : "topology"] = property;
    entries[at] = entry;
  }
  return entries;
}

/**
 * Reads the properties.
 *
 * @returns by cache, its level; empty without the option.
 * @throws CcaRimError HOST_ARGUMENT
 */
export function readSmpCache(
  properties: readonly MachineProperty[],
  release: QemuRelease,
): Map<CacheName, CacheLevel> {
  const own = properties.filter(({ key }) => key.startsWith("smp-cache"));
  const [first] = own;
  const levels = new Map<CacheName, CacheLevel>();
  if (first === undefined) return levels;
  if (!release.has("smpCache"))
    throw refuseArgument("Property '.smp-cache' not found", first.index);
  for (const { cache, topology } of entriesOf(own)) {
    const name = CACHES.find((known) => known === cache?.value);
    const level = LEVELS.find((known) => known === topology?.value);
    const wanted = topology?.value ?? "";
    if (name === undefined || (level === undefined && !LEVELS_ELSEWHERE.includes(wanted))) {
      throw refuseArgument("smp-cache expects a list of cache and topology", first.index);
    }
    if (levels.has(name)) {
      const reason = `Invalid cache properties: ${name}. The cache properties are duplicated`;
      throw refuseArgument(reason, first.index);
    }
    if (level !== "default" && !release.has("cpuCaches")) {
      throw refuseArgument(`${name} cache topology not supported by this machine`, first.index);
    }
    if (level === undefined) {
      throw refuseArgument(`${wanted} level cache not supported by this machine`, first.index);
    }
    levels.set(name, level);
  }
  return levels;
}
