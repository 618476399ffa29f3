import { describe, expect, test } from "vitest";
import { rmmsOfPair } from "../../../src/host/pairs.ts";
import { importKvmtool } from "../../../src/host/vmm/kvmtool/import.ts";
import { argvOf, objectionOf } from "./line.ts";

const REALM = "--realm -c 1 -m 64M -k Image -i initrd.gz";

describe("import of a line", () => {
  test("writes down what the line tells and marks guesses", () => {
    const { manifest, comments } = importKvmtool(argvOf(REALM));
    expect(manifest).toEqual({
      manifest: 1,
      rmm: expect.any(String),
      host: { vmm: "kvmtool/v3", hypervisor: "linux-kvm/v7", args: argvOf(REALM) },
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

  test.each([
    ["--measurement-log", "kvmtool/v3-log", "linux-kvm/v7"],
    ["--sve-max-vl 256", "kvmtool/v3-log", "linux-kvm/v7"],
    ["--dtb tree", "kvmtool/v3", "linux-kvm/v7"],
    ["--dtb tree --measurement-log", "kvmtool/v3-log", "linux-kvm/v7"],
    ["--metadata m", "kvmtool/eac5", "linux-kvm/eac5"],
    ["--ipc-dir /tmp", "kvmtool/eac5-log", "linux-kvm/eac5"],
    ["--nocompat", "kvmtool/rfc1", "linux-kvm/rfc1"],
    ["--islet", "kvmtool/eac5", "rim-measurer/eac5"],
  ])("%s is likely %s on %s", (options, vmm, hypervisor) => {
    const { manifest } = importKvmtool(argvOf(`${REALM} ${options}`));
    expect(manifest).toMatchObject({ host: { vmm, hypervisor } });
  });

  test("a guess is a pair that exists", () => {
    for (const options of ["", "--measurement-log", "--metadata m", "--nocompat", "--islet"]) {
      const { manifest } = importKvmtool(argvOf(`${REALM} ${options}`));
      const { vmm, hypervisor } = manifest["host"] as Record<string, string>;
      expect(rmmsOfPair(vmm ?? "", hypervisor ?? ""), `${vmm} on ${hypervisor}`).toBeDefined();
    }
  });

  test("what is known is no guess", () => {
    const known = { vmm: "kvmtool/v2", hypervisor: "linux-kvm/v5", rmm: "1.0-rel0" };
    const { manifest, comments } = importKvmtool(argvOf(REALM), known);
    const { rmm, ...host } = known;
    expect(manifest).toMatchObject({ rmm, host });
    expect(Object.keys(comments).sort()).toEqual(["/host/args", "/platform"]);
    const half = importKvmtool(argvOf(REALM), { vmm: "kvmtool/v3-64k" });
    expect(half.manifest).toMatchObject({ host: { hypervisor: "linux-kvm/v7" } });
    expect(Object.keys(half.comments)).toContain("/host/hypervisor");
  });

  test("asks for what the line leaves to the machine", () => {
    const { comments } = importKvmtool(argvOf("--realm --pmu -k Image -d disk"));
    expect(comments["/platform"]?.map((text) => text.split(":")[0])).toEqual([
      "Fill in, as read off the host",
      "cpus",
      "ramSize",
      "breakpoints, watchpoints",
      "pmuCounters",
      "sveVectorBits",
    ]);
    expect(comments["/files"]).toBeDefined();
    const nothing = importKvmtool(argvOf("-c 1 -m 64M -k Image"));
    expect(nothing.manifest).not.toHaveProperty("platform");
    expect(nothing.comments).not.toHaveProperty("/platform");
  });

  test("refuses a line that no tree takes, in the words of the likeliest", () => {
    expect(objectionOf(() => importKvmtool(argvOf(`${REALM} --nope`)))).toMatchObject({
      code: "HOST_ARGUMENT",
      message: expect.stringContaining("unknown option `nope'"),
      pointer: "/host/args/11",
    });
    expect(() => importKvmtool(argvOf(REALM), { vmm: "kvmtool/v9" })).toThrow(RangeError);
  });
});
