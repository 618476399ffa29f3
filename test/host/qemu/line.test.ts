/** How lines are read: machine, CPUs, memory, CPU model, nodes. One rule of QEMU a row. */
import { describe, expect, test } from "vitest";
import { objectionOf } from "../kvmtool/line.ts";
import { sha256 } from "../kvmtool/requests-text.ts";
import { argvOf, launchLine, nodeAt } from "./line.ts";

const V = "-M virt,gic-version=3,dtb-randomness=off -cpu max";

/** A line's tree, short enough to compare. */
function treeOf(line: string): string {
  return sha256(launchLine(line).dtb);
}

/** Cells of a property as numbers. */
function cells(line: string, path: string, name: string, version = "10.0.13"): readonly number[] {
  const node = nodeAt(launchLine(line, { version }), path);
  const value = node?.properties.find((property) => property.name === name)?.value;
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length / 4 }, (_, i) => view.getUint32(4 * i));
}

/** The cpu-map as `socket/cluster/core[/thread]`, first CPU first. */
function cpuMap(line: string, version?: string): readonly string[] {
  const launch = launchLine(line, version === undefined ? {} : { version });
  const places: string[] = [];
  const walk = (path: string): void => {
    const node = nodeAt(launch, path);
    const isCpu = node?.properties.some(({ name }) => name === "cpu") === true;
    if (isCpu) places.push(path.replace("/cpus/cpu-map/", "").replaceAll(/[a-z]/g, ""));
    for (const child of node?.children ?? []) walk(`${path}/${child.name}`);
  };
  walk("/cpus/cpu-map");
  return places;
}

