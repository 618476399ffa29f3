/**
 * How fast `cca-rim measure` is, beside C with OpenSSL (baseline.c): whole processes, Node's start
 * included, run in turn, and beside Node with nothing around the hashing (floor.cjs); ratios are taken within each round and their median is printed. Prints
 * tables in Markdown. Ends with 1 if two programs disagree about a RIM.
 *
 *   npm run bench -- [--quick] [--sizes 64,512,2048] [--contents random,sparse]
 *                    [--hashes sha-256,sha-512] [--runs N] [--threads N] [--folder PATH]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { HOSTS, MIB, writeImage, writeManifest } from "./launch.mjs";
import { buildBaseline, CCA_RIM, EMPTY_NODE, NODE_ALONE, runProcess } from "./processes.mjs";

const FULL = {
  sizes: "64,512,2048",
  contents: "random,sparse",
  hashes: "sha-256,sha-512",
};
const QUICK = { sizes: "64", contents: "random,sparse", hashes: "sha-256,sha-512", runs: "3" };
/** Runs by size: long ones are less noisy. */
const RUNS = (mib) => (mib > 1024 ? 3 : 7);
const START_RUNS = 21;

function readOptions() {
  const text = { type: "string" };
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean" },
      sizes: text,
      contents: text,
      hashes: text,
      runs: text,
      threads: text,
      folder: text,
    },
  });
  const chosen = { ...FULL, ...(values.quick ? QUICK : {}), ...values };
  return {
    sizes: chosen.sizes.split(",").map(Number),
    contents: chosen.contents.split(","),
    hashes: chosen.hashes.split(","),
    runs: chosen.runs === undefined ? undefined : Number(chosen.runs),
    threads: Number(chosen.threads ?? Math.min(availableParallelism(), 4)),
    folder: chosen.folder ?? tmpdir(),
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function spread(values, digits) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** Runs every contender once a round, `runs` rounds after one that does not count. */
async function race(contenders, runs) {
  const results = contenders.map(() => []);
  for (let round = -1; round < runs; round++) {
    for (const [i, { command }] of contenders.entries()) {
      const result = await runProcess(command);
      if (round >= 0) results[i].push(result);
    }
  }
  return results;
}

/** The median of a figure relative to another contender's in the same round. */
function ratio(own, other, key) {
  if (other === undefined) return "";
  return median(own.map((run, round) => run[key] / other[round][key])).toFixed(2);
}

function row(cells) {
  return `| ${cells.join(" | ")} |`;
}

function printHeader(cells) {
  console.log(row(cells));
  console.log(row(cells.map((_, i) => (i === 0 ? "---" : "---:"))));
}

function contendersOf(folder, image, size, hashAlgo, { baseline, threads, content }) {
  const ours = (host, count) => {
    const manifest = writeManifest(folder, { image, size, hashAlgo, host });
    return [...CCA_RIM, "measure", "-q", "--threads", `${count}`, manifest];
  };
  const [direct, kvm] = HOSTS;
  const list = [{ name: "1 thread", command: ours(direct, 1) }];
  if (threads > 1) list.push({ name: `${threads} threads`, command: ours(direct, threads) });
  if (content === "random") list.push({ name: `1 thread, ${kvm}`, command: ours(kvm, 1) });
  if (content === "random" && NODE_ALONE !== undefined) {
    list.push({ name: "Node alone", command: [...NODE_ALONE, hashAlgo, image] });
  }
  if (baseline !== undefined) {
    for (const way of ["mapped", "copied"]) {
      list.push({ name: `C ${way}`, command: [baseline, way, hashAlgo, image] });
    }
  }
  return list;
}

/** One image, one hash: prints a row for each contender. */
async function compare(label, contenders, runs) {
  const results = await race(contenders, runs);
  const resultOf = (name) => results[contenders.findIndex((other) => other.name === name)];
  const [mapped, copied] = [resultOf("C mapped"), resultOf("C copied")];
  const rims = new Set(results.flat().map(({ printed }) => printed));
  if (rims.size !== 1) throw new Error(`${label}: different RIMs:\n${[...rims].join("\n")}`);
  for (const [i, { name }] of contenders.entries()) {
    const own = results[i];
    const figures = (key, digits) =>
      spread(
        own.map((run) => run[key]),
        digits,
      );
    console.log(
      row([
        label,
        name,
        figures("cpu", 3),
        ratio(own, mapped, "cpu"),
        figures("wall", 3),
        ratio(own, mapped, "wall"),
        ratio(own, copied, "wall"),
        Math.max(...own.map(({ peak }) => peak)).toFixed(0),
      ]),
    );
  }
}

async function compareImages(folder, options, baseline) {
  printHeader([
    "image, hash",
    "who",
    "CPU s",
    "/ mapped",
    "wall s",
    "/ mapped",
    "/ copied",
    "peak MiB",
  ]);
  for (const mib of options.sizes) {
    for (const content of options.contents) {
      const image = join(folder, `${mib}-${content}`);
      const size = mib * MIB;
      writeImage(image, size, content);
      for (const hashAlgo of options.hashes) {
        const { threads } = options;
        const setting = { baseline, threads, content };
        const contenders = contendersOf(folder, image, size, hashAlgo, setting);
        const label = `${mib} MiB ${content}, ${hashAlgo}`;
        await compare(label, contenders, options.runs ?? RUNS(mib));
      }
      rmSync(image);
    }
  }
}

/** Starting, and a launch that is over at once. */
async function compareStart(folder, { runs = START_RUNS }) {
  const image = join(folder, "4-KiB");
  writeImage(image, 4096, "random");
  const manifest = writeManifest(folder, { image, size: 4096, hashAlgo: "sha-256" });
  const contenders = [
    { name: "empty Node", command: EMPTY_NODE },
    { name: "--help", command: [...CCA_RIM, "--help"] },
    { name: "measure 4 KiB", command: [...CCA_RIM, "measure", "-q", manifest] },
  ];
  const results = await race(contenders, runs);
  printHeader(["start", "CPU ms", "/ empty Node", "wall ms", "/ empty Node", "peak MiB"]);
  for (const [i, { name }] of contenders.entries()) {
    const own = results[i];
    const inMs = (key) =>
      spread(
        own.map((run) => 1000 * run[key]),
        0,
      );
    const [cpu, wall] = ["cpu", "wall"].map((key) => ratio(own, results[0], key));
    const peak = Math.max(...own.map((run) => run.peak)).toFixed(0);
    console.log(row([name, inMs("cpu"), cpu, inMs("wall"), wall, peak]));
  }
}

const options = readOptions();
const folder = mkdtempSync(join(options.folder, "cca-rim-bench-"));
const cleanUp = () => rmSync(folder, { recursive: true, force: true });
process.once("SIGINT", () => {
  cleanUp();
  process.exit(130);
});
try {
  const { path, missing } = buildBaseline(folder);
  const load = () => loadavg()[0].toFixed(1);
  console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}; ${cpus()[0].model},`);
  console.log(`${availableParallelism()} cores, load ${load()} at the start. Medians (min-max).\n`);
  if (missing !== undefined) console.log(`No C baseline: there is no ${missing}\n`);
  await compareStart(folder, options);
  console.log("");
  await compareImages(folder, options, path);
  console.log(`\nAll RIMs of an image are equal. Load ${load()} at the end.`);
} finally {
  cleanUp();
}
