/** Measures manifests of the golden folders, with in-memory images where a test makes them. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HashProvider } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { digestsOneByOne, type PageDigests } from "../../src/hash/pages.ts";
import { bytesSource, type MemoryContent } from "../../src/hash/source.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { NodeFiles } from "../../src/manifest/node-files.ts";
import type { TraceEvent } from "../../src/replay/engine.ts";
import { type Launch, launch } from "../../src/replay/launch.ts";

export const GOLDEN: string = join(import.meta.dirname, "../../golden");

/** The plainest possible page digests: assemble the whole content, hash page by page. */
export function plainDigests(hashes: HashProvider): (content: MemoryContent) => PageDigests {
  return (content) => {
    const memory = new Uint8Array(content.size);
    for (const { at, source, from, length } of content.segments) {
      source.read(from, memory.subarray(at, at + length));
    }
    return digestsOneByOne(content.size / 4096, (algo, page) =>
      hashes(algo).digest(memory.subarray(page * 4096, page * 4096 + 4096)),
    );
  };
}

/** Files of a test: those in `images` come from memory, others from the manifest's folder. */
class TestFiles extends NodeFiles {
  readonly #images: Readonly<Record<string, Uint8Array>>;

  constructor(folder: string, images: Readonly<Record<string, Uint8Array>>) {
    super(folder);
    this.#images = images;
  }

  override open(path: string): ReturnType<NodeFiles["open"]> {
    const image = this.#images[path];
    return image === undefined ? super.open(path) : bytesSource(image);
  }
}

export interface MeasureOptions {
  readonly images?: Readonly<Record<string, Uint8Array>>;
  readonly hashes?: HashProvider;
  readonly onCall?: (event: TraceEvent) => void;
  /** Changes the manifest's text before it is read. */
  readonly edit?: (text: string) => string;
}

/** Measures the manifest at `path`, relative to golden/. */
export async function measureGolden(path: string, options: MeasureOptions = {}): Promise<Launch> {
  const { images = {}, hashes = nobleHashes, onCall, edit = (text) => text } = options;
  const file = join(GOLDEN, path);
  const access = new TestFiles(dirname(file), images);
  try {
    const { plan } = await loadManifest(edit(readFileSync(file, "utf8")), path, access);
    return launch(plan, { hashes, digests: plainDigests(hashes) }, onCall);
  } finally {
    access.close();
  }
}

/** xorshift32 from `seed`, little-endian words, cut to `size` bytes. */
export function xorshiftBytes(seed: number, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(size / 4) * 4);
  const view = new DataView(bytes.buffer);
  let x = seed >>> 0 || 1;
  for (let at = 0; at < bytes.length; at += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    view.setUint32(at, x >>> 0, true);
  }
  return bytes.subarray(0, size);
}
