import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { PageDigestStore } from "../../src/hash/page-digests.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { launch } from "../../src/replay/launch.ts";
import { arm64Image, stream } from "../host/kvmtool/images.ts";
import { memoryFiles } from "./memory-files.ts";

const FOLDER = "golden/oracle/full-stack-steps";

interface Expected {
  readonly rim: string;
}

const expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, "utf8")) as Record<
  string,
  Expected
>;

const images = {
  "synk-a.img": arm64Image("synk-a", 0x20123, 0, 0x30000),
  "synk-b.img": arm64Image("synk-b", 0x10001, 0x80000, 0x12345),
  "synk-f.img": arm64Image("synk-f", 0x6ffe, 0x123, 0x9000),
  "syni-a.bin": stream("syni-a", 12345),
  "syni-c.bin": stream("syni-c", 65536),
  "syni-d.bin": stream("syni-d", 4092),
};

test.each(Object.entries(expected))("case %s gives the captured RIM", async (id, { rim }) => {
  const tree = `${id}.dtb.gz`;
  const access = memoryFiles({
    ...images,
    [tree]: new Uint8Array(readFileSync(`${FOLDER}/${tree}`)),
  });
  const text = readFileSync(`${FOLDER}/${id}.json`, "utf8");
  const { plan } = await loadManifest(text, `${id}.json`, access);
  const store = new PageDigestStore(nodeHashes);
  const measured = launch(plan, {
    hashes: nodeHashes,
    digests: (content) => store.digestsOf(content),
  });
  expect(toHex(measured.rim)).toBe(rim);
  expect(plan.inputs.map((input) => input.name)).toEqual(["kernel", "initrd", "dtb"]);
});
