import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import { GOLDEN } from "../../tools/measure.ts";
import { filesWith } from "../kvmtool/images.ts";
import { type CapturedLaunch, capturedRanges, launchCaptured } from "./full-stack.ts";

const SHARED = join(GOLDEN, "../../shared/vectors/full-stack");

function linesOf(text: string): CapturedLaunch[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as CapturedLaunch);
}

/** Names that a launch never reads, and images that lie beside the captures. */
function sharedFiles(): Readonly<Record<string, ByteSource>> {
  const unread = ["disk1.img", "disk2.img"].map(
    (name) => [name, bytesSource(new Uint8Array(4096), name)] as const,
  );
  const image = join(SHARED, "images/rimguest.img");
  if (!existsSync(image)) return Object.fromEntries(unread);
  const guest = bytesSource(new Uint8Array(readFileSync(image)), "rimguest.img");
  return Object.fromEntries([...unread, ["rimguest.img", guest] as const]);
}

const files = filesWith(sharedFiles());

/** Debian's images are not in this repository. */
const hasImages = ({ images }: CapturedLaunch): boolean =>
  Object.keys(images).every((name) => {
    try {
      return name.startsWith("disk") || !files.resolve(name).standIn;
    } catch {
      return false;
    }
  });

function describeLaunches(title: string, launches: readonly CapturedLaunch[]): void {
  describe.skipIf(launches.length === 0)(title, () => {
    for (const launch of launches) {
      const { id, vmm, hypervisor, platform } = launch;
      const pages = `${Number(platform["hostPageSize"]) / 1024} KiB pages`;
      test.skipIf(!hasImages(launch))(`${id}: ${vmm} on ${hypervisor}, ${pages}`, () => {
        const { rim, ranges } = launchCaptured(launch, files);
        expect(ranges).toEqual(capturedRanges(launch));
        expect(rim).toBe(launch.rim);
      });
    }
  });
}

const golden = readFileSync(join(GOLDEN, "oracle/full-stack/kvmtool.jsonl.gz"));
describeLaunches("captured kvmtool launches", linesOf(gunzipSync(golden).toString("utf8")));

const all = join(SHARED, "cases.jsonl");
const captured = existsSync(all) ? linesOf(readFileSync(all, "utf8")) : [];
describeLaunches(
  "all captured kvmtool launches (shared vectors)",
  captured.filter(({ vmm }) => vmm.startsWith("kvmtool/")),
);
