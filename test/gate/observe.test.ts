import { expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { compareWithLock } from "../../src/gate/changes.ts";
import type { LockedLaunch } from "../../src/gate/lock.ts";
import { observe } from "../../src/gate/observe.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { contentDigests } from "../../src/hash/page-digests.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { launchTrace } from "../../src/replay/launch.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { memoryFiles } from "../manifest/memory-files.ts";

const BYTES = new Uint8Array(5000).fill(7);
const SHA256 = toHex(nodeHashes("sha-256").digest(BYTES));

/** What a lock keeps of a launch that loads one file, which `entry` describes. */
async function observed(entry: object, platform: object = {}): Promise<LockedLaunch> {
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: "direct" },
    platform: { breakpoints: 6, watchpoints: 4, pmuCounters: 0, maxIpaBits: 48, ...platform },
    realm: { hashAlgo: "sha-256", s2sz: 33, numBps: 1, numWps: 1 },
    files: { blob: entry },
    launch: [{ data: { file: "blob", ipa: "0x80000000" } }],
  };
  const files = memoryFiles({ a: BYTES, b: BYTES });
  const loaded = await loadManifest(JSON.stringify(manifest), "launch.json", files);
  const digests = (content: Parameters<typeof contentDigests>[0]) =>
    contentDigests(content, nodeHashes);
  return observe(
    {
      written: loaded.manifest,
      plan: loaded.plan,
      spec: v1_0_rel0,
      hashes: nodeHashes,
      trace: launchTrace(loaded.plan, { hashes: nodeHashes, digests }),
      lineOf: ({ n, turn }) => `${n} ${turn.call.command}\n`,
    },
    { update: () => undefined, finish: () => "00" },
  );
}

test("where a file lies, and that it is pinned, is nothing to accept", async () => {
  const plain = await observed({ path: "a" });
  for (const other of [{ path: "b" }, { path: "a", sha256: SHA256 }]) {
    const { models, values, inputs } = compareWithLock(plain, await observed(other));
    expect([models, values, inputs]).toEqual([[], [], []]);
  }
});

test("inputs, stages and 64-bit settings stand in the form of a lock", async () => {
  const { inputs, settings, stages } = await observed({ path: "a" }, { ramSize: "0x40000000" });
  expect(inputs).toEqual({ blob: { sha256: SHA256, size: 5000 } });
  expect(settings["/platform"]).toMatchObject({ ramSize: "0x40000000", breakpoints: 6 });
  expect(settings["/launch/0"]).toEqual({ data: { file: "blob", ipa: "0x80000000" } });
  expect(stages.find(({ kind }) => kind === "data")).toMatchObject({
    label: "blob",
    base: "0x80000000",
    top: "0x80002000",
    measured: 2,
  });
});
