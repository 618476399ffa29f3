import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a manifest for "direct" into a folder, steps as JSON; gives its path. */
export function writeManifest(
  folder: string,
  launch: readonly object[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const path = join(folder, "guest.yaml");
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: "direct" },
    realm: { hashAlgo: "sha-256", s2sz: 40, numBps: 1, numWps: 1 },
    launch,
    ...more,
  };
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return path;
}

/** Steps of a launch that takes hundreds of thousands of RMI calls. */
export const LONG: readonly object[] = [
  { data: { fill: "0x00", size: "0x40000000", ipa: "0x80000000", measure: true } },
];

/** A launch that the RMM refuses: RIPAS over what is already there. */
export const REFUSED: readonly object[] = [
  { data: { fill: "0x00", size: "0x1000", ipa: "0x80000000", measure: true } },
  { ripas: { base: "0x80000000", top: "0x80200000" } },
];
