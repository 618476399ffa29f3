import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/hash/source.ts";
import { KVMTOOL_VERSIONS } from "../../../src/host/vmm/kvmtool/versions.ts";
import { hexU64 } from "../../../src/units.ts";
import { filesWith, standIn } from "./images.ts";
import { HOST, type LineOptions, launchLine, objectionOf, requestsOf, sequenceOf } from "./line.ts";
import { bytesOf } from "./requests-text.ts";

const REALM = "--realm -c 2 -m 64M -k synk-a.img -i syni-a.bin";

/** Ranges of one kind of request. */
function ranges(line: string, kind: "init_ripas" | "populate", options: LineOptions): string[] {
  return requestsOf(launchLine(line, options), kind).map(
    ({ base, size }) => `${hexU64(base)}+${hexU64(size)}`,
  );
}

describe("the order of requests", () => {
  const early = ["create_vm", "config", "create_realm", "memslot"];
  const perRegion = ["init_ripas", "populate", "init_ripas", "populate", "init_ripas", "populate"];
  const late = ["create_vm", "memslot", "vcpu_setup", "config", "create_realm"];
  const end = ["vcpu_finalize", "vcpu_finalize", "activate"];
  const images = ["populate", "populate", "populate"];

  test.each([
    ["rfc1", [...early, ...perRegion, ...end]],
    ["2023-08", ["create_vm", "config", "config", ...early.slice(2), ...perRegion, ...end]],
    [
      "eac5",
      [
        "create_vm",
        "config",
        "config",
        "create_realm",
        "memslot",
        "populate",
        "init_ripas",
        "populate",
        "populate",
        ...end,
      ],
    ],
    ["v2", [...late, "populate", "init_ripas", "populate", "populate", ...end]],
    ["v2-dtb", [...late, "populate", "init_ripas", "populate", "populate", ...end]],
    ["v3", [...late, "init_ripas", ...images, ...end]],
    ["v3-64k", [...late, "init_ripas", ...images, ...end]],
    ["v3-sve", [...late, "init_ripas", ...images, ...end]],
    ["v3-log", [...late, "init_ripas", ...images, ...end]],
    ["eac5-log", [...late, "init_ripas", ...images, ...end]],
  ])("of %s", (version, expected) => {
    expect(sequenceOf(launchLine(REALM, { version }))).toEqual(expected);
  });

  test("is known for every tree", () => {
    for (const { id } of KVMTOOL_VERSIONS) {
      const sequence = sequenceOf(launchLine(REALM, { version: `kvmtool/${id}` }));
      expect(sequence[0]).toBe("create_vm");
      expect(sequence.at(-1)).toBe("activate");
    }
  });

  test("only vCPU 0 runs; it starts at the image with the tree's address", () => {
    const zeros = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
    expect(requestsOf(launchLine(REALM), "vcpu_finalize")).toMatchObject([
      { vcpu: 0, pc: 0x8000_0000n, gprs: [0x83e0_0000n, ...zeros], runnable: true },
      { vcpu: 1, pc: 0n, gprs: [0n, ...zeros], runnable: false },
    ]);
  });
});

describe("configuration items", () => {
  const config = (options: string, version: string): unknown[] =>
    requestsOf(launchLine(`${REALM} ${options}`, { version }), "config").map(({ name, value }) => [
      name,
      value,
    ]);
  const debug = ["dbg", { num_brps: 6, num_wrps: 4 }];

  test.each([
    ["", "rfc1", [["hash_algo", "sha-256"]]],
    [
      "--sve-vl 256",
      "rfc1",
      [
        ["hash_algo", "sha-256"],
        ["sve", 1],
      ],
    ],
    ["", "eac5", [["hash_algo", "sha-256"], debug]],
    [
      "--sve-vl 512 --pmu --pmu-counters 3 --measurement-algo sha512",
      "eac5",
      [["hash_algo", "sha-512"], ["sve", 3], ["pmu", 3], debug],
    ],
    ["--pmu-counters 5", "2023-08", [["hash_algo", "sha-256"], ["pmu", 5], debug]],
    ["--pmu", "eac5", [["hash_algo", "sha-256"], debug]],
    ["--sve-vl 256 --pmu --pmu-counters 3", "v3", [["hash_algo", "sha-256"]]],
    [
      "--realm-pv AB",
      "v3",
      [
        ["hash_algo", "sha-256"],
        ["rpv", `4142${"0".repeat(124)}`],
      ],
    ],
    ["", "eac5-log", [["hash_algo", "sha-256"]]],
  ])("%s (%s)", (options, version, items) => {
    expect(config(options, version)).toEqual(items);
  });

  test("trees that pass on breakpoints need them for requests, not for the tree", () => {
    const { breakpoints: _, ...platform } = HOST;
    const launch = launchLine(REALM, { version: "eac5", platform });
    expect(launch.dtb).toHaveLength(0x10000);
    const objection = objectionOf(() => launch.requests);
    expect(objection.code).toBe("HOST_PLATFORM");
    expect(objection.message).toContain("platform.breakpoints must be given");
    expect(launchLine(REALM, { platform }).requests).toBeDefined();
  });
});

