import { describe, expect, test } from "vitest";
import { lintLaunch } from "../../src/compare/lint.ts";
import { vmmRequests } from "../../src/replay/hosts.ts";
import {
  fields,
  KVMTOOL,
  type ManifestObject,
  measured,
  models,
  more,
  newTools,
  planOf,
  STEPS,
  without,
  withStep,
} from "./launches.ts";

const { store } = newTools();

async function findings(manifest: ManifestObject) {
  const plan = await planOf(manifest);
  const { assumed, refused } = measured(plan, store);
  const requests = plan.host.hypervisor === "direct" ? undefined : [...vmmRequests(plan)];
  const listed = manifest["files"] as Record<string, { path: string; sha256?: string }>;
  return lintLaunch({ plan, requests, assumed, refused, listed });
}

async function rules(manifest: ManifestObject): Promise<readonly string[]> {
  return (await findings(manifest)).map(
    ({ rule, message, pointer }) => `${rule} ${pointer} ${message}`,
  );
}

/** A launch that leaves nothing open. */
async function clean(manifest: ManifestObject): Promise<ManifestObject> {
  const { inputs } = await (async () => {
    const plan = await planOf(manifest);
    measured(plan, store);
    return plan;
  })();
  const files = Object.fromEntries(
    inputs.map(({ name, path, sha256 }) => [name, { path, sha256 }]),
  );
  const stated = {
    cpuCompatible: "arm,arm-v8",
    libfdt: "1.6.1",
    psci: "0.2",
    hostPageSize: 4096,
    maxCpus: 512,
    irqchip: "gicv3-its",
    hpmn0: true,
  };
  return fields("platform", stated)({ ...manifest, files });
}

test("nothing to say about launches that leave nothing open", async () => {
  expect(
    await rules(await clean(models({ vmm: "kvmtool/v2", hypervisor: "linux-kvm/v7" })(KVMTOOL))),
  ).toEqual([]);
});

test("all that the plain line leaves open, each with what to do", async () => {
  const found = await findings(KVMTOOL);
  expect(found.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(["assumed", "file-digest"]) as string[],
  );
  for (const { fix, message } of found) {
    expect(fix).not.toBe("");
    expect(message).not.toMatch(/undefined|\[object/);
  }
});

describe("each rule", () => {
  const rows: readonly {
    readonly name: string;
    readonly change: (m: ManifestObject) => ManifestObject;
    readonly finding: string;
  }[] = [
    {
      name: "no -c",
      change: (m) => fields("platform", { cpus: 4 })(without("-c")(m)),
      finding: "host-value /host/args without -c the Realm has a vCPU for each CPU of the host",
    },
    {
      name: "no -m",
      change: (m) => fields("platform", { ramSize: "0x10000000" })(without("-m")(m)),
      finding: "host-value /host/args without -m the host's RAM decides the Realm's",
    },
    {
      name: "as many counters as there are",
      change: more("--pmu"),
      finding: "host-value /host/args the Realm gets as many PMU counters as the RMM offers",
    },
    {
      name: "the longest vectors",
      change: models({ vmm: "kvmtool/v3-sve" }),
      finding: "host-value /host/args the Realm gets the longest SVE vectors that the RMM offers",
    },
    {
      name: "a drawn seed",
      change: fields("platform", { kaslrSeed: "0x1234" }),
      finding:
        "randomness /platform/kaslrSeed kaslrSeed is what one launch drew: no other launch has this RIM",
    },
    {
      name: "an assumed libfdt",
      change: ({ platform, ...rest }) => {
        const { libfdt: _, ...stated } = platform as Record<string, unknown>;
        return { ...rest, platform: stated } as unknown as ManifestObject;
      },
      finding: 'assumed /platform libfdt is assumed to be "1.6.1"',
    },
    {
      name: "a limit that is not stated",
      change: ({ platform, ...rest }) => {
        const { maxIpaBits: _, ...stated } = platform as Record<string, unknown>;
        return { ...rest, platform: stated } as unknown as ManifestObject;
      },
      finding: "not-checked /platform maxIpaBits is not stated",
    },
    {
      name: "a file that is not pinned",
      change: fields("files", { initrd: { path: "initrd" } }),
      finding: "file-digest /files/initrd initrd is not pinned",
    },
    {
      name: "a file that is not listed",
      change: (m) => {
        const { initrd: _, ...files } = m["files"] as Record<string, unknown>;
        return { ...m, files };
      },
      finding: "file-digest /files initrd is not pinned",
    },
    {
      name: "a model that was never run",
      change: models({ hypervisor: "linux-kvm/v8" }),
      finding:
        "guess /host/hypervisor the model of linux-kvm/v8 was read in the source and never run",
    },
  ];
  test.each(rows)("$name", async ({ change, finding }) => {
    const base = await clean(models({ vmm: "kvmtool/v2" })(KVMTOOL));
    const found = await rules(change(base));
    expect(found.filter((line) => line.startsWith(finding))).toHaveLength(1);
  });

  test("a seed that every launch draws", async () => {
    const plan = await planOf(KVMTOOL);
    const args = ["qemu-system-aarch64", "-M", "virt,dtb-randomness=on", "-m", "1G"];
    const found = lintLaunch({
      plan: { ...plan, inputs: [], host: { ...plan.host, args } },
      requests: undefined,
      assumed: [],
      refused: [],
      listed: {},
    });
    expect(found[0]).toMatchObject({ rule: "randomness", pointer: "/host/args/2" });
  });

  test.each([
    ["/boot/initrd", true],
    ["C:\\boot\\initrd", true],
    ["c:/boot/initrd", true],
    ["boot/initrd", false],
    ["../initrd", false],
  ])("the path %s is one machine's: %s", async (path, expected) => {
    const plan = await planOf(KVMTOOL);
    const input = { name: "initrd", path, size: 1, sha256: "00" };
    const found = lintLaunch({
      plan: { ...plan, inputs: [input] },
      requests: undefined,
      assumed: [],
      refused: [],
      listed: { initrd: { path, sha256: "00" } },
    });
    expect(found.some(({ rule }) => rule === "file-path")).toBe(expected);
  });

  test("a step that KVM refuses", async () => {
    const kvm = models({ hypervisor: "linux-kvm/v7" })(
      withStep(0, "ripas", { base: "0x80000000", top: "0x90000800" })(STEPS),
    );
    const found = await rules({ ...kvm, realm: { hashAlgo: "sha-256", s2sz: 33 } });
    expect(found.filter((line) => line.startsWith("refused-step /launch/0"))).toHaveLength(1);
  });
});
