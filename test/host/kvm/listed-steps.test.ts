/** Recorded launches as manifests: what a person writes who has a VMM that nobody modelled. */
import { describe, expect, test } from "vitest";
import { nodeHashes } from "../../../src/hash/node.ts";
import { measure, trace } from "../../../src/library/measure.ts";
import { patternPage } from "../../../src/replay/patterns.ts";
import { GOLDEN } from "../../tools/measure.ts";
import { launchSteps, type RecordedLaunch, readLaunches } from "./recorded-launch.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

function patternBytes(pattern: string, size: number): Uint8Array {
  const [kind = "", seed = "0"] = pattern.split(":");
  const bytes = new Uint8Array(size);
  for (let page = 0; page * 4096 < size; page++) {
    bytes.set(patternPage(`${kind}:${Number(seed) + page}`) ?? [], page * 4096);
  }
  return bytes;
}

/** MPIDR of a vCPU below 16. */
const rec = ({ id, pc, x }: RecordedLaunch["launch"]["vcpus"][number]): object => ({
  rec: { mpidr: hex(id), pc: hex(pc), gprs: x.map(hex) },
});

function manifestOf(recorded: RecordedLaunch): {
  readonly manifest: Record<string, unknown>;
  readonly files: Record<string, Uint8Array>;
} {
  const { launch, apiCalls, platform } = recorded;
  const { settings } = launch;
  const files: Record<string, Uint8Array> = {};
  const isDriven = apiCalls.every(({ call }) => call !== "CREATE");
  const memslots = launch.memslots.map(({ id, gpa, size, gmem }) => ({
    memslot: { id, base: hex(gpa), size: hex(size), guestMemfd: gmem === 1 },
  }));
  const data = launch.populate.map(({ base, size, pattern, measure: measured }) => {
    files[`${pattern}.bin`] = patternBytes(pattern, size);
    return { data: { file: `${pattern}.bin`, ipa: hex(base), measure: measured === 1 } };
  });
  const recs = launch.vcpus.map(rec);
  const ripas = launch.memslots
    .filter(({ gmem }) => gmem === 1)
    .map(({ gpa, size }) => ({ ripas: { base: hex(gpa), top: hex(gpa + size) } }));
  const steps = isDriven ? [...recs, ...data] : [...ripas, ...data, ...recs];
  const manifest = {
    manifest: 1,
    rmm: recorded.rmm,
    host: { vmm: "none", hypervisor: recorded.hypervisor },
    files: Object.fromEntries(Object.keys(files).map((name) => [name, { path: name }])),
    platform: { featureRegister0: platform.features["0"], hostLpa2: settings.lpa2 === 1 },
    realm: {
      hashAlgo: "sha-256",
      s2sz: launch.ipaBits,
      ...(settings.bps !== undefined && { numBps: settings.bps }),
      ...(settings.wps !== undefined && { numWps: settings.wps }),
      flags: { sve: settings.sve === 1, pmu: settings.pmu === 1 },
      ...(settings.sveVlBytes !== undefined && { sveVl: settings.sveVlBytes / 16 - 1 }),
      ...(settings.pmuCtrs !== undefined && { pmuNumCtrs: settings.pmuCtrs }),
    },
    launch: [...memslots, ...steps, { activate: true }],
  };
  return { manifest, files };
}

/** vCPUs that come too late for the Realm's parameters, and an RMM without HPMN0. */
const INEXPRESSIBLE = new Set(["047", "037"]);

const launches = ["v7", "v11", "v12", "v14", "v15"].flatMap((series) =>
  readLaunches(`${GOLDEN}/oracle/kvm/${series}/launches.jsonl.gz`).filter(
    ({ id, series: name }) => !INEXPRESSIBLE.has(id) || (id === "037" && /v7|v1[12]/.test(name)),
  ),
);

describe("recorded launches as manifests", () => {
  const rows = launches.map((launch) => [launch.hypervisor, launch.id, launch] as const);

  test("they are there", () => {
    expect(rows.length).toBeGreaterThan(300);
  });

  test.each(rows)("%s %s", async (_, __, recorded) => {
    const { manifest, files } = manifestOf(recorded);
    const options = { files, hashes: nodeHashes };
    const failures = recorded.apiCalls.filter(({ ret }) => ret < 0).length;
    if (!recorded.activated) {
      await expect(measure(manifest, options)).rejects.toThrow(/condition \w+|-E[A-Z]+/);
      return;
    }
    const report = await measure(manifest, options);
    expect(report.rim).toBe(recorded.finalRim);
    expect(report.refused?.length ?? 0).toBe(failures);
  });

  test("a trace has the recorded calls", async () => {
    const recorded = launches.find(({ id, series }) => id === "041" && series === "v7");
    if (recorded === undefined) throw new Error("launch 041 of v7 is missing");
    const { manifest, files } = manifestOf(recorded);
    const commands: string[] = [];
    for await (const { command, status } of trace(manifest, { files, hashes: nodeHashes })) {
      const isCounted = command.includes("DELEGATE") && status === "RMI_SUCCESS";
      if (!isCounted) commands.push(`${command} ${status}`);
    }
    const STATUS = ["RMI_SUCCESS", "RMI_ERROR_INPUT", "", "", "RMI_ERROR_RTT"];
    expect(commands).toEqual(
      launchSteps(recorded).map(({ cmd, status }) => `RMI_${cmd} ${STATUS[status.code]}`),
    );
  });
});
