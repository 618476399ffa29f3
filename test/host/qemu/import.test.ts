import { describe, expect, test } from "vitest";
import { rmmsOfPair } from "../../../src/host/pairs.ts";
import { importQemu } from "../../../src/host/vmm/qemu/import.ts";
import { objectionOf } from "../kvmtool/line.ts";
import { captured } from "./captured.ts";
import { argvOf } from "./line.ts";

const REALM = "-M virt,confidential-guest-support=rme0 -accel kvm -cpu host -kernel Image";

/** A Realm's line with properties of rme-guest. */
function realmLine(properties = "", rest = ""): readonly string[] {
  return argvOf(`${REALM} -object rme-guest,id=rme0${properties} ${rest}`);
}

describe("import of a line", () => {
  test("writes down what the line tells and marks guesses", () => {
    const argv = realmLine("", "-initrd initrd.gz");
    const { manifest, comments } = importQemu(argv);
    expect(manifest).toEqual({
      manifest: 1,
      rmm: "1.0-rel0",
      host: { vmm: "qemu/9.1.91+rfc-v3", hypervisor: "linux-kvm/v7", args: argv },
      files: { Image: { path: "Image" }, "initrd.gz": { path: "initrd.gz" } },
      platform: {},
    });
    expect(Object.keys(comments).sort()).toEqual([
      "/host/args",
      "/host/hypervisor",
      "/host/vmm",
      "/platform",
      "/rmm",
    ]);
  });

  test.each(captured)("$id is the launch that was captured", (launch) => {
    const { vmm, hypervisor, rmm, args, images } = launch;
    const { manifest } = importQemu(args, { hypervisor });
    expect(manifest).toMatchObject({ rmm, host: { vmm, hypervisor, args } });
    const files = Object.keys((manifest["files"] ?? {}) as object);
    expect(files.sort()).toEqual(
      Object.keys(images)
        .filter((name) => !name.startsWith("disk"))
        .sort(),
    );
  });

  test.each([
    [",measurement-algorithm=sha256", "qemu/9.1.91+rfc-v3", "linux-kvm/v7"],
    [`,personalization-value=${"A".repeat(86)}==`, "qemu/9.2.50+2025", "linux-kvm/v7"],
    [",measurement-algo=sha512", "qemu/9.0.50+rfc-v2", "linux-kvm/v3"],
    [",sve-vector-length=256", "qemu/8.1.91+eac5", "linux-kvm/eac5"],
  ])("%s is likely %s on %s", (properties, vmm, hypervisor) => {
    const { manifest } = importQemu(realmLine(properties));
    expect(manifest).toMatchObject({ host: { vmm, hypervisor } });
    expect(rmmsOfPair(vmm, hypervisor)?.length).toBeGreaterThan(0);
    expect(manifest["rmm"]).toBe(rmmsOfPair(vmm, hypervisor)?.[0]);
  });

  test("what is known is no guess", () => {
    const vmm = "qemu/11.1.0+linaro-2026";
    const known = { vmm, hypervisor: "linux-kvm/v12", rmm: "1.0-rel0" };
    const { manifest, comments } = importQemu(realmLine(), known);
    const { rmm, ...host } = known;
    expect(manifest).toMatchObject({ rmm, host });
    expect(Object.keys(comments).sort()).toEqual(["/host/args", "/platform"]);
    const half = importQemu(realmLine(), { vmm });
    expect(half.manifest).toMatchObject({ rmm: "2.0", host: { hypervisor: "linux-kvm/v14" } });
    expect(Object.keys(half.comments)).toContain("/host/hypervisor");
  });

  test("says which release an unusual version is taken to be", () => {
    const { comments } = importQemu(realmLine(), { vmm: "qemu/10.1.2+2025" });
    expect(comments["/host/vmm"]?.join()).toMatch(/QEMU 10\.1\.2 is taken to be 10\.1/);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["a Realm", realmLine(), ["maxIpaBits", "pmuCounters", "sveVectorBits", "breakpoints"]],
    [
      "a Realm without PMU and SVE",
      realmLine("", "-cpu host,pmu=off,sve=off"),
      ["maxIpaBits", "breakpoints"],
    ],
    ["an ordinary machine", argvOf("-M virt"), ["kaslrSeed, rngSeed"]],
    [
      "an ordinary machine with a secure world",
      argvOf("-M virt,secure=on"),
      ["kaslrSeed, rngSeed, secureKaslrSeed, secureRngSeed"],
    ],
    [
      "an ordinary machine on KVM",
      argvOf("-M virt,dtb-randomness=off -cpu host -enable-kvm"),
      ["maxIpaBits", "pmuCounters"],
    ],
  ])("asks for what %s leaves to the host", (_what, argv, fields) => {
    const [head, ...questions] = importQemu(argv).comments["/platform"] ?? [];
    expect(head).toMatch(/^Fill in/);
    expect(questions).toHaveLength(fields.length);
    questions.forEach((text, i) => {
      expect(text.startsWith(fields[i] ?? "?")).toBe(true);
    });
  });

  test("names the switch that turns randomness off", () => {
    const platform = importQemu(argvOf("-M virt")).comments["/platform"] ?? [];
    expect(platform.join()).toContain("-M dtb-randomness=off");
    const { manifest } = importQemu(argvOf("-M virt,dtb-randomness=off"));
    expect(manifest).not.toHaveProperty("platform");
  });

  test("an ordinary line needs no hypervisor, and says what it is good for", () => {
    const { manifest, comments } = importQemu(argvOf("-M virt -drive if=pflash,file=code.fd"));
    expect(manifest["host"]).not.toHaveProperty("hypervisor");
    expect(manifest).not.toHaveProperty("files");
    expect(comments["/host/vmm"]?.join()).toContain("`measure` does not");
    expect(comments["/host/args"]?.join()).toContain("Flash");
  });

  test("an ordinary line belongs to the first release that takes it", () => {
    const vmmOf = (line: string): unknown =>
      (importQemu(argvOf(line)).manifest["host"] as { readonly vmm: string }).vmm;
    expect(vmmOf("-M virt")).toBe("qemu/10.0.13");
    expect(vmmOf("-M virt,msi=off")).toBe("qemu/11.1.3");
    expect(vmmOf("-M virt -no-acpi")).toBe("qemu/8.2.2");
    expect(vmmOf("-M virt -enable-fips")).toBe("qemu/6.2.0");
    expect(vmmOf("-M virt -show-cursor")).toBe("qemu/5.2.0");
  });

  test("refuses a line that no QEMU takes, in the words of the likeliest", () => {
    expect(objectionOf(() => importQemu(argvOf("-M virt -nope")))).toMatchObject({
      code: "HOST_ARGUMENT",
      message: expect.stringContaining("-nope: invalid option"),
      pointer: "/host/args/3",
    });
    for (const vmm of ["qemu/4.0", "qemu/99.0+rfc-v3", "kvmtool/v3", "qemu/9.1.91+rfc-v9"]) {
      expect(() => importQemu(argvOf("-M virt"), { vmm })).toThrow(RangeError);
    }
  });
});
