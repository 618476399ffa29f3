/**
 * Files from arrays: how the library reaches images without a disk; runs in a browser, too.
 *
 * @module
 */
import fvp from "../../platforms/fvp.json" with { type: "json" };
import qemuMax from "../../platforms/qemu-max.json" with { type: "json" };
import tfRmmEac5 from "../../platforms/tf-rmm-1.0-eac5.json" with { type: "json" };
import tfRmmRel0Fvp from "../../platforms/tf-rmm-1.0-rel0-fvp.json" with { type: "json" };
import tfRmmRel0QemuMax from "../../platforms/tf-rmm-1.0-rel0-qemu-max.json" with { type: "json" };
import tfRmmV0_5_0 from "../../platforms/tf-rmm-v0.5.0.json" with { type: "json" };
import manifestSchema from "../../schemas/manifest.schema.json" with { type: "json" };
import platformSchema from "../../schemas/platform.schema.json" with { type: "json" };
import { toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { type ByteSource, bytesSource } from "../hash/source.ts";
import type { FileAccess } from "./files.ts";

/** Texts of the package that a manifest may need; a test compares them with the folders. */
const PACKAGE_TEXTS: Readonly<Record<string, object>> = {
  "schemas/manifest.schema.json": manifestSchema,
  "schemas/platform.schema.json": platformSchema,
  "platforms/fvp.json": fvp,
  "platforms/qemu-max.json": qemuMax,
  "platforms/tf-rmm-1.0-eac5.json": tfRmmEac5,
  "platforms/tf-rmm-1.0-rel0-fvp.json": tfRmmRel0Fvp,
  "platforms/tf-rmm-1.0-rel0-qemu-max.json": tfRmmRel0QemuMax,
  "platforms/tf-rmm-v0.5.0.json": tfRmmV0_5_0,
};

/** A file's bytes, whole or readable piece by piece. */
export type FileBytes = Uint8Array | ByteSource;

/**
 * Access to files that are given by path.
 *
 * @param files by path, as the manifest writes it.
 * @param hashes computes the digests of inputs; holds a whole file for that.
 */
export function memoryFiles(
  files: Readonly<Record<string, FileBytes>>,
  hashes: HashProvider,
): FileAccess {
  const sources = new Map(
    Object.entries(files).map(([path, file]) => [
      path,
      ArrayBuffer.isView(file) ? bytesSource(file) : file,
    ]),
  );
  return {
    open(path) {
      const source = sources.get(path);
      if (source !== undefined) return source;
      throw new CcaRimError("FILE_NOT_FOUND", `there is no file "${path}"`, {
        hint: `given: ${[...sources.keys()].join(", ") || "none"}`,
      });
    },
    sha256(source) {
      const bytes = new Uint8Array(source.size);
      source.read(0, bytes);
      return toHex(hashes("sha-256").digest(bytes));
    },
    gunzip() {
      throw new CcaRimError("FILE_UNREADABLE", "the library does not decompress files", {
        hint: "give the decompressed bytes",
      });
    },
    packageText(path) {
      const content = PACKAGE_TEXTS[path];
      return content === undefined ? undefined : JSON.stringify(content);
    },
    packageNames: (folder) =>
      Object.keys(PACKAGE_TEXTS)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1))
        .sort(),
  };
}
