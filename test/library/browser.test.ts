import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { GOLDEN } from "../tools/measure.ts";

/** Engine, RMM model, formats and the reference hashes, as a browser would load them. */
const ENTRY = `
export { nobleHashes } from "/src/hash/noble.ts";
export { bytesSource } from "/src/hash/source.ts";
export { granulesOf } from "/src/hash/content.ts";
export { PageDigestStore } from "/src/hash/page-digests.ts";
export { launch } from "/src/replay/launch.ts";
export { readTranscript } from "/src/replay/transcript.ts";
export { checkTranscript } from "/src/replay/check.ts";
export { readFdt } from "/src/formats/fdt/reader.ts";
export { toHex } from "/src/bytes.ts";
`;

async function bundle(): Promise<string> {
  const root = join(GOLDEN, "..");
  const build = await rolldown({
    input: "entry.ts",
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id) =>
          id === "entry.ts" ? id : id.startsWith("/src/") ? join(root, id) : null,
        load: (id) => (id === "entry.ts" ? ENTRY : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "iife", name: "ccaRim" });
  return output[0].code;
}

/** Runs in the bare context: a program of the library's user who has no Node. */
const PROGRAM = `
  const source = ccaRim.bytesSource(image);
  const content = ccaRim.granulesOf(source);
  const store = new ccaRim.PageDigestStore(ccaRim.nobleHashes);
  const plan = {
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: "direct" },
    platform: {},
    realm: { hashAlgo: "sha-256", s2sz: 40, numBps: 1, numWps: 1 },
    launch: [
      { pointer: "/launch/0", step: "data", base: 0x80000000n, ipa: 0x80000000n, content, measure: true },
    ],
    rem: [], inputs: [], assumed: [],
  };
  const tools = {
    hashes: ccaRim.nobleHashes,
    digests: (content) => store.digestsOf(content),
  };
  ccaRim.toHex(ccaRim.launch(plan, tools).rim);
`;

test("the engine runs in a bare JavaScript context and gives a baseline's RIM", async () => {
  const code = await bundle();
  expect(code).not.toMatch(/\bfrom\s*["']node:|\brequire\(["']/);
  const row = (
    JSON.parse(readFileSync(join(GOLDEN, "oracle/baseline/expected.json"), "utf8")) as readonly {
      readonly size: number;
      readonly content: string;
      readonly hashAlgo: string;
      readonly rim: string;
    }[]
  ).find(
    ({ size, content, hashAlgo }) => size === 4097 && content === "zeros" && hashAlgo === "sha-256",
  );
  const image = new Uint8Array(4097);
  image[4096] = 1;
  // Nothing of Node: no process, Buffer, require, console or timers; what browsers have, too.
  const context = createContext({ image, TextEncoder, TextDecoder });
  runInContext(code, context);
  expect(runInContext(PROGRAM, context)).toBe(row?.rim);
});
