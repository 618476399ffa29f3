import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rebuildFdt } from "../../../src/formats/fdt/build.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";

const golden = fileURLToPath(new URL("../../../golden/oracle/kvmtool-dtb/", import.meta.url));
const vectors = fileURLToPath(new URL("../../../../shared/vectors/kvmtool/", import.meta.url));

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("dtb.bin"))
    .sort();
}

/** The 64 KiB that kvmtool measures, of which a file holds what is not zero. */
function measured(file: string): Uint8Array {
  const bytes = new Uint8Array(0x10000);
  bytes.set(readFileSync(file));
  return bytes;
}

/** What kvmtool measures: the tree finished in one 64 KiB buffer, opened and packed in another. */
function asKvmtool(bytes: Uint8Array, libfdt: string): Uint8Array {
  return rebuildFdt(readFdt(bytes), { bufferSize: 0x10000, libfdt, packed: true });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("kvmtool's form: sequential write, open into 64 KiB, pack", () => {
  test.each(filesBelow(golden))("%s comes out again with the bytes behind it", (name) => {
    const bytes = measured(join(golden, name));
    expect(sha256(asKvmtool(bytes, "1.6.1"))).toBe(sha256(bytes));
  });

  test("the bytes behind the tree are the end of the old strings block", () => {
    const bytes = measured(join(golden, "002.dtb.bin"));
    const end = new DataView(bytes.buffer).getUint32(4);
    const tail = asKvmtool(bytes, "1.6.1").subarray(end, end + 9);
    expect(new TextDecoder().decode(tail)).toBe("-parent\0\0");
  });

  test("libfdt 1.6.0 differs in last_comp_version alone", () => {
    const bytes = measured(join(golden, "002.dtb.bin"));
    const expected = bytes.slice();
    expected[27] = 2;
    expect(sha256(asKvmtool(bytes, "1.6.0"))).toBe(sha256(expected));
  });
});

describe.skipIf(!existsSync(vectors))("every kvmtool tree of the shared vectors", () => {
  test("there are some", () => {
    expect(filesBelow(vectors).length).toBeGreaterThan(200);
  });

  test.each(filesBelow(vectors))("%s", (name) => {
    const bytes = measured(join(vectors, name));
    expect(sha256(asKvmtool(bytes, "1.6.1"))).toBe(sha256(bytes));
  });

  const cases = filesBelow(vectors).filter((name) => name.startsWith("cases/"));
  test.each(cases)("%s is what was measured", (name) => {
    const recorded: unknown = JSON.parse(readFileSync(join(vectors, name, "../case.json"), "utf8"));
    expect(recorded).toMatchObject({ dtb: { sha256: sha256(measured(join(vectors, name))) } });
  });
});
