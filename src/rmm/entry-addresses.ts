/**
 * The addresses in the entries of a translation table.
 *
 * A launch fills most tables with a few runs of neighbours: those are kept as runs, and an array is
 * made only for a table that has many. It is most of the memory that a model of a large Realm needs.
 *
 * @module
 */

/** More runs than this are kept as an array. */
const MOST_RUNS = 4;

/** Entries `first` .. `end - 1` hold `address`, `address + step`, ... */
interface Run {
  readonly first: number;
  end: number;
  readonly address: number;
  /** Not known before there is a second entry. */
  step: number | undefined;
}

/** As many addresses as a table has entries, 0 at first. Numbers below 2^53. */
export class EntryAddresses {
  readonly #entries: number;
  /** Where runs overlap, the later one counts. */
  #runs: Run[] = [];
  #array: Float64Array | undefined;

  constructor(entries: number) {
    this.#entries = entries;
  }

  /** The address in an entry. */
  at(index: number): number {
    if (this.#array !== undefined) return this.#array[index] ?? 0;
    const run = this.#runs.findLast(({ first, end }) => first <= index && index < end);
    return run === undefined ? 0 : run.address + (index - run.first) * (run.step ?? 0);
  }

  /** Changes `count` entries from `first` on; each address is `step` bytes after the one before. */
  fill(first: number, count: number, address: number, step: number): void {
    if (count === 0) return;
    if (count === this.#entries) {
      this.#runs = [];
      this.#array = undefined;
    }
    if (this.#array === undefined && this.#runs.length >= MOST_RUNS) this.#makeArray();
    if (this.#array !== undefined) {
      for (let i = 0; i < count; i++) this.#array[first + i] = address + i * step;
      return;
    }
    const end = first + count;
    if (this.#grow(first, end, address, step)) return;
    const isZero = address === 0 && (step === 0 || count === 1);
    const isUntouched = this.#runs.every((run) => run.end <= first || end <= run.first);
    if (isZero && isUntouched) return;
    this.#runs.push({ first, end, address, step: count === 1 ? undefined : step });
  }

  /** Makes the last run longer if the new entries go on from it. */
  #grow(first: number, end: number, address: number, step: number): boolean {
    const last = this.#runs.at(-1);
    if (last === undefined || last.end !== first) return false;
    const stride = last.step ?? address - last.address;
    if (address !== last.address + (first - last.first) * stride) return false;
    if (end - first > 1 && step !== stride) return false;
    last.step = stride;
    last.end = end;
    return true;
  }

  #makeArray(): void {
    this.#array = Float64Array.from({ length: this.#entries }, (_, index) => this.at(index));
    this.#runs = [];
  }
}
