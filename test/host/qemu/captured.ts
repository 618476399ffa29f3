/** Launches of QEMU that were captured on a complete stack, with the files of their lines. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import { GOLDEN } from "../../tools/measure.ts";
import type { CapturedLaunch } from "../kvm/full-stack.ts";
import { filesWith } from "../kvmtool/images.ts";

const FOLDER = join(GOLDEN, "oracle/full-stack");
const SHARED = join(GOLDEN, "../../shared/vectors/full-stack/cases.jsonl");

function packed(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(FOLDER, "images", `${name}.gz`)));
}

function unpacked(name: string): ByteSource {
  return bytesSource(Uint8Array.from(gunzipSync(packed(name))), name);
}

function launchesOf(text: string): readonly CapturedLaunch[] {
  const lines = text.split("\n").filter((line) => line !== "");
  const launches = lines.map((line) => JSON.parse(line) as CapturedLaunch);
  return launches.filter(({ vmm }) => vmm.startsWith("qemu/"));
}

/** Finds the files of the captured lines; Debian's are stand-ins. */
export function capturedFiles(): FileLookup {
  const names = ["rimguest.img", "rimguest2.img", "rimguest2.fd", "packed.dtb", "301.dtb"];
  const own = names.map((name) => [name, unpacked(name)] as const);
  const gzip = bytesSource(packed("rimguest.img"), "rimguest.img.gz");
  return filesWith({ ...Object.fromEntries(own), "rimguest.img.gz": gzip });
}

/** The launches in this repository. */
export const captured: readonly CapturedLaunch[] = launchesOf(
  gunzipSync(readFileSync(join(FOLDER, "qemu.jsonl.gz"))).toString("utf8"),
);

/** All that were captured, if the folder is there. */
export const sharedCaptured: readonly CapturedLaunch[] = existsSync(SHARED)
  ? launchesOf(readFileSync(SHARED, "utf8"))
  : [];