describe("machine options", () => {
  test("later ones win, and several options are one", () => {
    const split = "-machine virt,gic-version=2 -M dtb-randomness=off -M gic-version=3 -cpu max";
    expect(treeOf(split)).toBe(treeOf(V));
    const underscore = "-M virt,gic_version=3,dtb_randomness=off -cpu max";
    expect(treeOf(underscore)).toBe(treeOf(V));
  });

  test("the short options are properties", () => {
    const machine = `-M virt,gic-version=3,dtb-randomness=off,kernel=synk-a.img,append=x -cpu max`;
    expect(treeOf(machine)).toBe(treeOf(`${V} -kernel synk-a.img -append x`));
    const smp = "-M virt,gic-version=3,dtb-randomness=off,smp.cpus=3,memory.size=1073741824";
    expect(treeOf(`${smp} -cpu max`)).toBe(treeOf(`${V} -smp 3 -m 1G`));
  });

  test.each([
    ["0x9000", 0x9000],
    ["0", 0x8000],
    ["0x100009000", 0x9000],
    ["-1", 0xffff_ffff],
    ["4294967295", 0xffff_ffff],
  ])("phandle-start=%s begins with %i", (start, phandle) => {
    const line = `${V} -M phandle-start=${start}`;
    expect(cells(line, "/apb-pclk", "phandle")).toEqual([phandle]);
    // A counter that runs over starts anew.
    const next = phandle === 0xffff_ffff ? phandle : phandle + 1;
    expect(cells(line, "/cpus/cpu@0", "phandle")).toEqual([next]);
  });

  test("dumpdtb is accepted and ignored", () => {
    expect(treeOf(`${V} -M dumpdtb=/tmp/x.dtb`)).toBe(treeOf(V));
  });

  test.each([
    ["-M virt,gic-version=5", "Parameter 'gic-version' expects"],
    ["-M virt,nonsense=on", "Property '.nonsense' not found"],
    ["-M virt,secure=maybe", "Parameter 'secure' expects 'on' or 'off'"],
    ["-M virt,secure", "Expected '=' after parameter 'secure'"],
    ["-cpu max", "No machine specified"],
    ["-M virt-99.0", "unsupported machine type: virt-99.0"],
    ["-M virt,msi=off", "Property '.msi' not found"],
    ["-M virt -accel nope", "invalid accelerator nope"],
    ["-M virt,accel=tcg -accel tcg", "are incompatible"],
    ["-M virt -nope", "-nope: invalid option"],
    ["-M virt -smp", "-smp: requires an argument"],
    ["-M virt -version", "prints a text"],
    ["-M virt -append x", "-append only allowed with -kernel"],
    ["-M virt -initrd syni-a.bin", "-initrd only allowed with -kernel"],
    ["-M virt -bios synfw-a.fd -drive if=pflash,file=f", "cannot use both options at once"],
    ["-M virt -drive if=pflash,unit=0,file=f -drive if=pflash,unit=0,file=f", "exists"],
    ["-M virt -drive if=pflash,unit=2,file=f", "machine type does not support if=pflash"],
    ["-M virt -drive if=scsi,file=f", "machine type does not support if=scsi"],
    ["-M virt -fda f", "machine type does not support if=floppy"],
    ["-M virt,phandle-start=x", "Parameter 'phandle-start' expects an int64 value"],
    ["-M virt,x-oem-id=SEVENCH", "oem-id value is bigger than 6 bytes"],
    ["-M virt -cpu max,vfp=off", "must have both VFP and Neon or neither"],
    ["-M virt -cpu max,pauth=off,pauth-impdef=on", "cannot enable pauth-impdef without pauth"],
    ["-M virt -cpu max,sve-max-vq=17", "unsupported SVE vector length"],
    ["-M virt -cpu max,sve-max-vq=2,sve512=on", "cannot enable sve512"],
    ["-M virt -object nothing,id=x", "'qom-type' does not accept value 'nothing'"],
    ["-M virt -object rng-builtin,id=1x", "'id' expects an identifier"],
    ["-M virt -object memory-backend-ram,id=x", "Parameter 'size' is missing"],
    ["-M virt -device pc-dimm,memdev=x", "missing acpi-ged device"],
    ["-M virt -cpu nope", "has no CPU model 'nope'"],
    ["-M virt -cpu host", "has no CPU model 'host'"],
    ["-M virt -cpu max,nope=on", "Property 'max-arm-cpu.nope' not found"],
    ["-M virt -cpu max,pmu", "Expected key=value format, found pmu."],
    ["-M virt -object rme-guest,id=r", "invalid object type: rme-guest"],
    ["-M virt -object memory-backend-ram,size=1G", "Parameter 'id' is missing"],
    ["-M virt -device addr=1", "Parameter 'driver' is missing"],
  ])("%s is refused", (line, message) => {
    expect(objectionOf(() => launchLine(line))).toMatchObject({
      code: "HOST_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ["-M versatilepb", "machine versatilepb is not modelled"],
    ["-M virt -accel hvf", "accelerator hvf is not modelled"],
    ["-M virt -readconfig f", "-readconfig is not modelled"],
    ["-M virt -cpu max,aarch64=off", "aarch64=off is not modelled"],
    ["-M virt -global max-arm-cpu.pmu=off", "-global max-arm-cpu.pmu=off is not modelled"],
  ])("%s is said not to be modelled", (line, message) => {
    expect(objectionOf(() => launchLine(line))).toMatchObject({
      code: "HOST_NOT_MODELLED",
      message: expect.stringContaining(message),
    });
  });

  test("options come and go with versions", () => {
    const of = (line: string, version: string): unknown => launchLine(line, { version }).dtb.length;
    expect(of("-M virt,gic-version=3 -cpu max -no-acpi", "8.2.2")).toBe(0x10_0000);
    expect(() => of("-M virt -no-acpi", "9.0.0")).toThrow(/invalid option/);
    expect(() => of("-M virt,compact-highmem=off", "7.2.0")).toThrow(/not found/);
    expect(() => of("-M virt-4.0", "11.1.3")).toThrow(/unsupported machine type/);
  });
});

describe("-smp", () => {
  test.each<[string, string, readonly string[]]>([
    ["2", "10.0.13", ["0/0/0", "0/0/1"]],
    ["2,maxcpus=4", "10.0.13", ["0/0/0", "0/0/1"]],
    ["4,sockets=2", "10.0.13", ["0/0/0", "0/0/1", "1/0/0", "1/0/1"]],
    ["4,sockets=2,cores=1,threads=2", "10.0.13", ["0/0/0/0", "0/0/0/1", "1/0/0/0", "1/0/0/1"]],
    ["4,clusters=2", "10.0.13", ["0/0/0", "0/0/1", "0/1/0", "0/1/1"]],
    ["cores=2,sockets=2", "10.0.13", ["0/0/0", "0/0/1", "1/0/0", "1/0/1"]],
    ["2", "6.2.0", ["0/0/0", "0/0/1"]],
    ["2", "6.1.0", []],
  ])("%s under %s", (smp, version, places) => {
    const line = `-M virt,gic-version=3 -cpu max -smp ${smp}`;
    expect([...cpuMap(line, version)].sort()).toEqual([...places].sort());
  });

  test.each([
    ["0", "10.0.13", /greater than zero/],
    ["4,maxcpus=2", "10.0.13", /maxcpus must be equal to or greater than smp/],
    ["4,cores=3", "10.0.13", /product of the hierarchy must match maxcpus/],
    ["4,dies=2", "10.0.13", /dies > 1 not supported/],
    ["4,modules=2", "10.0.13", /modules > 1 not supported/],
    ["4,modules=2", "9.0.0", /Parameter 'smp.modules' is unexpected/],
    ["x", "10.0.13", /expects a number, not "x"/],
    ["513", "10.0.13", /max CPUs supported by machine/],
    ["4,nope=1", "10.0.13", /Parameter 'smp.nope' is unexpected/],
  ])("%s under %s is refused", (smp, version, message) => {
    expect(() => launchLine(`${V} -smp ${smp}`, { version })).toThrow(message);
  });
});

describe("-m", () => {
  test.each<[string, readonly number[]]>([
    ["", [0, 0x4000_0000, 0, 0x800_0000]],
    ["-m 0", [0, 0x4000_0000, 0, 0x800_0000]],
    ["-m 512", [0, 0x4000_0000, 0, 0x2000_0000]],
    ["-m 512M", [0, 0x4000_0000, 0, 0x2000_0000]],
    ["-m size=1G", [0, 0x4000_0000, 0, 0x4000_0000]],
    ["-m 1.5G", [0, 0x4000_0000, 0, 0x6000_0000]],
    ["-m 8G", [0, 0x4000_0000, 2, 0]],
    ["-m 100000001b", [0, 0x4000_0000, 0, 0x5f6_0000]],
    ["-m 512 -m 1G", [0, 0x4000_0000, 0, 0x4000_0000]],
  ])("%j", (words, reg) => {
    expect(cells(`${V} ${words}`, "/memory@40000000", "reg")).toEqual(reg);
  });

  test("slots make a node, room alone does so from 5.1 types on", () => {
    const node = (line: string): readonly number[] =>
      cells(line, "/memory@40000000", "numa-node-id");
    expect(node(`${V} -m 1G`)).toEqual([]);
    expect(node(`${V} -m 1G,slots=2,maxmem=2G`)).toEqual([0]);
    expect(node(`${V} -m 1G,maxmem=2G`)).toEqual([0]);
  });

  test.each([
    ["-m 1G,maxmem=512M", /must be at least the initial memory size/],
    ["-m 1G,slots=2", /no max-size|maxmem/],
    ["-m 1G,slots=2,maxmem=1G", /memory slots were specified but/],
    ["-m 1Z", /invalid memory size/],
    ["-m nope=1", /Invalid parameter 'nope'/],
    ["-m 1G,slots=300,maxmem=2G", /unsupported number of memory slots/],
  ])("%s is refused", (words, message) => {
    expect(() => launchLine(`${V} ${words}`)).toThrow(message);
  });
});

describe("-numa", () => {
  const backends =
    "-m 512M -object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M";
  const nodes = "-numa node,nodeid=0,memdev=m0 -numa node,nodeid=1,memdev=m1";

  test("memory, CPUs and distances", () => {
    const line = `${V} -smp 2 ${backends} -numa node,cpus=1,memdev=m0 -numa node,cpus=0,memdev=m1 -numa dist,src=0,dst=1,val=21`;
    expect(cells(line, "/memory@40000000", "numa-node-id")).toEqual([0]);
    expect(cells(line, "/memory@50000000", "numa-node-id")).toEqual([1]);
    expect(cells(line, "/cpus/cpu@0", "numa-node-id")).toEqual([1]);
    expect(cells(line, "/distance-map", "distance-matrix")).toEqual([
      0, 0, 10, 0, 1, 21, 1, 0, 21, 1, 1, 10,
    ]);
  });

  test.each([
    [`${backends} ${nodes} -numa node,nodeid=1,memdev=m1`, /Duplicate NUMA nodeid: 1/],
    [`${backends} -numa node,nodeid=0,memdev=m0`, /total memory for NUMA nodes/],
    [`${backends} -numa node,nodeid=0,memdev=nope`, /memdev=nope/],
    [`${backends} ${nodes} -numa dist,src=0,dst=1,val=9`, /NUMA distance \(9\) is invalid/],
    [`${backends} ${nodes} -numa dist,src=0,dst=7,val=20`, /NUMA node is missing/],
    [`${backends} ${nodes} -numa cpu,node-id=0,core-id=9`, /no match found/],
    [`${backends} -numa node,nodeid=128,memdev=m0`, /Max number of NUMA nodes/],
    ["-m 512M -numa node,mem=512M", /-numa node,mem is not supported/],
    [`${backends} -numa node,cpus=7,memdev=m0`, /should be smaller than maxcpus/],
    ["-numa nope", /does not accept value 'nope'/],
  ])("%s is refused", (words, message) => {
    expect(() => launchLine(`${V} -smp 2 ${words}`)).toThrow(message);
  });
});

test("words of a line may hold blanks", () => {
  const argv = argvOf(`${V} -kernel synk-a.img`, ["-append", "root=/dev/vda rw"]);
  const node = nodeAt(launchLine(argv), "/chosen");
  const args = node?.properties.find(({ name }) => name === "bootargs")?.value;
  expect(new TextDecoder().decode(args)).toBe("root=/dev/vda rw\0");
});
