/**
 * Page digests of contents in one array each. Those of files are kept, since nearly every launch
 * that is compared loads the same files; those of bytes that a model has just made are not.
 *
 * @module
 */
import { DIGEST_SIZE, type HashAlgo, type HashProvider } from "../hash/hasher.ts";
import { PageDigestStore } from "../hash/page-digests.ts";
import { knownDigests, type PageDigests, readDigests } from "../hash/pages.ts";
import type { ByteSource, MemoryContent } from "../hash/source.ts";
import { GRANULE_SIZE } from "../units.ts";

/** Contents of this size and above are worth a place in the shared store. */
const LARGE = 1024 * GRANULE_SIZE;

/** Where digests of large contents come from. */
export type DigestStore = Pick<PageDigestStore, "digestsOf">;

/** The digests of a content, one after the other. */
export interface FlatDigests {
  /** Same number, same digests; for keys. */
  readonly id: number;
  readonly bytes: Uint8Array;
  /** The same. */
  readonly pages: PageDigests;
}

/** Digests in one array. */
export function flatDigests(id: number, bytes: Uint8Array, algo: HashAlgo): FlatDigests {
  return { id, bytes, pages: knownDigests(bytes, DIGEST_SIZE[algo]) };
}

/** Gives contents their digests. */
export class ContentDigests {
  readonly #store: DigestStore;
  readonly #hashes: HashProvider;
  /** By the first source of a content: what a model makes is a new source every time. */
  readonly #known = new WeakMap<ByteSource, Map<string, FlatDigests>>();
  #count = 0;

  /**
   * @param store keeps the digests of large contents, and may have them already.
   * @param hashes for small contents
   */
  constructor(store: DigestStore, hashes: HashProvider) {
    this.#store = store;
    this.#hashes = hashes;
  }

  /** The digests of a content's granules. @throws CcaRimError FILE_CHANGED and its like */
  of(content: MemoryContent, algo: HashAlgo): FlatDigests {
    const source = content.segments[0]?.source;
    if (source === undefined) return this.#compute(content, algo);
    let known = this.#known.get(source);
    if (known === undefined) {
      known = new Map();
      this.#known.set(source, known);
    }
    const key = contentKey(content, algo);
    let digests = known.get(key);
    if (digests === undefined) {
      digests = this.#compute(content, algo);
      known.set(key, digests);
    }
    return digests;
  }

  #compute(content: MemoryContent, algo: HashAlgo): FlatDigests {
    this.#count += 1;
    const store = content.size >= LARGE ? this.#store : new PageDigestStore(this.#hashes);
    const digests = store.digestsOf(content);
    const bytes = readDigests(digests, this.#hashes(algo), 0, digests.pages);
    return flatDigests(this.#count, bytes, algo);
  }
}

function contentKey({ size, segments }: MemoryContent, algo: HashAlgo): string {
  const parts = segments.map((s) => `${s.at}+${s.length}@${s.from} ${s.source.identity}`);
  return `${algo} ${size} ${parts.join("\n")}`;
}
