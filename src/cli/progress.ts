/**
 * One line on standard error that says how far the hashing of page contents is, or a search.
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
  /** The same for a search. */
  readonly search: ProgressListener;
  /** Clears the line, if there is one. */
  end(): void;
}

/** A terminal that nobody told its size has 0 columns. */
function widthOf({ columns }: ProgressTerminal): number {
  return columns === undefined || columns === 0 ? 80 : columns;
}

/** A moment of the work. */
interface Mark {
  readonly done: number;
  readonly ms: number;
}

function lineText(total: number, first: Mark, { done, ms }: Mark): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const bytes = (done - first.done) * GRANULE_SIZE;
  const speed = ms === first.ms ? 0 : Math.round(bytes / MIB / ((ms - first.ms) / 1000));
  return `hashing ${done}/${total} granules, ${percent} %, ${speed} MiB/s`;
}

function searchText(total: number, first: Mark, { done, ms }: Mark): string {
  const minutes = (ms - first.ms) / 60_000;
  const speed = minutes === 0 ? 0 : Math.round((done - first.done) / minutes);
  return `trying ${done}/${total} launches, ${speed} a minute`;
}

/**
 * A progress line on a terminal.
 *
 * @param now the time in milliseconds, from any start.
 */
export function progressOn(terminal: ProgressTerminal, now: () => number): Progress {
  let shownAt = now() + PATIENCE_MS - INTERVAL_MS;
  let shown = false;
  // The speed is that of the hashing: what came before it does not count.
  let first: Mark | undefined;
  let kind = lineText;
  const show = (textOf: typeof lineText, done: number, total: number): void => {
    const ms = now();
    if (kind !== textOf) first = undefined;
    kind = textOf;
    first ??= { done, ms };
    if (ms - shownAt < INTERVAL_MS) return;
    shownAt = ms;
    shown = true;
    const text = textOf(total, first, { done, ms });
    terminal.write(`${CLEAR_LINE}${text.slice(0, widthOf(terminal) - 1)}`);
  };
  return {
    update: (done, total) => {
      show(lineText, done, total);
    },
    search: (done, total) => {
      show(searchText, done, total);
    },
    end() {
      if (shown) terminal.write(CLEAR_LINE);
      shown = false;
    },
  };
}

/** For places where a progress line would be noise. */
export const noProgress: Progress = {
  update: () => undefined,
  search: () => undefined,
  end: () => undefined,
};
