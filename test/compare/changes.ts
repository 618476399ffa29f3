/** Single changes of the two launches, and what `diff` has to say about each. */
import {
  fields,
  file,
  KVMTOOL,
  type ManifestObject,
  models,
  more,
  option,
  part,
  QEMU,
  STEPS,
  withArgs,
  without,
  withStep,
  withSteps,
} from "./launches.ts";

/** One change. */
export interface Change {
  readonly name: string;
  readonly base: ManifestObject;
  readonly change: (manifest: ManifestObject) => ManifestObject;
  /** The input that differs and that explains everything, or how its line begins. */
  readonly input: string;
  /** How many inputs differ, if there are others beside it. */
  readonly inputs?: number;
  /** What is measured differently: kind and subject of each effect. */
  readonly effects: readonly string[];
  /** Nodes and properties of the device tree that differ, if any do. */
  readonly tree?: readonly string[];
  /** False: the search for an explanation does not know such a change. */
  readonly explained?: false;
}

type Row = Omit<Change, "base">;

const kvmtool: readonly Row[] = [
  {
    name: "4 vCPUs",
    change: option("-c", "4"),
    input: "~ host.args: -c 2 -> -c 4",
    effects: ["content dtb"],
    tree: ["+ /cpus/cpu@2", "+ /cpus/cpu@3", "~ /intc reg", "~ /intc/msic reg"],
  },
  {
    name: "1 vCPU",
    change: option("-c", "1"),
    input: "~ host.args: -c 2 -> -c 1",
    effects: ["content dtb"],
    tree: ["- /cpus/cpu@1", "- /cpus/cpu@0 enable-method", "~ /intc reg", "~ /intc/msic reg"],
  },
  {
    name: "512 MiB of RAM",
    change: option("-m", "512M"),
    input: "~ host.args: -m 256M -> -m 512M",
    effects: ["ripas-ranges", "content dtb"],
    tree: ["~ /memory reg"],
  },
  {
    name: "128 MiB of RAM",
    change: option("-m", "128M"),
    input: "~ host.args: -m 256M -> -m 128M",
    effects: ["ripas-ranges", "place initrd", "place dtb", "content dtb", "rec x0"],
    tree: ["~ /chosen linux,initrd-start", "~ /chosen linux,initrd-end", "~ /memory reg"],
  },
  {
    name: "virtio console",
    change: option("--console", "virtio"),
    input: "~ host.args: --console serial -> --console virtio",
    effects: ["content dtb"],
    tree: ["~ /chosen bootargs", "~ /pci interrupt-map"],
  },
  {
    name: "no quiet",
    change: option("-p", "console=ttyS0"),
    input: "~ host.args: -p 'console=ttyS0 quiet' -> -p console=ttyS0",
    effects: ["content dtb"],
    tree: ["~ /chosen bootargs"],
  },
  {
    name: "a word more",
    change: option("-p", "console=ttyS0 quiet panic=-1"),
    input: "~ host.args: -p 'console=ttyS0 quiet' -> -p 'console=ttyS0 quiet panic=-1'",
    effects: ["content dtb"],
    tree: ["~ /chosen bootargs"],
  },
  {
    name: "a command line of its own",
    change: option("-p", "init=/sbin/own"),
    input: "~ host.args: -p 'console=ttyS0 quiet' -> -p init=/sbin/own",
    effects: ["content dtb"],
    tree: ["~ /chosen bootargs"],
    explained: false,
  },
  {
    name: "no ITS",
    change: withArgs((args) =>
      args.map((word) => (word === "--irqchip=gicv3-its" ? "--irqchip=gicv3" : word)),
    ),
    input: "~ host.args: --irqchip=gicv3-its -> --irqchip=gicv3",
    effects: ["content dtb"],
    tree: ["- /intc ranges", "- /intc/msic", "- /pci msi-parent"],
  },
  {
    name: "no initrd",
    change: without("-i"),
    input: "- host.args: -i initrd",
    effects: ["presence initrd", "content dtb"],
    // Without an initrd kvmtool makes up a root file system, and shares it over 9p.
    tree: [
      "- /chosen linux,initrd-start",
      "- /chosen linux,initrd-end",
      "~ /chosen bootargs",
      "~ /pci interrupt-map",
    ],
  },
  {
    name: "another kernel",
    change: file("Image", "Image-other"),
    input: "~ files.Image",
    effects: ["content kernel"],
    explained: false,
  },
  {
    name: "a longer initrd",
    change: file("initrd", "initrd-longer"),
    input: "~ files.initrd",
    effects: ["place initrd", "extent initrd", "content initrd", "content dtb"],
    tree: ["~ /chosen linux,initrd-start"],
    explained: false,
  },
  {
    name: "2 breakpoints",
    change: fields("platform", { breakpoints: 2 }),
    input: "~ platform.breakpoints: 6 -> 2",
    effects: ["parameter numBps"],
  },
  {
    name: "16 watchpoints",
    change: fields("platform", { watchpoints: 16 }),
    input: "~ platform.watchpoints: 4 -> 16",
    effects: ["parameter numWps"],
  },
  {
    name: "SVE",
    change: more("--sve-vl", "512"),
    input: "+ host.args: --sve-vl 512",
    effects: ["parameter flags.sve", "parameter sveVl"],
  },
  {
    name: "SHA-512",
    change: more("--measurement-algo", "sha512"),
    input: "+ host.args: --measurement-algo sha512",
    effects: ["parameter hashAlgo"],
  },
  {
    name: "a PMU",
    change: more("--pmu"),
    input: "+ host.args: --pmu",
    effects: ["parameter flags.pmu", "parameter pmuNumCtrs", "content dtb"],
    tree: ["+ /pmu"],
  },
  {
    name: "virtio over MMIO",
    change: more("--virtio-transport", "mmio"),
    input: "+ host.args: --virtio-transport mmio",
    effects: ["content dtb"],
    tree: ["+ /virtio@3000000", "- /pci interrupt-map-mask", "~ /pci interrupt-map"],
  },
  {
    name: "a disk",
    change: more("-d", "disk.img"),
    input: "+ host.args: -d disk.img",
    effects: ["content dtb"],
    tree: ["~ /pci interrupt-map"],
  },
  {
    name: "a KASLR seed",
    change: more("--kaslr-seed", "0x1234"),
    input: "+ host.args: --kaslr-seed 0x1234",
    effects: ["content dtb"],
    tree: ["~ /chosen kaslr-seed"],
  },
  {
    name: "kvmtool/v2",
    change: models({ vmm: "kvmtool/v2" }),
    input: '~ host.vmm: "kvmtool/v3" -> "kvmtool/v2"',
    effects: ["ripas-ranges", "ripas-granularity", "order"],
  },
  {
    name: "kvmtool/v3-64k",
    change: models({ vmm: "kvmtool/v3-64k" }),
    input: '~ host.vmm: "kvmtool/v3" -> "kvmtool/v3-64k"',
    effects: ["extent kernel", "place initrd", "extent initrd", "content initrd"],
  },
  {
    name: "libfdt 1.6.0",
    change: fields("platform", { libfdt: "1.6.0" }),
    input: '+ platform.libfdt: "1.6.0"',
    effects: ["content dtb"],
    tree: ["~ lastCompVersion"],
  },
  {
    name: "another CPU",
    change: fields("platform", { cpuCompatible: "arm,cortex-a57" }),
    input: '+ platform.cpuCompatible: "arm,cortex-a57"',
    effects: ["content dtb"],
    tree: ["~ /cpus/cpu@0 compatible", "~ /cpus/cpu@1 compatible"],
  },
];