describe("features of the vCPUs", () => {
  const setup = (options: string, { version = "v3", platform = HOST }: LineOptions): unknown =>
    requestsOf(launchLine(`${REALM} ${options}`, { version, platform }), "vcpu_setup")[0]?.setup;
  const { sveVectorBits: _, pmuCounters: __, ...silent } = HOST;

  test.each([
    ["", {}, {}],
    ["--pmu", {}, { pmuCounters: "max" }],
    ["--pmu --pmu-counters 4", {}, { pmuCounters: 4 }],
    ["--pmu --pmu-counters 0", {}, { pmuCounters: 0 }],
    ["--pmu-counters 4", {}, {}],
    ["--sve-vl 256", {}, { sveVectorBits: 256 }],
    // kvmtool drops the lengths that KVM does not have; without a limit below, all remain.
    ["--sve-vl 2048", { platform: { ...HOST, sveVectorBits: 512 } }, { sveVectorBits: "max" }],
    ["--sve-vl 256", { platform: { ...HOST, sveVectorBits: 0 } }, {}],
    ["", { version: "v3-sve" }, { sveVectorBits: "max" }],
    ["--disable-sve", { version: "v3-sve" }, {}],
    ["--sve-max-vl 256", { version: "v3-sve" }, { sveVectorBits: 256 }],
    ["", { version: "v3-sve", platform: { ...HOST, sveVectorBits: 0 } }, {}],
    ["", { version: "eac5-log", platform: silent }, { sveVectorBits: "max" }],
    ["--pmu --pmu-counters 4", { platform: silent }, { pmuCounters: 4 }],
  ])("%s", (options, launch, expected) => {
    expect(setup(options, launch)).toEqual(expected);
  });

  test("older trees set their vCPUs up too late", () => {
    expect(setup("--pmu", { version: "eac5" })).toBeUndefined();
  });
});

describe("ranges", () => {
  test.each([
    ["rfc1", ["0x80000000+0x30000", "0x83dfc000+0x4000", "0x83e00000+0x10000"]],
    ["2023-08", ["0x80000000+0x30000", "0x83dfc000+0x4000", "0x83e00000+0x10000"]],
    ["eac5", ["0x80021000+0xf000"]],
    ["v2", ["0x80021000+0xf000"]],
    ["v3", ["0x80000000+0x4000000"]],
  ])("RIPAS of %s", (version, expected) => {
    expect(ranges(REALM, "init_ripas", { version })).toEqual(expected);
  });

  test.each([
    ["v3", ["0x80000000+0x21000", "0x83dfc000+0x4000", "0x83e00000+0x10000"]],
    ["v3-64k", ["0x80000000+0x30000", "0x83df0000+0x10000", "0x83e00000+0x10000"]],
    ["v3-log", ["0x80000000+0x30000", "0x83df0000+0x10000", "0x83e00000+0x10000"]],
  ])("content of %s", (version, expected) => {
    expect(ranges(REALM, "populate", { version })).toEqual(expected);
  });

  test("the oldest trees take an image_size of 0 for what it says", () => {
    const line = "--realm -c 1 -m 64M -k synk-d.img";
    expect(ranges(line, "init_ripas", { version: "rfc1" })[0]).toBe("0x80080000+0x0");
    expect(ranges(line, "init_ripas", { version: "2023-08" })[0]).toBe("0x80080000+0x7000");
    expect(ranges(line, "init_ripas", { version: "eac5" })).toEqual([]);
  });

  test("the oldest trees populate a page once, with what lies there at that time", () => {
    // Kernel and initrd meet in the page at 0x80020000.
    const own = {
      full: bytesSource(new Uint8Array(0x1d_fe00).fill(7), "full"),
    };
    const line = "--realm -c 1 -m 4M -k synk-a.img -i full";
    const files = filesWith(own);
    const old = requestsOf(launchLine(line, { version: "rfc1", files }), "populate");
    expect(old.map(({ base }) => hexU64(base))).toEqual(["0x80000000", "0x80021000", "0x80200000"]);
    const kernelPages = bytesOf(old[0]?.content ?? { size: 0, segments: [] });
    // When the kernel was populated, the initrd was not loaded yet.
    expect(kernelPages.subarray(0x20200)).toEqual(new Uint8Array(0xe00));
  });

  test("newer trees load everything before they populate", () => {
    // The header claims less than the file has, so the initrd may lie over the file's end.
    const files = filesWith({ own: bytesSource(new Uint8Array(0x1f_7ffc).fill(7)) });
    const launch = launchLine("--realm -c 1 -m 4M -k synk-g.img -i own", { files });
    const [kernel, initrd] = requestsOf(launch, "populate");
    const pages = bytesOf(kernel?.content ?? { size: 0, segments: [] });
    expect(pages).toHaveLength(0x9000);
    expect(pages.subarray(0x8000)).toEqual(new Uint8Array(0x1000).fill(7));
    expect(initrd?.base).toBe(0x8000_8000n);
  });

  test("a region without a page of its own is not populated", () => {
    const files = filesWith({ own: standIn(0x17_fff0) });
    const line = "--realm -c 1 -m 4M -k own -i syni-e.bin";
    const launch = launchLine(line, { version: "rfc1", files });
    expect(requestsOf(launch, "populate").map(({ label }) => label)).toEqual(["kernel", "dtb"]);
  });

  test("content is zero around what is loaded", () => {
    const [kernel, initrd] = requestsOf(launchLine(REALM), "populate");
    const kernelBytes = bytesOf(kernel?.content ?? { size: 0, segments: [] });
    expect(kernelBytes.subarray(0x20123)).toEqual(new Uint8Array(0x21000 - 0x20123));
    const initrdBytes = bytesOf(initrd?.content ?? { size: 0, segments: [] });
    expect(initrdBytes.subarray(0, 0xfc4)).toEqual(new Uint8Array(0xfc4));
    expect(initrdBytes[0xfc4]).not.toBe(0);
  });
});

