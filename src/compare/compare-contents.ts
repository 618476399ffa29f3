/**
 * Compares what two launches load into guest memory, piece by piece: where, how much, measured or
 * not, and down to the first byte that differs.
 *
 * @module
 */
import { DIGEST_SIZE, type HashAlgo } from "../hash/hasher.ts";
import type { ByteSource, MemoryContent, Segment } from "../hash/source.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { GRANULE_SIZE, hexU64 } from "../units.ts";
import { compareTrees } from "./compare-tree.ts";
import type { BytePlace, DescriptorCount, Effect, FirstByte } from "./effects.ts";
import type { LaunchEvaluator } from "./evaluate.ts";
import type { DataStretch, RecordedLaunch } from "./stretches.ts";

/** One launch, ready to be compared. */
export interface ComparedLaunch {
  readonly plan: LaunchPlan;
  readonly launch: RecordedLaunch;
}

/** A piece of content as it is measured. */
interface Piece {
  readonly label: string;
  readonly base: number;
  readonly pages: number;
  readonly measured: boolean;
  readonly content: MemoryContent;
  /** All digests of the piece, one after the other. */
  readonly digests: Uint8Array;
}

/** Contents up to this size are compared as device trees, if they begin like one. */
const LARGEST_TREE = 4 * 1024 * 1024;

/** The pieces of a launch, in the order in which they are measured. */
function piecesOf(
  { launch }: ComparedLaunch,
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const stretch of launch.stretches) {
    if (stretch.kind !== "data") continue;
    const slot = "slot" in stretch.content ? launch.slots[stretch.content.slot] : undefined;
    const { base, pages, measured } = stretch;
    const digests = digestsOf(stretch, launch, evaluator, algo);
    const content = slot?.content ?? { size: pages * GRANULE_SIZE, segments: [] };
    const label = slot?.label ?? "RMI call";
    pieces.push({ label, base, pages, measured, content: part(content, stretch), digests });
  }
  return pieces;
}

function digestsOf(
  stretch: DataStretch,
  launch: RecordedLaunch,
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): Uint8Array {
  const size = DIGEST_SIZE[algo];
  const [{ bytes }, first] = evaluator.digestsOf(launch, stretch, algo);
  return bytes.subarray(first * size, (first + stretch.pages) * size);
}

/** The granules of a content that a stretch covers. */
function part(
  content: MemoryContent,
  { content: pages, pages: count }: DataStretch,
): MemoryContent {
  const from = pages.first * GRANULE_SIZE;
  const size = count * GRANULE_SIZE;
  if (!("slot" in pages) || (from === 0 && content.size === size)) return content;
  const segments = content.segments.flatMap((segment): Segment[] => {
    const start = Math.max(segment.at, from);
    const end = Math.min(segment.at + segment.length, from + size);
    if (start >= end) return [];
    const skipped = start - segment.at;
    return [{ ...segment, at: start - from, from: segment.from + skipped, length: end - start }];
  });
  return { size, segments };
}

type Pair = readonly [a: Piece | undefined, b: Piece | undefined];

/** Pieces that belong together: of the same label, else at the same address. */
function pairUp(a: readonly Piece[], b: readonly Piece[]): readonly Pair[] {
  const left = new Set(b);
  const partners = new Map<Piece, Piece>();
  const same: readonly ((one: Piece, other: Piece) => boolean)[] = [
    (one, other) => one.label === other.label && one.base === other.base,
    (one, other) => one.label === other.label,
    (one, other) => one.base === other.base,
  ];
  for (const isSame of same) {
    for (const one of a) {
      if (partners.has(one)) continue;
      const partner = [...left].find((other) => isSame(one, other));
      if (partner === undefined) continue;
      partners.set(one, partner);
      left.delete(partner);
    }
  }
  return [
    ...a.map((one): Pair => [one, partners.get(one)]),
    ...[...left].map((other): Pair => [undefined, other]),
  ];
}

function isSameDigest(a: Piece, b: Piece, page: number, size: number): boolean {
  const at = page * size;
  for (let i = at; i < at + size; i++) {
    if (a.digests[i] !== b.digests[i]) return false;
  }
  return true;
}

/** Bytes of a content from `offset` on, zeros where nothing is loaded. */
function readContent({ segments }: MemoryContent, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const { at, source, from, length } of segments) {
    const start = Math.max(at, offset);
    const end = Math.min(at + length, offset + size);
    if (start < end) source.read(from + start - at, bytes.subarray(start - offset, end - offset));
  }
  return bytes;
}

function fileOf({ files, inputs }: LaunchPlan, source: ByteSource): string | null {
  return inputs.find(({ name }) => files.resolve(name).source === source)?.name ?? null;
}