const steps: readonly Row[] = [
  {
    name: "numBps",
    change: fields("realm", { numBps: 1 }),
    input: "~ realm.numBps: 5 -> 1",
    effects: ["parameter numBps"],
  },
  {
    name: "numWps",
    change: fields("realm", { numWps: 1 }),
    input: "~ realm.numWps: 3 -> 1",
    effects: ["parameter numWps"],
  },
  {
    name: "s2sz that keeps the tables",
    change: fields("realm", { s2sz: 34 }),
    input: "~ realm.s2sz: 33 -> 34",
    effects: ["parameter s2sz"],
  },
  {
    name: "hash",
    change: fields("realm", { hashAlgo: "sha-512" }),
    input: '~ realm.hashAlgo: "sha-256" -> "sha-512"',
    effects: ["parameter hashAlgo"],
  },
  {
    name: "PMU",
    change: fields("realm", { flags: { pmu: true } }),
    input: "~ realm.flags.pmu: false -> true",
    effects: ["parameter flags.pmu"],
  },
  {
    name: "more RAM",
    change: withStep(0, "ripas", { top: "0xa0000000" }),
    input: "~ launch[0]: ripas 0x80000000 .. 0x90000000 -> ripas 0x80000000 .. 0xa0000000",
    effects: ["ripas-ranges"],
  },
  {
    name: "RAM in two halves",
    change: withSteps(([first, ...rest]) => [
      { ripas: { base: "0x80000000", top: "0x88001000" } },
      { ripas: { base: "0x88001000", top: "0x90000000" } },
      ...(first === undefined ? [] : rest),
    ]),
    input: "~ launch[0]",
    inputs: 2,
    effects: ["ripas-granularity"],
    explained: false,
  },
  {
    name: "kernel 2 MiB higher",
    change: withStep(1, "data", { ipa: "0x80200000" }),
    input: "~ launch[1]: data Image at 0x80000000 -> data Image at 0x80200000",
    effects: ["place Image"],
  },
  {
    name: "initrd not measured",
    change: withStep(2, "data", { measure: false }),
    input: "~ launch[2]: data initrd at 0x8f000000 -> data initrd at 0x8f000000, not measured",
    effects: ["measured initrd"],
  },
  {
    name: "no initrd",
    change: withSteps((all) => all.filter((_, i) => i !== 2)),
    input: "- launch[2]: data initrd at 0x8f000000",
    effects: ["presence initrd"],
  },
  {
    name: "another fill",
    change: withStep(3, "data", { fill: "0x08" }),
    input:
      "~ launch[3]: data fill 0x7 size 0x2000 at 0x8fe00000 -> data fill 0x8 size 0x2000 at 0x8fe00000",
    effects: ["content fill"],
    explained: false,
  },
  {
    name: "RIPAS after data",
    change: withSteps(([ripas, ...rest]) => [
      ...rest.slice(0, 3),
      ...(ripas === undefined ? [] : [{ ripas: { base: "0x80200000", top: "0x8f000000" } }]),
      ...rest.slice(3),
    ]),
    input: "~ launch[0]",
    effects: ["ripas-ranges", "order"],
    explained: false,
  },
  {
    name: "initrd first",
    change: withSteps(([ripas = {}, image = {}, initrd = {}, ...rest]) => [
      ripas,
      initrd,
      image,
      ...rest,
    ]),
    input: "> launch[",
    effects: ["order"],
  },
  {
    name: "REC before data",
    change: withSteps(([ripas = {}, a = {}, b = {}, c = {}, rec0 = {}, rec1 = {}, ...rest]) => [
      ripas,
      rec0,
      rec1,
      a,
      b,
      c,
      ...rest,
    ]),
    input: "> launch[",
    inputs: 2,
    effects: ["order"],
  },
  {
    name: "another entry point",
    change: withStep(4, "rec", { pc: "0x8f000000" }),
    input: "~ launch[4]",
    effects: ["rec pc"],
  },
  {
    name: "x0 forgotten",
    change: withStep(4, "rec", { gprs: ["0x0"] }),
    input: "~ launch[4]",
    effects: ["rec x0"],
  },
  {
    name: "RMM 2.0",
    change: models({ rmm: "2.0" }),
    input: '~ rmm: "1.0-rel0" -> "2.0"',
    effects: ["ripas-ranges"],
  },
];

