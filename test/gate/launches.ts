import type { Lock, LockedLaunch } from "../../src/gate/lock.ts";

const ZERO = "0".repeat(64);

/** A launch as a lock has it. */
export function launchOf(more: Partial<LockedLaunch> = {}): LockedLaunch {
  return {
    rmm: "1.0-rel0",
    vmm: "none",
    hypervisor: "direct",
    hashAlgo: "sha-256",
    rim: "ab".repeat(32),
    rem: [ZERO, ZERO, ZERO, ZERO],
    rpv: "00".repeat(64),
    trace: "cd".repeat(32),
    inputs: { kernel: { sha256: "ef".repeat(32), size: 8192 } },
    settings: { "/host/args": ["lkvm", "run", "-c", "2"], "/realm": { s2sz: 33, numBps: 1 } },
    stages: [
      {
        kind: "realm",
        label: "",
        base: "",
        top: "",
        calls: [1, 10],
        measured: 1,
        chunkPages: 1,
        chunks: ["0011223344556677"],
      },
      {
        kind: "data",
        label: "kernel",
        base: "0x80000000",
        top: "0x80002000",
        calls: [11, 18],
        measured: 2,
        chunkPages: 1,
        chunks: ["1111111111111111", "2222222222222222"],
      },
    ],
    ...more,
  };
}

/** A lock of this version. */
export function lockOf(launches: Readonly<Record<string, LockedLaunch>>, tool = "1.2.3"): Lock {
  return { tool, manifests: ["**/*.yaml"], launches };
}
