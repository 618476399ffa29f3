import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runScript, type ScriptCall } from "./script.ts";

interface LibfdtCase {
  readonly name: string;
  readonly libfdt: string;
  readonly calls: readonly ScriptCall[];
  readonly statuses: string;
  readonly size: number;
  readonly sha256: string;
}

const cases = readFileSync(
  new URL("../../../golden/oracle/libfdt/scripts.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line): LibfdtCase => JSON.parse(line));

describe("scripts that libfdt ran", () => {
  test.each(cases)("$name on $libfdt leaves the same buffer", (recorded) => {
    const { statuses, buffer } = runScript(recorded.calls, recorded.libfdt);
    expect(statuses.join(" ").replaceAll("FDT_ERR_", "")).toBe(recorded.statuses);
    expect({
      size: buffer.length,
      sha256: createHash("sha256").update(buffer).digest("hex"),
    }).toEqual({ size: recorded.size, sha256: recorded.sha256 });
  });
});
