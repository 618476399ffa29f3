import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { toHex } from "../../src/bytes.ts";
import type { HashProvider } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { PageDigestStore } from "../../src/hash/page-digests.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { NodeFiles } from "../../src/manifest/node-files.ts";
import { launch } from "../../src/replay/launch.ts";

const SAMPLE = "golden/self/sample";
const YAML = readFileSync(join(SAMPLE, "launch.yaml"), "utf8");

const folder = mkdtempSync(join(tmpdir(), "cca-rim-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function measure(text: string, hashes: HashProvider): Promise<object> {
  const files = new NodeFiles(SAMPLE);
  const { plan } = await loadManifest(text, "launch", files);
  const store = new PageDigestStore(hashes);
  const { hashAlgo, rim, rem, rpv, calls, measuredCalls } = launch(plan, {
    hashes,
    digests: (content) => store.digestsOf(content),
  });
  files.verifyUnchanged();
  files.close();
  return { hashAlgo, rim: toHex(rim), rem: rem.map(toHex), rpv: toHex(rpv), calls, measuredCalls };
}

test("make.mjs makes the files that are there", () => {
  execFileSync(process.execPath, [join(SAMPLE, "make.mjs"), folder]);
  const made = readdirSync(folder).sort();
  expect(made).toEqual(["Image", "initrd.cpio", "virt.dtb"]);
  for (const name of made) {
    expect(toHex(readFileSync(join(folder, name))), name).toBe(
      toHex(readFileSync(join(SAMPLE, name))),
    );
  }
});

test("its measurements, from YAML and JSON, with both hash providers", async () => {
  const expected = await measure(YAML, nodeHashes);
  await expect(`${JSON.stringify(expected, null, 2)}\n`).toMatchFileSnapshot(
    join("../..", SAMPLE, "expected.json"),
  );
  const json = JSON.stringify(parse(YAML));
  expect(await measure(json, nodeHashes)).toEqual(expected);
  expect(await measure(YAML, nobleHashes)).toEqual(expected);
});
