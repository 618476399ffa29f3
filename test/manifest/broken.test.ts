import { expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { memoryFiles, refused } from "./memory-files.ts";

/** The manifest that every row breaks in one place. */
const GOOD = `manifest: 1
name: broken-one-by-one
rmm: "1.0-rel0"
host: {vmm: none, hypervisor: direct}
files:
  Image: {path: boot/Image}
  initrd: {path: boot/initrd.gz}
platform: [fvp, {breakpoints: 6}]
realm:
  hashAlgo: sha-256
  rpv: "text:my realm"
  s2sz: 33
  numBps: 1
  numWps: 1
  flags: {sve: false}
launch:
  - ripas: {base: "0x80000000", top: "0x90000000"}
  - data: {file: Image, ipa: "0x80000000", measure: true}
  - data:
      file: initrd
      ipa: "0x88000000"
  - rec: {mpidr: "0x0", pc: "0x80000000", gprs: ["0x8fe00000"], runnable: true}
  - activate: true
rem:
  - extend: {register: 0, data: "hex:00ff"}
`;

const access = memoryFiles({
  "boot/Image": new Uint8Array(5000).fill(1),
  "boot/initrd.gz": new Uint8Array(100).fill(2),
  empty: new Uint8Array(0),
});

interface Row {
  readonly title: string;
  readonly replace: readonly [string, string];
  readonly line: number;
  readonly column: number;
  readonly code: ErrorCode;
  readonly pointer?: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const ROWS: readonly Row[] = [
  {
    title: "an unknown key at the top",
    replace: ["platform:", "platfrom:"],
    line: 8,
    column: 1,
    code: "MANIFEST_SCHEMA",
    pointer: "/platfrom",
    message: /unknown key "platfrom"/,
    hint: /did you mean "platform"\?/,
  },
  {
    title: "an unknown key that is near none",
    replace: ["flags: {sve: false}", "qqqqqqq: 1"],
    line: 15,
    column: 3,
    code: "MANIFEST_SCHEMA",
    pointer: "/realm/qqqqqqq",
    message: /unknown key "qqqqqqq" in realm/,
    hint: /known keys: hashAlgo, rpv, s2sz/,
  },
  {
    title: "a misspelt required key",
    replace: ["hypervisor: direct", "hypervizor: direct"],
    line: 4,
    column: 19,
    code: "MANIFEST_SCHEMA",
    pointer: "/host/hypervizor",
    message: /unknown key "hypervizor" in host/,
    hint: /did you mean "hypervisor"\?/,
  },
  {
    title: "a required key that is not there",
    replace: [", hypervisor: direct", ""],
    line: 4,
    column: 1,
    code: "MANIFEST_SCHEMA",
    pointer: "/host",
    message: /host lacks "hypervisor"/,
    hint: /add hypervisor: "direct"/,
  },
  {
    title: "a 64-bit number without quotes",
    replace: ['base: "0x80000000"', "base: 0x80000000"],
    line: 17,
    column: 19,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/0/ripas/base",
    message: /launch\[0\]\.ripas\.base must be a string, got 2147483648/,
    hint: /put it in quotes: "0x80000000"/,
  },
  {
    title: "a malformed 64-bit number",
    replace: ['ipa: "0x88000000"', 'ipa: "88000000h"'],
    line: 21,
    column: 12,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/2/data/ipa",
    message: /expected 64-bit number in quotes, got "88000000h"/,
    hint: /for example "0x80000000"/,
  },
  {
    title: "a number above 64 bits",
    replace: ['pc: "0x80000000"', 'pc: "0x1_0000_0000_0000_0000"'],
    line: 22,
    column: 29,
    code: "MANIFEST_VALUE",
    pointer: "/launch/3/rec/pc",
    message: /does not fit 64 bits/,
    hint: /0xffffffffffffffff/,
  },
  {
    title: "a count in quotes",
    replace: ["s2sz: 33", 's2sz: "33"'],
    line: 12,
    column: 9,
    code: "MANIFEST_SCHEMA",
    pointer: "/realm/s2sz",
    message: /realm\.s2sz must be a whole number, got "33"/,
    hint: /remove the quotes: 33/,
  },
  {
    title: "YAML 1.1's yes",
    replace: ["activate: true", "activate: yes"],
    line: 23,
    column: 15,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/4/activate",
    message: /must be true, got "yes"/,
    hint: /for example true/,
  },
  {
    title: "a flag that is a text",
    replace: ["{sve: false}", "{sve: off}"],
    line: 15,
    column: 16,
    code: "MANIFEST_SCHEMA",
    pointer: "/realm/flags/sve",
    message: /realm\.flags\.sve must be true or false, got "off"/,
    hint: /write false, without quotes/,
  },
  {
    title: "an RMM version that YAML reads as a number",
    replace: ['"1.0-rel0"', "2.0"],
    line: 3,
    column: 6,
    code: "MANIFEST_SCHEMA",
    pointer: "/rmm",
    message: /rmm must be a string, got 2/,
    hint: /put it in quotes: "2\.0"/,
  },
  {
    title: "a hash algorithm by another name",
    replace: ["sha-256", "sha256"],
    line: 10,
    column: 13,
    code: "MANIFEST_SCHEMA",
    pointer: "/realm/hashAlgo",
    message: /must be one of sha-256, sha-384, sha-512, got "sha256"/,
    hint: /did you mean "sha-256"\?/,
  },
  {
    title: "another format version",
    replace: ["manifest: 1", "manifest: 2"],
    line: 1,
    column: 11,
    code: "MANIFEST_SCHEMA",
    pointer: "/manifest",
    message: /manifest must be 1, got 2/,
    hint: /^for example 1$/,
  },
  {
    title: "a format version in quotes",
    replace: ["manifest: 1", 'manifest: "1"'],
    line: 1,
    column: 11,
    code: "MANIFEST_SCHEMA",
    pointer: "/manifest",
    message: /manifest must be 1, got "1"/,
    hint: /^remove the quotes: 1$/,
  },
  {
    title: "a duplicate key",
    replace: ["  numWps: 1", "  numBps: 1"],
    line: 14,
    column: 3,
    code: "MANIFEST_SYNTAX",
    message: /the key "numBps" is there twice/,
    hint: /remove one of them/,
  },
  {
    title: "a bracket that is not closed",
    replace: ["direct}", "direct"],
    line: 5,
    column: 1,
    code: "MANIFEST_SYNTAX",
    message: /flow map in block collection/,
    hint: /brackets must be closed/,
  },
  {
    title: "a tag",
    replace: ["file: initrd", "file: !str initrd"],
    line: 20,
    column: 13,
    code: "MANIFEST_SYNTAX",
    message: /tag/,
    hint: /remove it/,
  },
  {
    title: "two steps in one list entry",
    replace: ["  - activate: true", "    activate: true"],
    line: 23,
    column: 5,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/3/activate",
    message: /launch\[3\] has more than one of/,
    hint: /start a new list entry: - activate/,
  },
  {
    title: "both a file and a fill",
    replace: ["      file: initrd", '      file: initrd\n      fill: "0x00"\n      size: "0x1000"'],
    line: 21,
    column: 7,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/2/data/fill",
    message: /has both file and fill/,
    hint: /exactly one of file, fill/,
  },
  {
    title: "an unknown VMM",
    replace: ["vmm: none", "vmm: kvmtol/v3"],
    line: 4,
    column: 13,
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/host/vmm",
    message: /there is no VMM "kvmtol\/v3"/,
    hint: /did you mean "kvmtool\/v3"\?/,
  },
  {
    title: "an unknown hypervisor",
    replace: ["direct", "linux-kvm/7"],
    line: 4,
    column: 31,
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/host/hypervisor",
    message: /there is no hypervisor "linux-kvm\/7"/,
    hint: /did you mean "linux-kvm\/v7"\?/,
  },
  {
    title: "an unknown RMM version",
    replace: ["1.0-rel0", "1.0-rel1"],
    line: 3,
    column: 6,
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/rmm",
    message: /there is no RMM version "1\.0-rel1"/,
    hint: /did you mean "1\.0-rel0"\?/,
  },
  {
    title: "the beginning of an RMM version",
    replace: ["1.0-rel0", "1.0"],
    line: 3,
    column: 6,
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/rmm",
    message: /there is no RMM version "1\.0"$/,
    hint: /^did you mean "1\.0-eac5" or "1\.0-rel0"\?$/,
  },
  {
    title: "a VMM that has no command line",
    replace: ["{vmm: none,", "{vmm: none, args: [lkvm],"],
    line: 4,
    column: 19,
    code: "MANIFEST_VALUE",
    pointer: "/host/args",
    message: /vmm "none" has no command line/,
    hint: /name the VMM/,
  },
  {
    title: "a pair that does not exist",
    replace: ["vmm: none", "vmm: kvmtool/v3"],
    line: 4,
    column: 37,
    code: "HOST_IMPOSSIBLE_PAIR",
    pointer: "/host/hypervisor",
    message: /kvmtool\/v3 does not run on direct/,
    hint: /runs on linux-kvm\/v4, .*linux-kvm\/v11/,
  },
  {
    title: "an unknown platform set",
    replace: ["[fvp,", "[fpv,"],
    line: 8,
    column: 12,
    code: "HOST_PLATFORM",
    pointer: "/platform/0",
    message: /there is no platform set "fpv"/,
    hint: /did you mean "fvp"\?/,
  },
  {
    title: "the beginning of two platform sets",
    replace: ["[fvp,", "[tf-rmm-1.0-rel0,"],
    line: 8,
    column: 12,
    code: "HOST_PLATFORM",
    pointer: "/platform/0",
    message: /there is no platform set "tf-rmm-1\.0-rel0"/,
    hint: /did you mean "tf-rmm-1\.0-rel0-fvp" or "tf-rmm-1\.0-rel0-qemu-max"\?/,
  },
  {
    title: "a realm field that nobody else can know",
    replace: ["  numBps: 1\n", ""],
    line: 9,
    column: 1,
    code: "MANIFEST_VALUE",
    pointer: "/realm",
    message: /realm lacks numBps/,
    hint: /add numBps: 1/,
  },
  {
    title: "an RPV of more than 64 bytes",
    replace: ["text:my realm", `text:${"r".repeat(65)}`],
    line: 11,
    column: 8,
    code: "MANIFEST_VALUE",
    pointer: "/realm/rpv",
    message: /realm\.rpv has 65 bytes, at most 64 fit/,
    hint: /shorten/,
  },
  {
    title: "an RPV of odd hex digits",
    replace: ["text:my realm", "hex:012"],
    line: 11,
    column: 8,
    code: "MANIFEST_SCHEMA",
    pointer: "/realm/rpv",
    message: /expected bytes written as/,
    hint: /hex:00ff/,
  },
  {
    title: "an inverted range",
    replace: ["0x90000000", "0x70000000"],
    line: 17,
    column: 38,
    code: "MANIFEST_VALUE",
    pointer: "/launch/0/ripas/top",
    message: /\[0x80000000, 0x70000000\) ends before it starts/,
    hint: /RMI_RTT_INIT_RIPAS would be refused: size_valid, RMM 1\.0-rel0 B4\.3\.18/,
  },
  {
    title: "an unaligned range",
    replace: ['{base: "0x80000000"', '{base: "0x80000800"'],
    line: 17,
    column: 19,
    code: "MANIFEST_VALUE",
    pointer: "/launch/0/ripas/base",
    message: /0x80000800 is no multiple of 0x1000/,
    hint: /0x80000000 or 0x80001000\? .*base_align/,
  },
  {
    title: "a range beyond the protected half",
    replace: ["0x90000000", "0x1_0000_1000"],
    line: 17,
    column: 38,
    code: "MANIFEST_VALUE",
    pointer: "/launch/0/ripas/top",
    message: /ends at 0x100000000 \(realm\.s2sz 33\)/,
    hint: /top_bound, RMM 1\.0-rel0 B4\.3\.18/,
  },
  {
    title: "data beyond the protected half",
    replace: ['ipa: "0x88000000"', 'ipa: "0x100000000"'],
    line: 21,
    column: 12,
    code: "MANIFEST_VALUE",
    pointer: "/launch/2/data/ipa",
    message: /\[0x100000000, 0x100001000\) is not within the protected half/,
    hint: /RMI_DATA_CREATE would be refused: ipa_bound, RMM 1\.0-rel0 B4\.3\.1$/,
  },
  {
    title: "data over data",
    replace: ['ipa: "0x88000000"', 'ipa: "0x80001fff"'],
    line: 21,
    column: 12,
    code: "MANIFEST_OVERLAP",
    pointer: "/launch/2/data/ipa",
    message: /overlap those of launch\[1\], \[0x80000000, 0x80002000\)/,
    hint: /rtte_state/,
  },
  {
    title: "a listed file that is missing",
    replace: ["boot/initrd.gz", "boot/initrd"],
    line: 7,
    column: 18,
    code: "FILE_NOT_FOUND",
    pointer: "/files/initrd/path",
    message: /there is no file "boot\/initrd"/,
    hint: /relative to the folder of the manifest/,
  },
  {
    title: "a name that is not listed",
    replace: ["file: Image", "file: Imag"],
    line: 18,
    column: 18,
    code: "FILE_NOT_FOUND",
    pointer: "/launch/1/data/file",
    message: /there is no file "Imag"/,
    hint: /did you mean "Image"/,
  },
  {
    title: "an empty file",
    replace: ["file: initrd", "file: empty"],
    line: 19,
    column: 5,
    code: "MANIFEST_VALUE",
    pointer: "/launch/2/data",
    message: /loads no byte/,
    hint: /the file "empty" is empty/,
  },
  {
    title: "a file with another digest",
    replace: ["boot/Image}", `boot/Image, sha256: "${"0".repeat(64)}"}`],
    line: 6,
    column: 37,
    code: "FILE_DIGEST",
    pointer: "/files/Image/sha256",
    message: /another SHA-256: [0-9a-f]{64}/,
    hint: /not the one the manifest was written for/,
  },
  {
    title: "gzip that is none",
    replace: ["boot/initrd.gz}", "boot/initrd.gz, decompress: gzip}"],
    line: 7,
    column: 46,
    code: "FILE_FORMAT",
    pointer: "/files/initrd/decompress",
    message: /no intact gzip file/,
    hint: /remove "decompress"/,
  },
  {
    title: "a stand-in where content is hashed",
    replace: ["{path: boot/initrd.gz}", "{size: 100}"],
    line: 7,
    column: 3,
    code: "FILE_UNREADABLE",
    pointer: "/files/initrd",
    message: /stand-in/,
    hint: /give a path/,
  },
  {
    title: "a directory where a file is needed",
    replace: ["{path: boot/initrd.gz}", "{directory: true}"],
    line: 20,
    column: 13,
    code: "FILE_UNREADABLE",
    pointer: "/launch/2/data/file",
    message: /"initrd" is a directory/,
    hint: /give files\.initrd a path/,
  },
  {
    title: "a memslot without KVM",
    replace: ["  - activate: true", '  - memslot: {id: 0, base: "0x0", size: "0x1000"}'],
    line: 23,
    column: 5,
    code: "MANIFEST_VALUE",
    pointer: "/launch/4/memslot",
    message: /memslot means nothing to hypervisor "direct"/,
    hint: /linux-kvm/,
  },
  {
    title: "more than eight registers",
    replace: ['["0x8fe00000"]', `[${Array.from({ length: 9 }, () => '"0"').join(", ")}]`],
    line: 22,
    column: 49,
    code: "MANIFEST_SCHEMA",
    pointer: "/launch/3/rec/gprs",
    message: /at most 8/,
    hint: /0x8fe00000/,
  },
  {
    title: "a REM register that does not exist",
    replace: ["register: 0", "register: 4"],
    line: 25,
    column: 24,
    code: "MANIFEST_SCHEMA",
    pointer: "/rem/0/extend/register",
    message: /must be at most 3, got 4/,
    hint: /for example 0/,
  },
  {
    title: "an event log that is not there",
    replace: ['extend: {register: 0, data: "hex:00ff"}', "eventLog: {file: ccel.bin}"],
    line: 25,
    column: 22,
    code: "FILE_NOT_FOUND",
    pointer: "/rem/0/eventLog/file",
    message: /ccel/,
    hint: /ccel/,
  },
];

test("the manifest that the rows break is good", async () => {
  const { plan } = await loadManifest(GOOD, "launch.yaml", access);
  expect(plan.launch.map((step) => step.step)).toEqual([
    "ripas",
    "data",
    "data",
    "rec",
    "activate",
  ]);
});

test.each(ROWS)("$title", async (row) => {
  const text = GOOD.replace(...row.replace);
  expect(text).not.toBe(GOOD);
  const error = await refused(() => loadManifest(text, "launch.yaml", access));
  expect({ code: error.code, ...error.where }).toEqual({
    code: row.code,
    file: "launch.yaml",
    line: row.line,
    column: row.column,
    ...(row.pointer === undefined ? {} : { pointer: row.pointer }),
  });
  expect(error.message).toMatch(row.message);
  expect(error.message).not.toContain("\n");
  expect(error.hint).toMatch(row.hint);
});
