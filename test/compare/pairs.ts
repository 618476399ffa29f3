/** Two changes at once of the launches that tests compare. */
import {
  fields,
  KVMTOOL,
  type ManifestObject,
  models,
  more,
  option,
  part,
  QEMU,
  STEPS,
  without,
  withStep,
} from "./launches.ts";

/** Two changes. */
export interface Pair {
  readonly name: string;
  readonly base: ManifestObject;
  readonly changes: readonly ((manifest: ManifestObject) => ManifestObject)[];
}

/** All of them. */
export const PAIRS: readonly Pair[] = [
  { name: "vCPUs and RAM", base: KVMTOOL, changes: [option("-c", "4"), option("-m", "1024M")] },
  {
    name: "breakpoints and watchpoints",
    base: KVMTOOL,
    changes: [fields("platform", { breakpoints: 2, watchpoints: 16 })],
  },
  {
    name: "console and vCPUs",
    base: KVMTOOL,
    changes: [option("--console", "virtio"), option("-c", "1")],
  },
  {
    name: "kvmtool and breakpoints",
    base: KVMTOOL,
    changes: [models({ vmm: "kvmtool/v2" }), fields("platform", { breakpoints: 16 })],
  },
  {
    name: "kvmtool and console",
    base: KVMTOOL,
    changes: [models({ vmm: "kvmtool/v3-64k" }), option("--console", "virtio")],
  },
  {
    name: "initrd and RAM",
    base: KVMTOOL,
    changes: [without("-i"), option("-m", "512M")],
  },
  {
    name: "PMU and console",
    base: KVMTOOL,
    changes: [more("--pmu"), option("--console", "virtio")],
  },
  {
    name: "vCPUs and PMU of QEMU",
    base: QEMU,
    changes: [option("-smp", "1"), part("-cpu", "pmu", "off")],
  },
  {
    name: "SVE and ITS of QEMU",
    base: QEMU,
    changes: [part("-cpu", "sve", "off"), part("-M", "its", "off")],
  },
  {
    name: "numBps and numWps",
    base: STEPS,
    changes: [fields("realm", { numBps: 1, numWps: 1 })],
  },
  {
    name: "RAM and s2sz",
    base: STEPS,
    changes: [withStep(0, "ripas", { top: "0xa0000000" }), fields("realm", { s2sz: 34 })],
  },
  {
    name: "x0 and breakpoints",
    base: STEPS,
    changes: [withStep(4, "rec", { gprs: ["0x0"] }), fields("realm", { numBps: 2 })],
  },
];
