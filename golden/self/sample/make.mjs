/**
 * Makes the sample's files: node golden/self/sample/make.mjs [FOLDER]
 *
 * Image: an arm64 Image (header as Linux documents it) whose code waits for ever, then bytes that
 * stand for a kernel. initrd.cpio: a "newc" archive with one file. virt.dtb: a small device tree.
 * All of it is made here, nothing is taken from anywhere.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Repeatable bytes (xorshift32, little-endian words). */
function bytesFrom(seed, length) {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
  let x = seed;
  for (let at = 0; at < bytes.length; at += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes.writeUInt32LE(x >>> 0, at);
  }
  return bytes.subarray(0, length);
}

const IMAGE_FILE_SIZE = 0x2e5c; // no multiple of 4096: the last granule is filled up with zeros

function image() {
  const head = Buffer.alloc(64);
  head.writeUInt32LE(0x14000010, 0); // b +64, over the header
  head.writeBigUInt64LE(0n, 8); // text_offset
  head.writeBigUInt64LE(0x8000n, 16); // image_size, .bss included
  head.writeBigUInt64LE(0xan, 24); // little-endian, 4 KiB pages, anywhere
  head.write("ARM\x64", 56, "latin1");
  const code = Buffer.alloc(8);
  code.writeUInt32LE(0xd503207f, 0); // wfi
  code.writeUInt32LE(0x17ffffff, 4); // b -4
  return Buffer.concat([head, code, bytesFrom(2026, IMAGE_FILE_SIZE - 72)]);
}

function cpioEntry(name, mode, data) {
  const fields = [1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const head = Buffer.from(`${header}${name}\0`);
  const pad = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  return Buffer.concat([pad(head), pad(data)]);
}

function initrd() {
  const init = Buffer.from("#!/bin/sh\necho hello from the Realm\nexec sleep infinity\n");
  const archive = [cpioEntry("init", 0o100755, init), cpioEntry("TRAILER!!!", 0, Buffer.alloc(0))];
  const bytes = Buffer.concat(archive);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)]);
}

const text = (...strings) => Buffer.from(strings.map((string) => `${string}\0`).join(""));
const cells = (...values) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
};

/** A node: [name, properties, children]. */
const TREE = [
  "",
  {
    compatible: text("cca-rim,sample"),
    "#address-cells": cells(2),
    "#size-cells": cells(2),
  },
  [
    ["chosen", { bootargs: text("console=ttyAMA0") }, []],
    ["memory@80000000", { device_type: text("memory"), reg: cells(0, 0x80000000, 0, 0x4000000) }, []],
    [
      "cpus",
      { "#address-cells": cells(1), "#size-cells": cells(0) },
      [0, 1].map((cpu) => [
        `cpu@${cpu}`,
        {
          device_type: text("cpu"),
          compatible: text("arm,arm-v8"),
          "enable-method": text("psci"),
          reg: cells(cpu),
        },
        [],
      ]),
    ],
    ["psci", { compatible: text("arm,psci-1.0"), method: text("smc") }, []],
  ],
];

function deviceTree() {
  const names = new Map();
  let strings = Buffer.alloc(0);
  const pad = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const nameOffset = (name) => {
    if (!names.has(name)) {
      names.set(name, strings.length);
      strings = Buffer.concat([strings, text(name)]);
    }
    return names.get(name);
  };
  const node = ([name, properties, children]) =>
    Buffer.concat([
      cells(1),
      pad(text(name)),
      ...Object.entries(properties).map(([key, value]) =>
        Buffer.concat([cells(3, value.length, nameOffset(key)), pad(value)]),
      ),
      ...children.map(node),
      cells(2),
    ]);
  const structure = Buffer.concat([node(TREE), cells(9)]);
  const start = 40 + 16;
  const end = start + structure.length;
  const total = end + strings.length;
  const header = cells(0xd00dfeed, total, start, end, 40, 17, 16, 0, strings.length, structure.length);
  return Buffer.concat([header, Buffer.alloc(16), structure, strings]);
}

const folder = process.argv[2] ?? import.meta.dirname;
writeFileSync(join(folder, "Image"), image());
writeFileSync(join(folder, "initrd.cpio"), initrd());
writeFileSync(join(folder, "virt.dtb"), deviceTree());
