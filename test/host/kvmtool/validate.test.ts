import { describe, expect, test } from "vitest";
import { u64 } from "../../../src/units.ts";
import { argvOf, HOST, launchLine, objectionOf, requestsOf } from "./line.ts";

const IMAGE = "-c 1 -m 64M -k synk-a.img";
const HEX = "0123456789abcdef".repeat(8);

describe("lines that kvmtool refuses", () => {
  test.each([
    [`${IMAGE} -f synfw-a.fd`, "v3", "Only one of --kernel or --firmware can be specified", 8],
    [`${IMAGE} --vnc --sdl`, "v3", "Only one of --vnc, --sdl or --gtk can be specified", undefined],
    ["-m 64M@1G -k a", "v3", "RAM address is below the I/O region ending at 2GB", 2],
    [`${IMAGE} --aarch32 -m 2049M`, "v3", "RAM extends above 4GB", 9],
    [`${IMAGE} --aarch32 --realm`, "v3", "Realms supported only for 64bit guests", 8],
    [`${IMAGE} --measurement-algo sha256`, "v3", "--measurement-algo valid only with --realm", 8],
    [`${IMAGE} --realm-pv x`, "v3", "--realm-pv valid only with --realm", 8],
    [`${IMAGE} --realm-pv-hex ${HEX}`, "eac5-log", "--realm-pv-hex valid only with --realm", 8],
    [`${IMAGE} --sve-vl 128`, "v3", "--sve-vl valid only with --realm", 8],
    [`${IMAGE} --pmu-counters 0`, "v3", "--pmu-counters valid only with --realm", 8],
    [`${IMAGE} --pmu-counters 1`, "eac5", "--pmu-counters valid only with --realm", 8],
    [`${IMAGE} --metadata f`, "eac5", "--metadata valid only with --realm", 8],
    [`${IMAGE} --measurement-log`, "v3-log", "measurement log is only useful with a Realm", 8],
    [`${IMAGE} --realm --measurement-algo md5`, "v3", "unknown realm measurement algorithm", 9],
    [`${IMAGE} --realm --measurement-algo SHA512`, "v3", "unknown realm measurement algorithm", 9],
    [`${IMAGE} --realm --measurement-algo=`, "v3", "unknown realm measurement algorithm", 9],
    [`${IMAGE} --realm --sve-vl 129`, "v3", "SVE VL is not aligned to 128bit", 9],
    [
      `${IMAGE} --realm --sve-vl 256 --disable-sve`,
      "v3",
      "SVE VL requested when SVE is disabled",
      9,
    ],
    [`${IMAGE} --realm --realm-pv ${"x".repeat(65)}`, "v3", "Invalid size for Realm Person", 9],
    [`${IMAGE} --realm --realm-pv ${"é".repeat(33)}`, "v3", "Invalid size for Realm Person", 9],
    [`${IMAGE} --realm --realm-pv-hex ${HEX}0`, "eac5-log", "Invalid size of Realm Person", 9],
    [`${IMAGE} --realm --realm-pv-hex g${HEX.slice(1)}`, "eac5-log", "Invalid format of Realm", 9],
    [
      `${IMAGE} --realm --realm-pv a --realm-pv-hex ${HEX}`,
      "eac5-log",
      "Both --realm-pv and --realm-pv-hex are set",
      11,
    ],
    [`${IMAGE} --sve-max-vl 100`, "v3-sve", "SVE vector length isn't power of 2: 100", 8],
    [`${IMAGE} --sve-max-vl 0`, "v3-sve", "SVE vector length isn't power of 2: 0", 8],
    [`${IMAGE} --sve-max-vl 64`, "v3-sve", "SVE vector length out of range: 64", 8],
    [`${IMAGE} --sve-max-vl 131072`, "v3-sve", "SVE vector length out of range: 131072", 8],
    [
      `${IMAGE} --sve-max-vl 99999999999999999999`,
      "v3-sve",
      "SVE vector length too large: 99999999999999999999",
      8,
    ],
    ["-c -1 -m 64M -k synk-a.img", "v3", "a negative number of CPUs", 2],
    ["-c 1 -m 64M", "v3", "it names neither kernel nor firmware", undefined],
  ])("%s (%s): %s", (line, version, reason, index) => {
    const { code, message, pointer } = objectionOf(() => launchLine(line, { version }));
    expect(code).toBe("HOST_ARGUMENT");
    expect(message).toContain(reason);
    expect(pointer).toBe(index === undefined ? "/host/args" : `/host/args/${index}`);
  });

  test.each([
    ["--sve-max-vl 2048", "SVE vector length (2048) not supported", 9],
    ["--pmu --pmu-counters 7", "invalid number of PMU counters", 10],
  ])("%s is more than the machine has", (options, reason, index) => {
    const platform = { ...HOST, sveVectorBits: 512, pmuCounters: 6 };
    const launch = launchLine(`${IMAGE} --realm ${options}`, { version: "v3-sve", platform });
    const objection = objectionOf(() => launch.requests);
    expect(objection).toMatchObject({ code: "HOST_ARGUMENT", pointer: `/host/args/${index}` });
    expect(objection.message).toContain(reason);
  });

  test("RAM that needs more bits than the machine has", () => {
    const platform = { ...HOST, maxIpaBits: 33 };
    const launch = (size: string): unknown =>
      launchLine(`-c 1 -m ${size} -k synk-a.img --realm`, { platform }).requests;
    expect(launch("2G")).toBeDefined();
    expect(objectionOf(() => launch("3G"))).toMatchObject({
      code: "HOST_REFUSED",
      message: expect.stringContaining("needs 34 bits, 33 available"),
    });
  });
});

