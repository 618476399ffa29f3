/**
 * The same RIM in every way there is to compute it, for an image that ends in the middle of a
 * granule: one thread, several, pure JavaScript, the library in a bare JavaScript context as a
 * browser has it, C. Ends with 1 if one differs.
 *
 *   npm run build && node bench/same-rim.mjs [MiB=300]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { MIB, writeImage, writeManifest } from "./launch.mjs";
import { buildBaseline, CCA_RIM, runProcess } from "./processes.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
/** Some bytes more than whole granules. */
const ODD = 1234;

async function browserBundle() {
  const bundle = await rolldown({
    input: join(DIST, "index.js"),
    platform: "browser",
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "iife", name: "ccaRim" });
  return output[0].code;
}

/** As a page would do it: no Node, no files, no threads. */
async function inBrowser(manifest, image) {
  const { buffer, byteOffset, byteLength } = image;
  const context = createContext({
    manifest,
    buffer,
    byteOffset,
    byteLength,
    TextEncoder,
    TextDecoder,
  });
  runInContext(await browserBundle(), context);
  return runInContext(
    `const image = new Uint8Array(buffer, byteOffset, byteLength);
    ccaRim.measure(manifest, { files: { image } }).then((report) => report.rim)`,
    context,
  );
}

const mib = Number(process.argv[2] ?? 300);
const folder = mkdtempSync(join(tmpdir(), "cca-rim-same-"));
try {
  const image = join(folder, "image");
  const size = mib * MIB + ODD;
  writeImage(image, size, "random");
  const { path: baseline, missing } = buildBaseline(folder);
  for (const hashAlgo of ["sha-256", "sha-512"]) {
    const manifest = writeManifest(folder, { image, size, hashAlgo });
    const measure = [...CCA_RIM, "measure", "-q", manifest];
    const ways = {
      "1 thread": () => runProcess([...measure, "--threads", "1"]),
      "2 threads": () => runProcess([...measure, "--threads", "2"]),
      "4 threads": () => runProcess([...measure, "--threads", "4"]),
      "as many as help": () => runProcess(measure),
      "@noble/hashes": () => runProcess([...measure, "--hash", "noble"]),
      "browser bundle": async () => {
        const text = readFileSync(manifest, "utf8").replace(JSON.stringify(image), '"image"');
        return { printed: await inBrowser(text, readFileSync(image)) };
      },
    };
    if (missing === undefined) {
      ways["C with OpenSSL"] = () => runProcess([baseline, "mapped", hashAlgo, image]);
    }
    const rims = new Set();
    console.log(`${size} bytes, ${hashAlgo}`);
    for (const [name, run] of Object.entries(ways)) {
      const { printed } = await run();
      rims.add(printed);
      console.log(`  ${name.padEnd(16)} ${printed}`);
    }
    if (rims.size !== 1) process.exitCode = 1;
  }
  console.log(process.exitCode === 1 ? "They differ." : "All equal.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