describe("the measurement log", () => {
  const line = `${REALM} --measurement-log`;

  test.each([
    ["v3-log", "-m 64M", "0x83ff0000+0x10000"],
    ["v3-log", "-m 69271553b", "0x84200000+0x20000"],
    ["eac5-log", "-m 69271553b", "0x84200000+0x11000"],
    ["eac5-log", "-m 1G", "0x8fff0000+0x10000"],
  ])("is given to the Realm of %s with %s last, not measured", (version, memory, range) => {
    const launch = launchLine(`${line} ${memory}`, { version });
    expect(sequenceOf(launch).slice(-3)).toEqual(["vcpu_finalize", "populate", "activate"]);
    const log = requestsOf(launch, "populate").at(-1);
    expect(log).toMatchObject({ measure: false, label: "measurement-log" });
    expect(`${hexU64(log?.base ?? 0n)}+${hexU64(log?.size ?? 0n)}`).toBe(range);
    expect(log?.content).toEqual({ size: Number(log?.size), segments: [] });
  });
});

describe("memory slots and firmware", () => {
  test("RAM is slot 0, private memory if the line asks for it", () => {
    const slot = (options: string): unknown =>
      requestsOf(launchLine(`${REALM} ${options}`), "memslot");
    const ram = { request: "memslot", id: 0, base: 0x8000_0000n, size: 0x400_0000n };
    expect(slot("")).toEqual([{ ...ram, guestMemfd: false, origin: "/host/args/5" }]);
    expect(slot("--restricted_mem")).toMatchObject([{ ...ram, guestMemfd: true }]);
  });

  test("firmware is populated like a kernel", () => {
    const files = filesWith({ own: standIn(0x1001) });
    const line = "--realm -c 1 -m 64M -f own --firmware-address 0x80100800";
    const launch = launchLine(line, { files });
    expect(ranges(line, "populate", { files })).toEqual([
      "0x80100000+0x2000",
      "0x83e00000+0x10000",
    ]);
    expect(requestsOf(launch, "vcpu_finalize")[0]?.pc).toBe(0x8010_0800n);
  });

  test.each(["v2-dtb", "v3"])("--dtb is populated in place of the tree of %s", (version) => {
    const files = filesWith({ own: bytesSource(new Uint8Array([5, 6, 7])) });
    const launch = launchLine(`${REALM} --dtb own`, { version, files });
    const tree = requestsOf(launch, "populate").at(-1);
    expect(bytesOf(tree?.content ?? { size: 0, segments: [] })).toEqual(launch.dtb);
    expect(launch.dtb[2]).toBe(7);
  });
});
