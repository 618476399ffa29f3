import { describe, expect, test } from "vitest";
import type { KvmtoolLaunch } from "../../../src/host/vmm/kvmtool/launch.ts";
import { launchLine, nodeAt, objectionOf, requestsOf, sequenceOf } from "./line.ts";

const REALM = "--realm -m 64M -k synk-a.img -i syni-a.bin";

function calculate(options: string, version = "eac5"): KvmtoolLaunch {
  return launchLine(`${REALM} ${options}`, {
    version,
    hypervisor: "rim-measurer/eac5",
    platform: { irqchip: "gicv3" },
  });
}

describe("Samsung's calculator", () => {
  test.each([
    ["-c 2 --mpidrs 0,1", ["cpu@0", "cpu@1"]],
    ["-c 2 --mpidrs 0x100,81000201", ["cpu@100", "cpu@201"]],
    ["-c 2 --mpidrs x,,-1", ["cpu@0", "cpu@ff00ffffff"]],
  ])("%s", (options, names) => {
    const nodes = nodeAt(calculate(options), "cpus")?.children.map(({ name }) => name);
    expect(nodes).toEqual(names);
  });

  test.each([
    ["-c 2 --mpidrs 0", "The number of MPIDRs doesn't match the number of CPUs"],
    ["-c 1 --mpidrs 0,1", "Too many MPIDRs"],
  ])("%s: %s", (options, reason) => {
    const objection = objectionOf(() => calculate(options).dtb);
    expect(objection).toMatchObject({ code: "HOST_ARGUMENT", pointer: "/host/args/11" });
    expect(objection.message).toContain(reason);
  });

  test("has no more than 16 CPUs", () => {
    expect(nodeAt(calculate("-c 17"), "cpus")?.children).toHaveLength(16);
  });

  test("brings its own debug units and width", () => {
    const units = (options: string): unknown =>
      requestsOf(calculate(options), "config").find(({ name }) => name === "dbg")?.value;
    expect(units("-c 1")).toEqual({ num_brps: 2, num_wrps: 2 });
    expect(units("-c 1 --islet")).toEqual({ num_brps: 0, num_wrps: 0 });
    expect(calculate("-c 1 -m 8G").requests[0]).toMatchObject({ ipaBits: 33 });
  });

  test("leaves the measurement log out", () => {
    const sequence = sequenceOf(calculate("-c 1 --measurement-log", "eac5-log"));
    expect(sequence.slice(-2)).toEqual(["vcpu_finalize", "activate"]);
  });
});
