/**
 * One line on standard error that says how far the hashing of page contents is.
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import type { ProgressListener } from "./command.ts";

/** Work that is done sooner shows nothing. */
const PATIENCE_MS = 500;
/** The line changes at most this often. */
const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\u001b[K";
const MIB = 1 << 20;

/** What the line needs of a terminal. */
export interface ProgressTerminal {
  readonly columns?: number;
  write(text: string): unknown;
}

/** A progress line; `update` may be called as often as the work likes. */
export interface Progress {
  readonly update: ProgressListener;
  /** Clears the line, if there is one. */
  end(): void;
}

function lineText(done: number, total: number, elapsedMs: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const speed = Math.round((done * GRANULE_SIZE) / MIB / (elapsedMs / 1000));
  return `hashing ${done}/${total} granules, ${percent} %, ${speed} MiB/s`;
}

/**
 * A progress line on a terminal.
 *
 * @param now the time in milliseconds, from any start.
 */
export function progressOn(terminal: ProgressTerminal, now: () => number): Progress {
  const start = now();
  let shownAt = start + PATIENCE_MS - INTERVAL_MS;
  let shown = false;
  return {
    update(done, total) {
      const time = now();
      if (time - shownAt < INTERVAL_MS) return;
      shownAt = time;
      shown = true;
      const text = lineText(done, total, time - start);
      terminal.write(`${CLEAR_LINE}${text.slice(0, Math.max(1, (terminal.columns ?? 80) - 1))}`);
    },
    end() {
      if (shown) terminal.write(CLEAR_LINE);
      shown = false;
    },
  };
}

/** For places where a progress line would be noise. */
export const noProgress: Progress = { update: () => undefined, end: () => undefined };
