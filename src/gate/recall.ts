/**
 * The launch that a lock describes, as a manifest again: to run it once more and tell why the one
 * of today has other values.
 *
 * @module
 */
import type { WrittenManifest } from "../manifest/load.ts";
import { pointerStep } from "../manifest/source-map.ts";
import type { Json, LockedLaunch } from "./lock.ts";

function listed({ settings }: LockedLaunch, name: string): readonly Json[] | undefined {
  const items: Json[] = [];
  for (let item = settings[`/${name}/0`]; item !== undefined; ) {
    items.push(item);
    item = settings[`/${name}/${items.length}`];
  }
  return items.length === 0 ? undefined : items;
}

/** Files by name: where they lie is only known from today's manifest. */
function filesOf({ settings, inputs }: LockedLaunch, now: WrittenManifest): Record<string, object> {
  const names = new Set([...Object.keys(now.files ?? {}), ...Object.keys(inputs)]);
  return Object.fromEntries(
    [...names].flatMap((name): [string, object][] => {
      const path = now.files?.[name]?.path;
      const how = settings[`/files${pointerStep(name)}`];
      if (path === undefined && how === undefined) return [];
      const others = Object.entries(how ?? {});
      const place = path === undefined ? [] : [["path", path] as const];
      return [[name, Object.fromEntries([...place, ...others])]];
    }),
  );
}

/**
 * What the manifest of a launch said when it was accepted. Nothing checks it: it is good for a
 * launch whose values are those of the lock, and for nothing else.
 *
 * @param now the manifest as it is, which says where files lie.
 */
export function recall(locked: LockedLaunch, now: WrittenManifest): WrittenManifest {
  const { rmm, vmm, hypervisor, settings } = locked;
  const args = settings["/host/args"];
  const parts = {
    realm: settings["/realm"],
    platform: settings["/platform"],
    launch: listed(locked, "launch"),
    rem: listed(locked, "rem"),
  };
  const manifest = {
    manifest: 1,
    rmm,
    host: { vmm, hypervisor, ...(args === undefined ? {} : { args }) },
    files: filesOf(locked, now),
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  };
  return manifest as unknown as WrittenManifest;
}
