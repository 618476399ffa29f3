import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, toHex } from "../../src/bytes.ts";
import { CcaRimError } from "../../src/errors.ts";
import { replayLog } from "../../src/evidence/inspect/logs.ts";
import {
  eventName,
  looksLikeEventLog,
  readEventLog,
  registerOf,
  remExtensionsOf,
} from "../../src/formats/event-log.ts";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { EXIT, type LogEvent, makeLog, SEPARATOR, START } from "./make-log.ts";

const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];

function remsOf(bytes: Uint8Array, algo: HashAlgo): readonly string[] {
  return replayLog(readEventLog(bytes), algo, nodeHashes).map(toHex);
}

/** Computed with another program from the rules of the firmware. */
const VECTORS: Readonly<Record<HashAlgo, readonly [string, string, string]>> = {
  "sha-256": [
    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
    "7a94ffe8a7729a566d3d3c577fcb4b6b1e671f31540375f80eae6382ab785e35",
    "9b312a4ea9e1ef97b477d2715a8c8fb602481b880c216309a541198049e30fc3",
  ],
  "sha-384": [
    "518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4",
    "70bc457e087464760a8927d6312248dc117663410914ff8b1e42fd5dc91e16f5fe3f15ca64372d3e47af8b4c53b01df9",
    "7164ce4aa72975eecd9f04cb4d4c05f9859eecd476a2b3fd99d5d0416b3a9dfe01208c951db74257793084f93a1dbb99",
  ],
  "sha-512": [
    "27ec091533c4b9eea38dd14c3a3ecdef0a99c1e564cbe66dfe008250154e7839b0b75228fe8debcc4ca330e6aebc1abc74070bc9c9c1e26b939c9d916e45e13c",
    "7fa9a2030a700f68e990584249a268547be1c43cabb32773f2000cd914253ef0c9af0cd91484b76108929ee5c1994d62a6c2797e61a0565c6ae981c3de1b51d8",
    "a151ae0d110305ccdaf7150537d23cf2539fd9cd2c6ef8906fbeb4c7857077a7550abb1c4d517777b8aad1286fc94771ce401f93a71e28eb873030d271dcb7dd",
  ],
};

describe.each(ALGOS)("REMs after a CCEL log, %s", (algo) => {
  const [separator, started, exited] = VECTORS[algo];

  test("one separator", () => {
    expect(remsOf(makeLog([{ index: 1, ...SEPARATOR }], algo), algo)[0]).toBe(separator);
  });

  test("boot attempt, and the end of boot services", () => {
    const boot: readonly LogEvent[] = [START, SEPARATOR].map((event) => ({ ...event, index: 2 }));
    const exit: readonly LogEvent[] = EXIT.map((event) => ({ ...event, index: 2 }));
    expect(remsOf(makeLog(boot, algo), algo)[1]).toBe(started);
    expect(remsOf(makeLog([...boot, ...exit], algo), algo)[1]).toBe(exited);
  });
});

describe("which register a record is for", () => {
  function registers(
    events: readonly LogEvent[],
    fill?: number,
  ): readonly (readonly [string, number])[] {
    const log = readEventLog(makeLog(events, "sha-256", fill === undefined ? {} : { fill }));
    return log.records.map((record) => [log.indexing, registerOf(record, log.indexing)]);
  }

  test("a CCEL area ends in ones and counts measurement registers", () => {
    const events = [0, 1, 2, 3, 4].map((index) => ({ ...SEPARATOR, index }));
    const expected = [0, 1, 2, 3, 4].map((register) => ["measurement register", register]);
    expect(registers(events, 0xff)).toEqual(expected);
    expect(registers(events)).toEqual(expected);
  });

  test("a log of a VMM ends in zeros and counts PCRs", () => {
    const events = [0, 1, 2, 6, 7, 8, 15, 16].map((index) => ({ ...SEPARATOR, index }));
    const found = registers(events, 0).map(([, register]) => register);
    expect(found).toEqual([0, 1, 2, 2, 1, 3, 3, 4]);
  });

  test("an index that no register has means PCRs, too", () => {
    expect(registers([{ ...SEPARATOR, index: 9 }])).toEqual([["PCR", 3]]);
  });

  test("in a CCEL area such an index is an error", () => {
    const log = readEventLog(makeLog([{ ...SEPARATOR, index: 9 }], "sha-256", { fill: 0xff }));
    expect(() => remExtensionsOf(log)).toThrow(/no measurement register 9/);
  });

  test("records for the RIM, without digests or without action extend nothing", () => {
    const events: readonly LogEvent[] = [
      { ...SEPARATOR, index: 0 },
      { ...SEPARATOR, index: 1, type: 3 },
      { ...SEPARATOR, index: 1, unmeasured: true },
    ];
    expect(remExtensionsOf(readEventLog(makeLog(events)))).toEqual([]);
  });
});

test("a log without the Realm's hash does not replay", () => {
  const log = readEventLog(makeLog([{ ...SEPARATOR, index: 1 }], "sha-256"));
  expect(() => replayLog(log, "sha-512", nodeHashes)).toThrow(/without a sha-512 digest/);
});

test("names of events", () => {
  expect([4, 0x80000007, 0x12345].map(eventName)).toEqual([
    "EV_SEPARATOR",
    "EV_EFI_ACTION",
    "0x12345",
  ]);
});

describe("damage", () => {
  const good = makeLog([
    { ...SEPARATOR, index: 1 },
    { ...START, index: 2 },
  ]);

  test("is found with its offset", () => {
    const cases: readonly (readonly [number, number, RegExp])[] = [
      [4, 9, /Spec ID Event03/],
      [32, 0x20, /Spec ID Event03/],
      [56, 0, /0 algorithms/],
      [57, 0xff, /65281 algorithms/],
      [62, 0, /digest length of 0/],
      [62, 65, /digest length of 65/],
      [28, 1, /Spec ID Event03|another length/],
      [73, 2, /2 digests, but 1 algorithms/],
      [77, 9, /algorithm 9 was not announced/],
      [111, 0xff, /event data of/],
    ];
    for (const [at, value, message] of cases) {
      const bytes = good.with(at, value);
      expect(() => readEventLog(bytes), `byte ${at}`).toThrow(message);
    }
  });

  test("anything is read or refused, with an offset within the file", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
        fc.nat(),
        fc.boolean(),
        (changes, cut, isCut) => {
          const bytes = good.slice(0, isCut ? cut % good.length : undefined);
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          try {
            expect(readEventLog(bytes).end).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(CcaRimError);
            expect((error as CcaRimError).where?.offset).toBeLessThanOrEqual(bytes.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("what is no log does not look like one", () => {
    expect(looksLikeEventLog(good)).toBe(true);
    expect(looksLikeEventLog(concatBytes(Uint8Array.of(0), good))).toBe(false);
  });
});
