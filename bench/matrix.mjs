/**
 * What a further launch of a matrix costs, of the whole program: CPU time, wall time and peak
 * memory of one configuration, of 100 and of 256 (64 numbers of vCPUs x 4 sizes of RAM), and of 100
 * that differ in the device tree alone. Medians of paired runs.
 *
 *   npm run build && node bench/matrix.mjs [runs=7] [mib=240] [kernel=FILE initrd=FILE]
 *
 * Without files, a kernel of 32 MiB and an initrd that fills `mib` up, of random bytes; kvmtool loads
 * both into the first 256 MiB of RAM.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MIB = 2 ** 20;
const CLI = new URL("../dist/cli/main.js", import.meta.url).pathname;
/** Tells what a process used, when it ends. */
const METER = `data:text/javascript,${encodeURIComponent(`
import { writeFileSync } from "node:fs";
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  writeFileSync(process.env.METER, JSON.stringify({ cpu: (user + system) / 1000, rss: maxRSS / 1024 }));
});`)}`;

const given = Object.fromEntries(process.argv.slice(2).map((word) => word.split("=")));
const runs = Number(given.runs ?? 7);
const folder = mkdtempSync(join(tmpdir(), "cca-rim-bench-"));

function makeFile(name, bytes, head) {
  const path = join(folder, name);
  writeFileSync(path, head ?? "");
  for (let left = bytes - (head?.length ?? 0); left > 0; left -= 16 * MIB) {
    appendFileSync(path, randomBytes(Math.min(left, 16 * MIB)));
  }
  return path;
}

/** Just enough of an arm64 Image: text_offset, image_size, magic. */
function imageHead(size) {
  const head = Buffer.alloc(64);
  head.writeBigUInt64LE(BigInt(size), 16);
  head.write("ARMd", 56, "latin1");
  return head;
}

function images() {
  if (given.kernel) return [resolve(given.kernel), resolve(given.initrd)];
  const rest = Number(given.mib ?? 240) - 32;
  return [makeFile("Image", 32 * MIB, imageHead(32 * MIB)), makeFile("initrd", rest * MIB)];
}

function manifest(name, matrix, [kernel, initrd]) {
  const path = join(folder, `${name}.json`);
  const args = "lkvm run --realm -c 1 -m 1G -k Image -i initrd".split(" ");
  const document = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "kvmtool/v3", hypervisor: "linux-kvm/v7", args },
    files: { Image: { path: kernel }, initrd: { path: initrd } },
    platform: "tf-rmm-1.0-rel0-fvp",
    matrix,
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

function measure(path) {
  const meter = join(folder, "meter.json");
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", METER, CLI, "matrix", path, "-o", join(folder, "out.txt")],
    { env: { ...process.env, METER: meter }, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr || readFileSync(join(folder, "out.txt"), "utf8"));
  const wall = performance.now() - start;
  return { wall, ...JSON.parse(readFileSync(meter)) };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const files = images();
const ram = ["1G", "2G", "4G", "8G"];
const cases = {
  one: [1, { cpus: [1] }],
  "25 vCPU counts x 4 RAM sizes": [100, { cpus: ["1..25"], ram }],
  "64 vCPU counts x 4 RAM sizes": [256, { cpus: ["1..64"], ram }],
  "100 vCPU counts (device tree only)": [100, { cpus: ["1..100"] }],
};
const paths = Object.entries(cases).map(([name, [, matrix]], i) => [
  name,
  manifest(`case${i}`, matrix, files),
]);
const figures = Object.fromEntries(paths.map(([name]) => [name, []]));
try {
  for (const [, path] of paths) measure(path);
  for (let run = 0; run < runs; run++) {
    for (const [name, path] of paths) figures[name].push(measure(path));
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${runs} runs, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
for (const [name, [count]] of Object.entries(cases)) {
  const of = (key) => median(figures[name].map((figure) => figure[key]));
  const times = median(figures[name].map(({ cpu }, i) => cpu / figures.one[i].cpu));
  const further =
    count === 1 ? "" : `, each further ${((100 * (times - 1)) / (count - 1)).toFixed(2)} %`;
  console.log(
    `${name}: CPU ${of("cpu").toFixed(0)} ms, wall ${of("wall").toFixed(0)} ms, ${of("rss").toFixed(0)} MiB, ${times.toFixed(3)} x one${further}`,
  );
}
