/** Launches in memory that tests compare: a kvmtool line and a list of steps, and changes of them. */

import { LaunchEvaluator } from "../../src/compare/evaluate.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { PageDigestStore } from "../../src/hash/page-digests.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { memoryFiles } from "../../src/manifest/memory-files.ts";
import type { LaunchPlan } from "../../src/manifest/plan.ts";
import { type Launch, launch } from "../../src/replay/launch.ts";
import { arm64Image, stream } from "../host/kvmtool/images.ts";

export type ManifestObject = {
  readonly rmm: string;
  readonly host: {
    readonly vmm: string;
    readonly hypervisor: string;
    readonly args?: readonly string[];
  };
  readonly [key: string]: unknown;
};

/** Another byte in the middle. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

const kernel = arm64Image("compare kernel", 0x20123, 0, 0x30000);
const initrd = stream("compare initrd", 12345);

/** Bytes by path. */
export const IMAGES: Readonly<Record<string, Uint8Array>> = {
  Image: kernel,
  "Image-other": flipped(kernel, 0x5432),
  initrd,
  "initrd-longer": stream("compare initrd", 12345 + 4096),
};

const PLATFORM = {
  breakpoints: 6,
  watchpoints: 4,
  pmuCounters: 6,
  sveVectorBits: 2048,
  maxIpaBits: 48,
  lpa2: false,
};

/** A kvmtool line. */
export const KVMTOOL: ManifestObject = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: {
    vmm: "kvmtool/v3",
    hypervisor: "linux-kvm/v7",
    args: [
      ..."lkvm run --realm -c 2 -m 256M -k Image -i initrd".split(" "),
      ..."--irqchip=gicv3-its --console serial".split(" "),
      "-p",
      "console=ttyS0 quiet",
    ],
  },
  files: { Image: { path: "Image" }, initrd: { path: "initrd" } },
  platform: PLATFORM,
};

/** A QEMU line. */
export const QEMU: ManifestObject = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: {
    vmm: "qemu/9.1.91+rfc-v3",
    hypervisor: "linux-kvm/v7",
    args: [
      ..."qemu-system-aarch64 -accel kvm -smp 2 -m 256M -kernel Image -initrd initrd".split(" "),
      ..."-M virt,gic-version=3,acpi=off,confidential-guest-support=rme0 -cpu host".split(" "),
      ..."-object rme-guest,id=rme0,measurement-algorithm=sha256".split(" "),
      "-append",
      "console=ttyAMA0 quiet",
    ],
  },
  files: { Image: { path: "Image" }, initrd: { path: "initrd" } },
  platform: PLATFORM,
};

const GPRS = ["0x8fe00000"];

/** Steps that go to the RMM as they are. */
export const STEPS: ManifestObject = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: { vmm: "none", hypervisor: "direct" },
  files: { Image: { path: "Image" }, initrd: { path: "initrd" } },
  platform: { ...PLATFORM },
  realm: { hashAlgo: "sha-256", s2sz: 33, numBps: 5, numWps: 3 },
  launch: [
    { ripas: { base: "0x80000000", top: "0x90000000" } },
    { data: { file: "Image", ipa: "0x80000000" } },
    { data: { file: "initrd", ipa: "0x8f000000" } },
    { data: { fill: "0x07", size: "0x2000", ipa: "0x8fe00000" } },
    { rec: { mpidr: "0x0", pc: "0x80000000", gprs: GPRS, runnable: true } },
    { rec: { mpidr: "0x1" } },
    { activate: true },
  ],
};

/** Steps of a launch as JSON. */
export type Steps = readonly Readonly<Record<string, Readonly<Record<string, unknown>> | true>>[];

/** The manifest with other steps. */
export function withSteps(change: (steps: Steps) => Steps): (m: ManifestObject) => ManifestObject {
  return (manifest) => ({ ...manifest, launch: change(manifest["launch"] as Steps) });
}

/** The manifest with another field in one of its steps. */
export function withStep(
  index: number,
  kind: string,
  fields: Readonly<Record<string, unknown>>,
): (m: ManifestObject) => ManifestObject {
  return withSteps((steps) =>
    steps.map((step, i) =>
      i === index ? { [kind]: { ...(step[kind] as object), ...fields } } : step,
    ),
  );
}

/** The manifest with other words in its line. */
export function withArgs(
  change: (args: readonly string[]) => readonly string[],
): (m: ManifestObject) => ManifestObject {
  return (manifest) => ({
    ...manifest,
    host: { ...manifest.host, args: change(manifest.host.args ?? []) },
  });
}

/** A word in place of the one behind an option. */
export function option(name: string, value: string): (m: ManifestObject) => ManifestObject {
  return withArgs((args) => args.map((word, i) => (args[i - 1] === name ? value : word)));
}

/** One more `key=value` in the list behind an option, or another value. */
export function part(
  name: string,
  key: string,
  value: string,
): (m: ManifestObject) => ManifestObject {
  return withArgs((args) =>
    args.map((word, i) => {
      if (args[i - 1] !== name) return word;
      const others = word.split(",").filter((each) => !each.startsWith(`${key}=`));
      return [...others, `${key}=${value}`].join(",");
    }),
  );
}

/** More words at the end. */
export function more(...words: readonly string[]): (m: ManifestObject) => ManifestObject {
  return withArgs((args) => [...args, ...words]);
}

/** The manifest without an option and its value. */
export function without(name: string): (m: ManifestObject) => ManifestObject {
  return withArgs((args) => args.filter((word, i) => word !== name && args[i - 1] !== name));
}

/** Other fields in a mapping. */
export function fields(
  name: string,
  values: Readonly<Record<string, unknown>>,
): (m: ManifestObject) => ManifestObject {
  return (manifest) => ({ ...manifest, [name]: { ...(manifest[name] as object), ...values } });
}

/** Other models. */
export function models(
  values: Partial<ManifestObject["host"]> & { readonly rmm?: string },
): (m: ManifestObject) => ManifestObject {
  const { rmm, ...host } = values;
  return (manifest) => ({
    ...manifest,
    rmm: rmm ?? manifest.rmm,
    host: { ...manifest.host, ...host },
  });
}

/** Another file under the name of one. */
export function file(name: string, path: string): (m: ManifestObject) => ManifestObject {
  return fields("files", { [name]: { path } });
}

const access = memoryFiles(IMAGES, nodeHashes);

/** The plan of a manifest. */
export async function planOf(manifest: ManifestObject): Promise<LaunchPlan> {
  return (await loadManifest(JSON.stringify(manifest), "guest.yaml", access)).plan;
}

/** Shared by the tests of a file, as commands share it. */
export function newTools() {
  const store = new PageDigestStore(nodeHashes);
  return { hashes: nodeHashes, store, evaluator: new LaunchEvaluator(nodeHashes, store) };
}

/** A launch, call by call through the models, with a hash for every call. */
export function measured(plan: LaunchPlan, store: PageDigestStore): Launch {
  return launch(plan, {
    hashes: nodeHashes,
    digests: (content) => store.digestsOf(content),
  });
}
