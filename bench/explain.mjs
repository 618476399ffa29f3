/**
 * How many candidates `explain` evaluates in a minute, for a 32 MiB kernel and a 40 MiB initrd of
 * random bytes on kvmtool/v3: candidates that share nothing but files (other Realm parameters), and
 * candidates that differ in the device tree alone (other kernel parameters).
 *
 *   npm run build && node bench/explain.mjs [threads=2] [seconds=10]
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { LaunchEvaluator } from "../dist/compare/evaluate.js";
import { nodeHashes } from "../dist/hash/node.js";
import { PageDigestStore } from "../dist/hash/page-digests.js";
import { loadManifest } from "../dist/manifest/load.js";
import { NodeFiles } from "../dist/manifest/node-files.js";

const MIB = 2 ** 20;
const CASES = ["no prefix shared", "device tree only"];

const MANIFEST = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: {
    vmm: "kvmtool/v3",
    hypervisor: "linux-kvm/v7",
    args: "lkvm run --realm -c 2 -m 512M -k Image -i initrd".split(" "),
  },
  platform: { breakpoints: 6, watchpoints: 4, pmuCounters: 6, sveVectorBits: 2048, maxIpaBits: 48 },
};

function makeImages(folder) {
  const kernel = randomBytes(32 * MIB);
  kernel.writeBigUInt64LE(0n, 8);
  kernel.writeBigUInt64LE(BigInt(33 * MIB), 16);
  kernel.write("ARMd", 56, "latin1");
  writeFileSync(join(folder, "Image"), kernel);
  writeFileSync(join(folder, "initrd"), randomBytes(40 * MIB));
}

/** The launch with change number `i`, which no other number makes. */
function changed(plan, what, i) {
  if (what === CASES[1]) {
    return { ...plan, host: { ...plan.host, args: [...plan.host.args, "-p", `x=${i}`] } };
  }
  // Realm parameters that the RMM takes whatever the platform: 15 x 15 x 17 x 16 of them.
  const realm = {
    numBps: 1 + (i % 15),
    numWps: 1 + (Math.floor(i / 15) % 15),
    pmuNumCtrs: Math.floor(i / 225) % 17,
    sveVl: Math.floor(i / 3825) % 16,
    flags: { pmu: true, sve: true },
  };
  const platform = { breakpoints: 16, watchpoints: 16, pmuCounters: 31, sveVectorBits: 2048 };
  return { ...plan, realm, platform: { ...plan.platform, ...platform } };
}

async function evaluateFor({ folder, what, seconds, thread, threads }) {
  const files = new NodeFiles(folder);
  const { plan } = await loadManifest(JSON.stringify(MANIFEST), "bench", files);
  const evaluator = new LaunchEvaluator(nodeHashes, new PageDigestStore(nodeHashes));
  // Pages are hashed and the models run before the clock starts.
  for (let i = 0; i < 20; i++) evaluator.measure(changed(plan, what, 10_000_000 + i));
  const cpu = process.cpuUsage();
  const end = performance.now() + 1000 * seconds;
  const hashed = evaluator.hashed;
  let count = 0;
  for (let i = thread; performance.now() < end; i += threads) {
    evaluator.measure(changed(plan, what, i));
    count += 1;
  }
  files.close();
  return { count, hashed: evaluator.hashed - hashed, cpu: process.cpuUsage(cpu) };
}

async function run(task) {
  const results = await Promise.all(
    Array.from(
      { length: task.threads },
      (_, thread) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: { ...task, thread } });
          worker.once("message", resolve).once("error", reject);
        }),
    ),
  );
  const count = results.reduce((sum, each) => sum + each.count, 0);
  const hashed = results.reduce((sum, each) => sum + each.hashed, 0);
  // Every thread counts the CPU time of the whole process.
  const cpu = Math.max(...results.map(({ cpu: { user, system } }) => user + system)) / 1e6;
  const perMinute = Math.round((60 * count) / task.seconds);
  const perCpu = Math.round((60 * count * task.threads) / cpu);
  console.log(
    `${task.what.padEnd(18)} ${String(perMinute).padStart(8)} a minute, ${String(perCpu).padStart(8)} a minute if ${task.threads} CPUs were free; ${Math.round(hashed / count)} hashes each`,
  );
}

if (isMainThread) {
  const [threads = 2, seconds = 10] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), "cca-rim-bench-"));
  try {
    makeImages(folder);
    console.log(`${threads} threads on ${cpus().length} CPUs, load ${loadavg()[0].toFixed(1)}`);
    for (const what of CASES) await run({ folder, what, seconds, threads });
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  parentPort.postMessage(await evaluateFor(workerData));
}
