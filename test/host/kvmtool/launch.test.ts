import { describe, expect, test } from "vitest";
import { argvOf, launchLine, objectionOf } from "./line.ts";

const REALM = "--realm -c 2 -m 64M -k synk-a.img -i syni-a.bin";

describe("where a request comes from", () => {
  test("is the option behind it, or the line", () => {
    const options = "--realm-pv x --measurement-algo=sha512 --measurement-log";
    const line = `-c 1 -m 64M -k synk-a.img -i syni-a.bin --realm ${options}`;
    const words = argvOf(line);
    const origins = launchLine(line, { version: "eac5-log" }).requests.map((each) => {
      const index = each.origin?.split("/")[3];
      const word = index === undefined ? "(line)" : words[Number(index)];
      const what = "label" in each ? each.label : "name" in each ? each.name : each.request;
      return `${what} ${word}`;
    });
    expect(origins).toEqual([
      "create_vm -m",
      "memslot -m",
      "vcpu_setup -c",
      "hash_algo --measurement-algo=sha512",
      "rpv --realm-pv",
      "create_realm (line)",
      "init_ripas -m",
      "kernel -k",
      "initrd -i",
      "dtb (line)",
      "vcpu_finalize -c",
      "measurement-log --measurement-log",
      "activate (line)",
    ]);
  });
});

describe("what was assumed", () => {
  const assumed = (line: string, platform: object): string[] => {
    const launch = launchLine(line, { platform });
    expect(launch.dtb).toHaveLength(0x10000);
    return launch.assumed.map(({ field, value }) => `${field} ${String(value)}`);
  };

  test.each([
    [
      REALM,
      ["maxCpus 512", "irqchip gicv3-its", "cpuCompatible arm,arm-v8", "psci 0.2", "libfdt 1.6.1"],
    ],
    [
      "--realm -c 1 -m 64M -k synk-a.img --irqchip gicv3",
      ["guestInit true", "cpuCompatible arm,arm-v8", "psci 0.2", "libfdt 1.6.1"],
    ],
  ])("%s", (line, expected) => {
    expect(assumed(line, {})).toEqual(expected);
  });

  test("nothing that the platform states or that nobody asked for", () => {
    const stated = {
      irqchip: "gicv3",
      cpuCompatible: "a",
      psci: "1.0",
      libfdt: "1.7.0",
      maxCpus: 2,
    };
    expect(assumed(REALM, stated)).toEqual([]);
  });
});

test("an unknown tree is an error that lists the known ones", () => {
  expect(objectionOf(() => launchLine(REALM, { version: "kvmtool/v9" }))).toMatchObject({
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/host/vmm",
    hint: expect.stringContaining("kvmtool/eac5-log"),
  });
});