const LINE = "-M virt,gic-version=3,acpi=off,confidential-guest-support=rme0";

const qemu: readonly Row[] = [
  {
    name: "4 vCPUs",
    change: option("-smp", "4"),
    input: "~ host.args: -smp 2 -> -smp 4",
    effects: ["content dtb"],
  },
  {
    name: "512 MiB of RAM",
    change: option("-m", "512M"),
    input: "~ host.args: -m 256M -> -m 512M",
    effects: ["ripas-ranges", "content dtb"],
    tree: ["~ /memory@40000000 reg"],
  },
  {
    name: "no quiet",
    change: option("-append", "console=ttyAMA0"),
    input: "~ host.args: -append 'console=ttyAMA0 quiet' -> -append console=ttyAMA0",
    effects: ["content dtb"],
    tree: ["~ /chosen bootargs"],
  },
  {
    name: "no initrd",
    change: without("-initrd"),
    input: "- host.args: -initrd initrd",
    // The tree goes where the initrd ended.
    effects: ["presence initrd", "place dtb", "content dtb", "rec x0"],
    tree: ["- /chosen linux,initrd-end", "- /chosen linux,initrd-start"],
  },
  {
    name: "another kernel",
    change: file("Image", "Image-other"),
    input: "~ files.Image",
    effects: ["content kernel"],
    explained: false,
  },
  {
    name: "no ITS",
    change: part("-M", "its", "off"),
    input: `~ host.args: ${LINE} -> ${LINE},its=off`,
    effects: ["content dtb"],
  },
  {
    name: "no PMU",
    change: part("-cpu", "pmu", "off"),
    input: "~ host.args: -cpu host -> -cpu host,pmu=off",
    effects: ["parameter flags.pmu", "parameter pmuNumCtrs", "content dtb"],
    tree: ["- /pmu"],
  },
  {
    name: "no SVE",
    change: part("-cpu", "sve", "off"),
    input: "~ host.args: -cpu host -> -cpu host,sve=off",
    effects: ["parameter flags.sve", "parameter sveVl"],
  },
  {
    name: "shorter vectors",
    change: part("-cpu", "sve256", "on"),
    input: "~ host.args: -cpu host -> -cpu host,sve256=on",
    effects: ["parameter sveVl"],
  },
  {
    name: "4 counters",
    change: part("-cpu", "num-pmu-counters", "4"),
    input: "~ host.args: -cpu host -> -cpu host,num-pmu-counters=4",
    effects: ["parameter pmuNumCtrs"],
  },
  {
    name: "2 watchpoints",
    change: part("-cpu", "num-watchpoints", "2"),
    input: "~ host.args: -cpu host -> -cpu host,num-watchpoints=2",
    effects: ["parameter numWps"],
  },
  {
    name: "SHA-512",
    change: part("-object", "measurement-algorithm", "sha512"),
    input: "~ host.args: -object rme-guest,id=rme0,measurement-algorithm=sha256",
    effects: ["parameter hashAlgo"],
  },
  {
    name: "a measurement log",
    change: part("-object", "measurement-log", "on"),
    input: "~ host.args: -object rme-guest,id=rme0,measurement-algorithm=sha256",
    effects: ["content dtb", "presence measurement log"],
  },
  {
    name: "no high memory",
    change: part("-M", "highmem", "off"),
    input: `~ host.args: ${LINE} -> ${LINE},highmem=off`,
    effects: ["parameter s2sz", "content dtb"],
  },
  {
    name: "6 breakpoints become 16",
    change: fields("platform", { breakpoints: 16 }),
    input: "~ platform.breakpoints: 6 -> 16",
    effects: ["parameter numBps"],
  },
  {
    name: "QEMU 10.0",
    change: models({ vmm: "qemu/10.0.13+rfc-v3" }),
    input: '~ host.vmm: "qemu/9.1.91+rfc-v3" -> "qemu/10.0.13+rfc-v3"',
    effects: ["content dtb"],
  },
];

/** All of them. */
export const CHANGES: readonly Change[] = [
  ...kvmtool.map((row) => ({ ...row, base: KVMTOOL })),
  ...qemu.map((row) => ({ ...row, base: QEMU })),
  ...steps.map((row) => ({ ...row, base: STEPS })),
];