function placeOf(plan: LaunchPlan, content: MemoryContent, at: number, value: number): BytePlace {
  const segment = content.segments.find((s) => at >= s.at && at < s.at + s.length);
  if (segment === undefined) return { file: null, offset: null, value };
  const offset = segment.from + at - segment.at;
  return { file: fileOf(plan, segment.source), offset, value };
}

function firstByteOf(
  sides: readonly [ComparedLaunch, ComparedLaunch],
  [a, b]: readonly [Piece, Piece],
  page: number,
): FirstByte {
  const start = page * GRANULE_SIZE;
  const bytesA = readContent(a.content, start, GRANULE_SIZE);
  const bytesB = readContent(b.content, start, GRANULE_SIZE);
  const into = Math.max(
    0,
    bytesA.findIndex((byte, i) => byte !== bytesB[i]),
  );
  const offset = start + into;
  return {
    ipa: hexU64(a.base + offset),
    offset,
    a: placeOf(sides[0].plan, a.content, offset, bytesA[into] ?? 0),
    b: placeOf(sides[1].plan, b.content, offset, bytesB[into] ?? 0),
  };
}

function compareBytes(
  sides: readonly [ComparedLaunch, ComparedLaunch],
  pair: readonly [Piece, Piece],
  algo: HashAlgo,
): readonly Effect[] {
  const [a, b] = pair;
  const size = DIGEST_SIZE[algo];
  const both = Math.min(a.pages, b.pages);
  let first: number | undefined;
  let pages = 0;
  for (let page = 0; page < both; page++) {
    if (isSameDigest(a, b, page, size)) continue;
    first ??= page;
    pages += 1;
  }
  if (first === undefined) return [];
  const isSmall = Math.max(a.content.size, b.content.size) <= LARGEST_TREE;
  const whole = ({ content }: Piece): Uint8Array => readContent(content, 0, content.size);
  return [
    {
      kind: "content",
      label: a.label,
      pages,
      of: both,
      first: firstByteOf(sides, pair, first),
      tree: isSmall ? compareTrees(whole(a), whole(b)) : null,
    },
  ];
}

function comparePair(
  sides: readonly [ComparedLaunch, ComparedLaunch],
  [a, b]: Pair,
  algo: HashAlgo,
): readonly Effect[] {
  if (a === undefined || b === undefined) {
    const piece = a ?? b;
    if (piece === undefined) return [];
    const { label, base, pages } = piece;
    const side = a === undefined ? "b" : "a";
    return [{ kind: "presence", side, label, base: hexU64(base), pages }];
  }
  const { label } = a;
  const effects: Effect[] = [];
  if (a.base !== b.base) {
    effects.push({ kind: "place", label, a: hexU64(a.base), b: hexU64(b.base) });
  }
  if (a.pages !== b.pages) effects.push({ kind: "extent", label, a: a.pages, b: b.pages });
  if (a.measured !== b.measured) {
    effects.push({ kind: "measured", label, a: a.measured, b: b.measured });
  }
  if (a.measured && b.measured) effects.push(...compareBytes(sides, [a, b], algo));
  return effects;
}

/** Granules that are measured alike, wherever they come in the order. */
function commonPages(a: readonly Piece[], b: readonly Piece[], algo: HashAlgo): number {
  const size = DIGEST_SIZE[algo];
  const places = new Map<number, readonly [Piece, number]>();
  for (const piece of b) {
    for (let page = 0; page < piece.pages; page++) {
      places.set(piece.base + page * GRANULE_SIZE, [piece, page]);
    }
  }
  let common = 0;
  for (const piece of a) {
    for (let page = 0; page < piece.pages; page++) {
      const [other, at = 0] = places.get(piece.base + page * GRANULE_SIZE) ?? [];
      if (other === undefined || other.measured !== piece.measured) continue;
      const mine = piece.digests.subarray(page * size, (page + 1) * size);
      const its = other.digests.subarray(at * size, (at + 1) * size);
      if (!piece.measured || mine.every((byte, i) => byte === its[i])) common += 1;
    }
  }
  return common;
}

function pageCount(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { pages }) => sum + pages, 0);
}

/**
 * What is loaded differently, and how many granules are the same.
 *
 * @param algo hashes pages on both sides, whatever hash the launches have.
 */
export function compareContents(
  a: ComparedLaunch,
  b: ComparedLaunch,
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): { readonly effects: readonly Effect[]; readonly count: DescriptorCount } {
  const piecesA = piecesOf(a, evaluator, algo);
  const piecesB = piecesOf(b, evaluator, algo);
  const effects = pairUp(piecesA, piecesB).flatMap((pair) => comparePair([a, b], pair, algo));
  const common = commonPages(piecesA, piecesB, algo);
  return { effects, count: { a: pageCount(piecesA), b: pageCount(piecesB), common } };
}
