/**
 * What the same RIM costs in Node with nothing around it: one thread reads 256 KiB at a time, hashes
 * each granule and each descriptor of the launch that baseline.c describes. No models, no manifest;
 * for images that are a multiple of 4096 bytes.
 *
 *   node floor.cjs sha-256|sha-384|sha-512 IMAGE
 */
const { hash } = require("node:crypto");
const { openSync, readSync } = require("node:fs");

const ALGORITHMS = ["sha-256", "sha-512", "sha-384"];
const GRANULE = 4096;
const GRANULES_A_READ = 64;
const BASE_IPA = 0x8000_0000;
/** Offsets in a descriptor of data. */
const [LENGTH, RIM, IPA, FLAGS, CONTENT] = [0x08, 0x10, 0x50, 0x58, 0x60];

const [, , algorithm, image] = process.argv;
const name = algorithm.replace("-", "");
const params = Buffer.alloc(GRANULE);
params[0x08] = 40; // s2sz
params[0x18] = 1; // num_bps
params[0x20] = 1; // num_wps
params[0x30] = ALGORITHMS.indexOf(algorithm);

const descriptor = Buffer.alloc(0x100);
descriptor.writeUInt32LE(descriptor.length, LENGTH);
descriptor.writeUInt32LE(1, FLAGS);
const size = descriptor.latin1Write(hash(name, params, "binary"), RIM, 64);

const read = Buffer.allocUnsafeSlow(GRANULES_A_READ * GRANULE);
const granules = Array.from({ length: GRANULES_A_READ }, (_, i) =>
  read.subarray(i * GRANULE, (i + 1) * GRANULE),
);
const file = openSync(image);
let ipa = BASE_IPA;
for (let bytes = readSync(file, read); bytes > 0; bytes = readSync(file, read)) {
  for (let i = 0; i * GRANULE < bytes; i++) {
    descriptor.writeUInt32LE(ipa % 2 ** 32, IPA);
    descriptor.writeUInt32LE(Math.floor(ipa / 2 ** 32), IPA + 4);
    ipa += GRANULE;
    descriptor.latin1Write(hash(name, granules[i], "binary"), CONTENT, size);
    descriptor.latin1Write(hash(name, descriptor, "binary"), RIM, size);
  }
}
console.log(descriptor.toString("hex", RIM, RIM + size));
