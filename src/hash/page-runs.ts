/**
 * Contents as runs: stretches of granules that hold bytes of sources, with all-zero granules between
 * them. A run is what is hashed, remembered, and shared between threads.
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import type { MemoryContent, Segment } from "./source.ts";

/** Granules that hold bytes: from the granule of the first byte to the granule of the last one. */
export interface PageRun {
  /** Same key, same bytes. */
  readonly key: string;
  /** First granule, counted from the start of the content. */
  readonly first: number;
  readonly pages: number;
  /** `at` counts from the start of the run. */
  readonly segments: readonly Segment[];
}

function runOf(segments: readonly Segment[], first: number, end: number): PageRun {
  const base = first * GRANULE_SIZE;
  const moved = segments.map((segment) => ({ ...segment, at: segment.at - base }));
  const key = moved.map((s) => `${s.at}+${s.length}@${s.from} ${s.source.identity}`).join("\n");
  return { key, first, pages: end - first, segments: moved };
}

/** Cuts a content into its runs, ascending. Segments that share a granule share a run. */
export function pageRuns(content: MemoryContent): readonly PageRun[] {
  const runs: PageRun[] = [];
  let group: Segment[] = [];
  let first = 0;
  let end = 0;
  for (const segment of content.segments) {
    if (segment.length === 0) continue;
    const start = Math.floor(segment.at / GRANULE_SIZE);
    if (group.length > 0 && start >= end) {
      runs.push(runOf(group, first, end));
      group = [];
    }
    if (group.length === 0) first = start;
    group.push(segment);
    end = Math.ceil((segment.at + segment.length) / GRANULE_SIZE);
  }
  if (group.length > 0) runs.push(runOf(group, first, end));
  return runs;
}

/**
 * Fills `target` with the bytes of a run from `from` on, zeros where no segment is.
 *
 * @param from counts bytes from the start of the run.
 */
export function readRun(run: PageRun, from: number, target: Uint8Array): void {
  const to = from + target.length;
  let filled = from;
  for (const segment of run.segments) {
    const start = Math.max(from, segment.at);
    const end = Math.min(to, segment.at + segment.length);
    if (start >= end) continue;
    target.fill(0, filled - from, start - from);
    const part = target.subarray(start - from, end - from);
    segment.source.read(segment.from + (start - segment.at), part);
    filled = end;
  }
  target.fill(0, filled - from);
}
