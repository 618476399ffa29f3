/**
 * Files that lie beside those of a launch: what somebody may have meant who forgot one, or took
 * another.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { dirname, normalize, resolve } from "node:path";

/** Larger ones are disks, not what a VMM loads. */
const LARGEST = 512 * 1024 * 1024;
/** Files beyond these are not tried. */
const MOST = 16;
/** Surely nothing that is loaded. */
const TEXTS = /^\.|\.(?:ya?ml|json|jsonl|md|txt|log|sh|py|html|csv|sig|asc|pem|cbor|corim|lock)$/i;
/** Names that kernels, initrds and firmware have. */
const LIKELY = /image|vmlinu|linux|kernel|init|ramfs|rootfs|cpio|bios|efi|\.(?:fd|img|bin|gz)$/i;

/** Bytes of a file; 0 if there is none. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : 0;
}

function filesIn(folder: string, base: string): readonly string[] {
  try {
    return readdirSync(resolve(base, folder))
      .filter((name) => !TEXTS.test(name))
      .map((name) => (folder === "." ? name : `${folder}/${name}`))
      .filter((name) => {
        const size = sizeOf(resolve(base, name));
        return size > 0 && size <= LARGEST;
      });
  } catch {
    // A folder that cannot be read has nothing to try.
    return [];
  }
}

/**
 * Names of files, relative to the manifest, which it does not use.
 *
 * @param manifest path of the manifest.
 * @param named paths and other words of it, some of which name files.
 */
export function neighbours(manifest: string, named: readonly string[]): readonly string[] {
  const base = dirname(manifest);
  const used = named.filter((path) => sizeOf(resolve(base, path)) > 0).map(normalize);
  const folders = [...new Set([".", ...used.map((path) => dirname(path))])];
  const found = folders
    .flatMap((folder) => filesIn(folder, base))
    .filter((name) => !used.includes(normalize(name)))
    .sort((a, b) => Number(LIKELY.test(b)) - Number(LIKELY.test(a)) || (a < b ? -1 : 1));
  return found.slice(0, MOST);
}
