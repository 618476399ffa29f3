import { CcaRimError } from "../../src/errors.ts";
import { type ByteSource, bytesSource } from "../../src/hash/source.ts";
import type { FileAccess } from "../../src/manifest/files.ts";
import { NodeFiles } from "../../src/manifest/node-files.ts";

const onDisk = new NodeFiles(".");

/** Files from arrays; schemas and platforms from the package. */
export function memoryFiles(files: Readonly<Record<string, Uint8Array>>): FileAccess {
  const sources = new Map<string, ByteSource>(
    Object.entries(files).map(([path, bytes]) => [path, bytesSource(bytes, `memory:${path}`)]),
  );
  return {
    open(path) {
      const source = sources.get(path);
      if (source !== undefined) return source;
      throw new CcaRimError("FILE_NOT_FOUND", `there is no file "${path}"`);
    },
    sha256: (source) => onDisk.sha256(source),
    gunzip: (source, limit) => onDisk.gunzip(source, limit),
    packageText: (path) => onDisk.packageText(path),
    packageNames: (folder) => onDisk.packageNames(folder),
  };
}

/** Runs what must throw a CcaRimError and returns that. */
export async function refused(action: () => Promise<unknown>): Promise<CcaRimError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof CcaRimError) return error;
    throw error;
  }
  throw new Error("expected an error, there was none");
}
