import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readTranscripts } from "../../src/replay/transcript.ts";
import { decodeFeatures } from "../../src/rmm/features.ts";
import type { RmiCall, RmiResult } from "../../src/rmm/rmi.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { ipa, pa } from "../../src/units.ts";
import { ACS, type AcsCommand, type Scenario } from "./acs.ts";
import type { Inputs } from "./conditions/case.ts";
import { answerText, caseOf } from "./conditions/index.ts";
import { PAGE, World } from "./world.ts";

/** A good call of the suite's shape; tables where the suite has them. */
function goodInput(w: World, command: AcsCommand["command"]): Inputs {
  if (command !== "RMI_RTT_CREATE") return caseOf(command).good(w) as Inputs;
  const rd = w.realm();
  w.tables(rd, 0n, 1);
  return { rd, rtt: w.granules(), ipa: ipa(0), level: 2 } as Inputs;
}

const call = (w: World, command: AcsCommand["command"], input: Inputs): RmiResult =>
  w.call({ command, input } as unknown as RmiCall);

describe.each(ACS)("$command", ({ command, scenarios }) => {
  test("a good call succeeds", () => {
    const w = new World(v1_0_rel0);
    expect(answerText(call(w, command, goodInput(w, command)))).toBe("SUCCESS");
  });

  test.each(scenarios as readonly Scenario[])("%i: %s", (_, __, answer, breaks) => {
    const w = new World(v1_0_rel0);
    const input = goodInput(w, command);
    expect(answerText(call(w, command, { ...input, ...breaks(w, input) }))).toBe(answer);
  });
});

test.each(["RMI_REALM_CREATE", "RMI_REC_CREATE"] as const)("%s twice", (command) => {
  const w = new World(v1_0_rel0);
  const input = goodInput(w, command);
  expect(answerText(call(w, command, input))).toBe("SUCCESS");
  expect(answerText(call(w, command, input))).toBe("INPUT");
});

describe("what needs more than a row", () => {
  const golden = join(import.meta.dirname, "../../golden/oracle/tf-rmm/1.0-rel0.jsonl.gz");
  const transcripts = [...readTranscripts(gunzipSync(readFileSync(golden)).toString("utf8"))];

  test("REALM_CREATE 8: a hash algorithm that is not supported; skipped where both are", () => {
    for (const { platform } of transcripts) {
      const { featureRegisters } = v1_0_rel0;
      const features = decodeFeatures(featureRegisters, [platform.featureRegister0]);
      expect([features.hashSha256, features.hashSha512]).toEqual([true, true]);
    }
  });

  test("REALM_CREATE 23: rtt_base not aligned to its tables; TF-RMM 1.0-rel0 accepts it", () => {
    const w = new World(v1_0_rel0);
    const base = w.granules(3);
    const concatenated = { s2sz: 40, rtt_level_start: 1n, rtt_num_start: 2 };
    const rtt_base = pa(base + BigInt(PAGE));
    expect(answerText(w.call(w.realmCall({ ...concatenated, rtt_base })))).toBe("SUCCESS");
    // So does the real one: sixteen tables, not aligned to sixteen granules.
    const accepted = transcripts
      .flatMap(({ steps }) => steps)
      .filter(({ cmd, status }) => cmd === "REALM_CREATE" && status.code === 0)
      .filter((step) => Number(step["rtt_base"]) % (Number(step["rtt_num_start"]) * PAGE) !== 0);
    expect(accepted.map((step) => step["rtt_num_start"])).toContain(16);
    // One table can only be unaligned to its granule, which is refused.
    const odd = pa(w.granules() + 8n);
    expect(answerText(w.call(w.realmCall({ rtt_base: odd })))).toBe("INPUT");
  });
});

test("all rows of the six tables are here: 142", () => {
  const special: Readonly<Record<string, readonly number[]>> = { RMI_REALM_CREATE: [8, 23] };
  let total = 0;
  for (const { command, rows, scenarios } of ACS) {
    const numbers = [...scenarios.map(([n]) => n), ...(special[command] ?? [])];
    const all = Array.from({ length: rows }, (_, i) => i + 1);
    expect(numbers.sort((a, b) => a - b)).toEqual(all);
    total += rows;
  }
  expect(total).toBe(142);
});
