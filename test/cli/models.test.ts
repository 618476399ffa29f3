import { describe, expect, test } from "vitest";
import { HYPERVISOR_MODELS, QEMU_MODELS, RMM_MODELS, VMM_MODELS } from "../../src/host/models.ts";
import { rmmsOfPair } from "../../src/host/pairs.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";

interface Document {
  readonly pairs: readonly { vmm: string; hypervisor: string; rmm: readonly string[] }[];
  readonly platforms: readonly { name: string }[];
  readonly vmms: readonly { name: string }[];
  readonly rmm: readonly { name: string }[];
}

async function modelsOf(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await run(["models", "--json", ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  const document = JSON.parse(stdout) as Document;
  expect(violations("models", document)).toEqual([]);
  return document;
}

describe("models", () => {
  test("lists every name with its class of proof", async () => {
    const { stdout } = await run(["models"]);
    for (const { name } of [...RMM_MODELS, ...HYPERVISOR_MODELS, ...VMM_MODELS, ...QEMU_MODELS]) {
      expect(stdout).toContain(`  ${name} `);
    }
    for (const { name } of (await modelsOf()).platforms) expect(stdout).toContain(`  ${name} `);
  });

  test("pairs are those of the host room", async () => {
    const { pairs } = await modelsOf();
    expect(pairs.find(({ vmm }) => vmm === "kvmtool/v3")).toEqual({
      vmm: "kvmtool/v3",
      hypervisor: "linux-kvm/v4",
      rmm: ["1.0-rel0", "1.1"],
    });
    for (const { vmm, hypervisor, rmm } of pairs) {
      expect(rmmsOfPair(vmm.replace("<version>", "9.1"), hypervisor)).toEqual(rmm);
    }
  });

  test.each([
    ["kvmtool/v3", "kvmtool/v3"],
    ["qemu/9.1.91+rfc-v3", "qemu/<version>+rfc-v3"],
  ])("%s alone, with what it goes together with", async (name, listed) => {
    const { vmms, pairs, platforms } = await modelsOf(name);
    expect(vmms.map((row) => row.name)).toEqual([listed]);
    expect(platforms).toEqual([]);
    expect(new Set(pairs.map(({ vmm }) => vmm))).toEqual(new Set([listed]));
  });

  test.each([
    ["kvmtool", VMM_MODELS.length - 1],
    ["qemu", QEMU_MODELS.length],
  ])("a family of VMMs: %s", async (family, count) => {
    const { vmms, pairs, rmm } = await modelsOf(family);
    expect(vmms.length).toBe(count);
    expect(pairs.length).toBeGreaterThan(count);
    const names = [...vmms.map(({ name }) => name), ...pairs.map(({ vmm }) => vmm)];
    expect(names.filter((name) => !name.startsWith(`${family}/`))).toEqual([]);
    expect(rmm).toEqual([]);
  });

  test("an unknown name is refused with the nearest one", async () => {
    const { code, stderr } = await run(["models", "kvmtol/v3"]);
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean kvmtool/v3?");
  });
});