describe("what a line asks of the Realm", () => {
  const wanted = (options: string | readonly string[], version = "v3"): unknown => {
    const words = typeof options === "string" ? argvOf(options).slice(2) : options;
    return launchLine([...IMAGE.split(" "), "--realm", ...words], { version }).realmWanted;
  };

  test.each([
    ["", "v3", { hashAlgo: "sha-256", rpv: undefined, sve: { on: false } }],
    ["--measurement-algo sha256", "v3", { hashAlgo: "sha-256" }],
    ["--measurement-algo sha512", "v3", { hashAlgo: "sha-512" }],
    ["--sve-vl 256", "v3", { sve: { on: true, maxVectorBits: 256 } }],
    ["--sve-vl 0", "v3", { sve: { on: false } }],
    ["--sve-vl 4294967552", "v3", { sve: { on: true, maxVectorBits: 256 } }],
    ["", "v3-sve", { sve: { on: true, maxVectorBits: undefined } }],
    ["--disable-sve", "v3-sve", { sve: { on: false } }],
    ["--sve-max-vl 512", "v3-sve", { sve: { on: true, maxVectorBits: 512 } }],
    ["--sve-max-vl 512 --disable-sve", "v3-log", { sve: { on: false } }],
    ["--pmu-counters 0", "eac5", { pmuCounters: undefined }],
    ["--pmu-counters 0", "v3", { pmuCounters: 0 }],
    ["--pmu-counters -1", "v3", { pmuCounters: undefined }],
    ["--pmu-counters 6", "eac5", { pmuCounters: 6 }],
  ])("%s (%s)", (options, version, expected) => {
    expect(wanted(options, version)).toMatchObject(expected);
  });

  test("a personalization value is padded with zeros", () => {
    const rpv = new Uint8Array(64);
    rpv.set([0xc3, 0xa9, 0x20, 0x31]);
    expect(wanted(["--realm-pv", "é 1"])).toMatchObject({ rpv });
    expect(wanted(["--realm-pv", ""])).toMatchObject({ rpv: new Uint8Array(64) });
    const hex = wanted(["--realm-pv-hex", HEX.toUpperCase()], "eac5-log");
    expect(hex).toMatchObject({ rpv: new Uint8Array(Buffer.from(HEX, "hex")) });
  });

  test("an ordinary VM asks for nothing and ends with its creation", () => {
    const launch = launchLine(IMAGE);
    expect(launch.realmWanted).toBeUndefined();
    expect(launch.requests).toEqual([
      { request: "create_vm", ipaBits: 32, realm: false, origin: "/host/args/4" },
    ]);
  });
});

describe("CPUs and RAM", () => {
  const ram = (line: string, platform: object): string => {
    const [slot] = requestsOf(launchLine(line, { platform: { ...HOST, ...platform } }), "memslot");
    return `0x${slot?.size.toString(16)}`;
  };
  const realm = "-k synk-a.img --realm";

  test.each([
    { line: `${realm} -c 1`, size: "0x10000000" },
    { line: `${realm} -c 5`, size: "0x20000000" },
    { line: realm, platform: { cpus: 13 }, size: "0x40000000" },
    { line: `${realm} -c 1 -m 96M`, size: "0x6000000" },
    // A host this small gives 80 % of its RAM.
    { line: `${realm} -c 1`, platform: { ramSize: u64(200n << 20n) }, size: "0xa000000" },
    // Exactly what the VM would get is taken as the VM's.
    { line: `${realm} -c 1`, platform: { ramSize: u64(256n << 20n) }, size: "0x10000000" },
  ])("$line: $size of RAM", ({ line, platform = {}, size }) => {
    expect(ram(line, platform)).toBe(size);
  });

  test.each([
    { line: realm, platform: { ramSize: u64(1n << 33n) }, field: "cpus" },
    { line: `${realm} -c 1`, platform: { cpus: 1 }, field: "ramSize" },
  ])("$line needs to know $field", ({ line, platform, field }) => {
    const objection = objectionOf(() => launchLine(line, { platform }));
    expect(objection).toMatchObject({ code: "HOST_PLATFORM", pointer: "/platform" });
    expect(objection.message).toContain(`platform.${field} must be given`);
  });

  test.each([
    ["64M", 33],
    ["2048M", 33],
    ["2049M", 34],
    ["64M@4G", 34],
    ["6G", 34],
    ["6145M", 35],
    ["64M@1T", 42],
  ])("-m %s takes %s bits of IPA", (size, ipaBits) => {
    const launch = launchLine(`-c 1 -m ${size} -k synk-a.img --realm`);
    expect(launch.requests[0]).toMatchObject({ request: "create_vm", ipaBits, realm: true });
  });

  test("KVM's limit cuts the number of vCPUs", () => {
    const platform = { ...HOST, maxCpus: 4 };
    const launch = launchLine(`${realm} -c 6 -m 64M`, { platform });
    expect(launch.cpus).toBe(4);
    expect(requestsOf(launch, "vcpu_finalize")).toHaveLength(4);
  });
});
