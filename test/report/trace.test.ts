import { expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { launchTrace } from "../../src/replay/launch.ts";
import { TraceLines, traceCall } from "../../src/report/trace.ts";
import { rmmSpec } from "../../src/rmm/spec/index.ts";
import {
  KVMTOOL,
  type ManifestObject,
  models,
  newTools,
  planOf,
  QEMU,
  STEPS,
} from "../compare/launches.ts";

const { store } = newTools();

test.each<[string, ManifestObject]>([
  ["kvmtool", KVMTOOL],
  ["QEMU", QEMU],
  ["listed steps", STEPS],
  [
    "stateful operations of RMM 2.0",
    models({ vmm: "none", hypervisor: "direct", rmm: "2.0" })(STEPS),
  ],
])("lines are those of JSON.stringify: %s", async (_, manifest) => {
  const plan = await planOf(manifest);
  const spec = rmmSpec(plan.rmm) ?? expect.fail("no such RMM");
  const lines = new TraceLines(spec);
  const tools = { hashes: nodeHashes, digests: store.digestsOf.bind(store) };
  const trace = launchTrace(plan, tools);
  let count = 0;
  let next = trace.next();
  let last = "";
  for (; next.done !== true; next = trace.next()) {
    count += 1;
    last = lines.line(next.value);
    expect(last).toBe(`${JSON.stringify(traceCall(next.value, spec, false))}\n`);
  }
  expect(count).toBeGreaterThan(20);
  expect(last).toContain(toHex(next.value.rim));
});
