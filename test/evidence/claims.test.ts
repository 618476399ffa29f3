import { expect, test } from "vitest";
import { lifecycleName } from "../../src/evidence/claims.ts";

test.each([
  [0x0000n, "unknown"],
  [0x1000n, "assembly and test"],
  [0x3003n, "secured"],
  [0x30ffn, "secured"],
  [0x6000n, "decommissioned"],
  [0x7000n, "unknown"],
  [0xb003n, "unknown"],
])("the lifecycle claim 0x%x is %s", (value, name) => {
  expect(lifecycleName(value)).toBe(name);
});
