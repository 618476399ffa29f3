import { expect, test } from "vitest";
import { shownArguments, shownOutputs } from "../../src/replay/shown-call.ts";
import type { RmiCall } from "../../src/rmm/rmi.ts";
import { v2_0 } from "../../src/rmm/spec/v2_0.ts";
import type { Ipa, Pa, U64 } from "../../src/units.ts";

const rd = 0x8000_0000n as Pa;
const base = 0x8000_1000n as Pa;
const top = 0x8000_3000n as Pa;
const handle = 7n as U64;

test.each<{ readonly call: RmiCall; readonly plain: object; readonly full: object }>([
  {
    call: { command: "RMI_GRANULE_RANGE_DELEGATE", input: { base, top } },
    plain: {},
    full: { base: "0x80001000", top: "0x80003000" },
  },
  {
    call: { command: "RMI_RTT_INIT_RIPAS", input: { rd, base: 0n as Ipa, top: 0x1000n as Ipa } },
    plain: { base: "0x0", top: "0x1000" },
    full: { rd: "0x80000000", base: "0x0", top: "0x1000" },
  },
  {
    call: { command: "RMI_OP_MEM_DONATE", input: { handle, list_ptr: base, list: [5n as U64] } },
    plain: { handle: "0x7" },
    full: { handle: "0x7", listPtr: "0x80001000", list: ["0x5"] },
  },
  {
    call: { command: "RMI_OP_MEM_RECLAIM", input: { handle, list_ptr: base, list_count: 256 } },
    plain: { handle: "0x7" },
    full: { handle: "0x7", listPtr: "0x80001000", listCount: 256 },
  },
])("$call.command without and with the host's granules", ({ call, plain, full }) => {
  expect(shownArguments(call, v2_0, false)).toEqual(plain);
  expect(shownArguments(call, v2_0, true)).toEqual(full);
});

test("outputs have the names that files use", () => {
  expect(shownOutputs({ out_top: 0x1000n as U64, walk_level: 3 })).toEqual({
    outTop: "0x1000",
    walkLevel: 3,
  });
});
