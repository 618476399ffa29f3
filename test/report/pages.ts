import type { Stage } from "../../src/replay/stages.ts";
import type { LaunchPage } from "../../src/report/html/launch.ts";

const RIM = "ab".repeat(32);

/** A stage of one page. */
export function stageOf(more: Partial<Stage> = {}): Stage {
  return {
    kind: "data",
    command: "RMI_DATA_CREATE",
    label: "kernel",
    firstCall: 1,
    lastCall: 4,
    measured: 1,
    base: 0x8000_0000,
    top: 0x8000_1000,
    rim: RIM,
    chunkPages: 1,
    chunks: ["0011223344556677"],
    ...more,
  };
}

/** A page about a launch with RAM, a kernel and a file that is not measured. */
export function pageOf(more: Partial<LaunchPage> = {}): LaunchPage {
  return {
    name: "sample",
    file: "boot/guest.yaml",
    report: {
      rim: RIM,
      rem: [RIM, "0".repeat(64), "0".repeat(64), "0".repeat(64)],
      hashAlgo: "sha-256",
      rpv: "00".repeat(64),
      rmm: "1.0-rel0",
      host: { vmm: "none", hypervisor: "direct" },
      inputs: [{ name: "kernel", path: "Image", sha256: "cd".repeat(32), size: 4096 }],
      assumed: [{ field: "hpmn0", value: null, origin: "not-checked" }],
      calls: 12,
      measuredCalls: 4,
      proof: { rmm: "oracle", vmm: "spec", hypervisor: "assumed" },
    },
    models: [
      { role: "RMM", name: "1.0-rel0", proof: "oracle", title: "t", evidence: "e", meaning: "m" },
      { role: "VMM", name: "none", proof: "spec", title: "t", evidence: "e", meaning: "m" },
      {
        role: "hypervisor",
        name: "direct",
        proof: "assumed",
        title: "t",
        evidence: "e",
        meaning: "m",
      },
    ],
    stages: [
      stageOf({ kind: "realm", command: "RMI_REALM_CREATE", label: "", firstCall: 1, lastCall: 2 }),
      stageOf({
        kind: "ripas",
        command: "RMI_RTT_INIT_RIPAS",
        label: "",
        firstCall: 3,
        lastCall: 3,
        top: 0x9000_0000,
      }),
      stageOf({ firstCall: 4, lastCall: 8, top: 0x8800_0000 }),
      stageOf({
        label: "log",
        firstCall: 9,
        lastCall: 12,
        base: 0x8fff_f000,
        top: 0x9000_0000,
        chunks: [],
      }),
    ],
    ...more,
  };
}
