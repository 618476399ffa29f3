/**
 * The text of a lock file: YAML of the simplest kind, one value a line, sorted, so that people can
 * read it and version control can merge it. It is read strictly: what this program would not have
 * written (a leftover of a merge, a key that is there twice) is an error, never a guess.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import {
  isObject,
  type Json,
  type Lock,
  type LockedInput,
  type LockedLaunch,
  type LockedStage,
} from "./lock.ts";

const HEAD = `# Measurements that were accepted, one block a launch. Written by cca-rim gate -u; to accept
# a change, run that again. Only the patterns under "manifests" are meant to be edited.
`;

/** JSON on one line with sorted keys. */
function json(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}: ${json(item)}`).join(", ")}}`;
}

function sorted<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function stageLine({ kind, label, base, top, calls, measured, chunkPages, chunks }: LockedStage) {
  return `      - ${json([kind, label, base, top, calls, measured, chunkPages, chunks])}\n`;
}

/** Values that most launches leave at zero: they are written where they are not. */
const ZERO_LEFT_OUT: ReadonlySet<string> = new Set(["rem0", "rem1", "rem2", "rem3", "rpv"]);

function isZero(value: string): boolean {
  return /^0+$/.test(value);
}

function launchText(name: string, launch: LockedLaunch): string {
  const { inputs, settings, stages, rem, ...values } = launch;
  const scalars = { ...values, ...Object.fromEntries(rem.map((value, i) => [`rem${i}`, value])) };
  const told = Object.fromEntries(
    Object.entries(scalars).filter(([key, value]) => !(ZERO_LEFT_OUT.has(key) && isZero(value))),
  );
  return [
    `  ${JSON.stringify(name)}:\n`,
    ...sorted(told).map(([key, value]) => `    ${key}: ${json(value)}\n`),
    "    inputs:\n",
    ...sorted(inputs).map(
      ([key, { sha256, size }]) => `      ${json(key)}: ${json({ sha256, size })}\n`,
    ),
    "    settings:\n",
    ...sorted(settings).map(([key, value]) => `      ${json(key)}: ${json(value)}\n`),
    "    stages:\n",
    ...stages.map(stageLine),
  ].join("");
}

/** Writes a lock. */
export function lockText({ tool, manifests, launches }: Lock): string {
  return [
    HEAD,
    "lock: 1\n",
    `tool: ${json(tool)}\n`,
    "manifests:\n",
    ...manifests.map((pattern) => `  - ${json(pattern)}\n`),
    "launches:\n",
    ...sorted(launches).map(([name, launch]) => launchText(name, launch)),
  ].join("");
}

/** A line that was read. */
interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** 0 .. 3: how deep it stands. */
  readonly depth: number;
  /** Absent for entries of lists. */
  readonly key?: string;
  /** Absent for a key with a block below it. */
  readonly value?: Json;
}

const LINE = /^( *)(?:- |("(?:[^"\\]|\\.)*"|[a-zA-Z0-9]+):(?: |$))(.*)$/;

/** Reads the lines of a lock, and keeps the number of the line at hand for errors. */
class LockReader {
  readonly #file: string;
  readonly #lines: readonly Line[];
  #at = 0;
  /** Lines of the launches, by name. */
  readonly lines = new Map<string, number>();

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = text
      .split(/\r?\n/)
      .map((line, i) => ({ line, number: i + 1 }))
      .filter(({ line }) => line !== "" && !line.startsWith("#"))
      .map(({ line, number }) => this.#line(line, number));
  }

  fail(message: string, number = this.#lines[this.#at]?.number ?? 1): CcaRimError {
    return new CcaRimError("GATE_LOCK", message, {
      where: { file: this.#file, line: number },
      hint: "if the file is a leftover of a merge, take one side and run cca-rim gate -u",
    });
  }

  #json(text: string, number: number): Json {
    try {
      return JSON.parse(text) as Json;
    } catch {
      throw this.fail("this is no line of a lock file", number);
    }
  }

  /** A key in quotes. */
  #name(text: string, number: number): string {
    const name = this.#json(text, number);
    if (typeof name === "string") return name;
    throw this.fail("this is no line of a lock file", number);
  }

  #line(line: string, number: number): Line {
    const [, indent, key, rest = ""] = LINE.exec(line) ?? [];
    if (indent === undefined || indent.length % 2 !== 0) {
      throw this.fail("this is no line of a lock file", number);
    }
    return {
      number,
      depth: indent.length / 2,
      ...(key === undefined ? {} : { key: key.startsWith('"') ? this.#name(key, number) : key }),
      ...(rest === "" ? {} : { value: this.#json(rest, number) }),
    };
  }

  get done(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** The next line if it stands at that depth. */
  next(depth: number): Line | undefined {
    const line = this.#lines[this.#at];
    if (line?.depth !== depth) return undefined;
    this.#at += 1;
    return line;
  }

  /** The entries of a mapping at that depth. */
  mapping<T>(depth: number, read: (line: Line) => T): Record<string, T> {
    const entries: Record<string, T> = Object.create(null);
    for (let line = this.next(depth); line !== undefined; line = this.next(depth)) {
      const { key, number } = line;
      if (key === undefined) throw this.fail("a key is missing here", number);
      if (Object.hasOwn(entries, key))
        throw this.fail(`${JSON.stringify(key)} is there twice`, number);
      entries[key] = read(line);
    }
    return entries;
  }

  list<T>(depth: number, read: (line: Line) => T): T[] {
    const items: T[] = [];
    for (let line = this.next(depth); line !== undefined; line = this.next(depth)) {
      if (line.key !== undefined)
        throw this.fail("an entry of a list is missing here", line.number);
      items.push(read(line));
    }
    return items;
  }

  text({ value, number, key }: Line): string {
    if (typeof value === "string") return value;
    throw this.fail(`${key ?? "this"} must be a text`, number);
  }

  value({ value, number }: Line): Json {
    if (value !== undefined) return value;
    throw this.fail("a value is missing here", number);
  }
}

function readInput(reader: LockReader, line: Line): LockedInput {
  const { value } = line;
  if (isObject(value)) {
    const { sha256, size } = value;
    if (typeof sha256 === "string" && typeof size === "number") return { sha256, size };
  }
  throw reader.fail("an input needs sha256 and size", line.number);
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPair(value: Json | undefined): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((n) => typeof n === "number");
}

function readStage(reader: LockReader, line: Line): LockedStage {
  const { value } = line;
  if (Array.isArray(value) && value.length === 8) {
    const [kind, label, base, top, calls, measured, chunkPages, chunks] = value as readonly Json[];
    if (
      typeof kind === "string" &&
      typeof label === "string" &&
      typeof base === "string" &&
      typeof top === "string" &&
      typeof measured === "number" &&
      typeof chunkPages === "number" &&
      isPair(calls) &&
      isTexts(chunks)
    ) {
      return { kind, label, base, top, calls, measured, chunkPages, chunks };
    }
  }
  throw reader.fail("this is no stage of a launch", line.number);
}

const TEXTS = ["rmm", "vmm", "hypervisor", "hashAlgo", "rim", "rpv", "trace"] as const;
const REMS = ["rem0", "rem1", "rem2", "rem3"] as const;

/** What stands in a block of a launch, by key. */
type Block = Record<string, Json | LockedLaunch["inputs"] | LockedLaunch["stages"]>;

function readBlock(reader: LockReader): Block {
  return reader.mapping(2, (line): Block[string] => {
    switch (line.key) {
      case "inputs":
        return reader.mapping(3, (entry) => readInput(reader, entry));
      case "settings":
        return reader.mapping(3, (entry) => reader.value(entry));
      case "stages":
        return reader.list(3, (entry) => readStage(reader, entry));
      default:
        return reader.text(line);
    }
  });
}

function readLaunch(reader: LockReader, { key = "", number }: Line): LockedLaunch {
  reader.lines.set(key, number);
  const block = readBlock(reader);
  const wanted = [...TEXTS, ...REMS, "inputs", "settings", "stages"];
  const missing = wanted.find((name) => !Object.hasOwn(block, name) && !ZERO_LEFT_OUT.has(name));
  if (missing !== undefined) throw reader.fail(`this launch lacks ${missing}`, number);
  const extra = Object.keys(block).find((name) => !wanted.includes(name));
  if (extra !== undefined) throw reader.fail(`unknown key ${JSON.stringify(extra)}`, number);
  const { rem0, rem1, rem2, rem3, rpv = "00".repeat(64), ...rest } = block;
  // A REM is as long as the RIM.
  const { rim } = rest;
  const zero = "0".repeat(typeof rim === "string" ? rim.length : 0);
  const rem = [rem0, rem1, rem2, rem3].map((value) => value ?? zero);
  // Every other key is there, and was read by the reader of its kind.
  return { ...rest, rpv, rem } as unknown as LockedLaunch;
}

/** A lock file that was read. */
export interface ReadLock {
  readonly lock: Lock;
  /** Line of a launch's name, counted from 1. */
  readonly lineOf: (launch: string) => number | undefined;
}

/**
 * Reads the text of a lock.
 *
 * @param file what errors call it.
 * @throws CcaRimError GATE_LOCK with the line that is wrong
 */
export function readLock(text: string, file: string): ReadLock {
  const reader = new LockReader(text, file);
  const top = reader.mapping(0, (line): unknown => {
    switch (line.key) {
      case "lock":
      case "tool":
        return reader.value(line);
      case "manifests":
        return reader.list(1, (entry) => reader.text(entry));
      case "launches":
        return reader.mapping(1, (entry) => readLaunch(reader, entry));
      default:
        throw reader.fail(`unknown key ${JSON.stringify(line.key)}`, line.number);
    }
  });
  if (!reader.done) throw reader.fail("this line stands too deep");
  const { lock: version, tool, manifests, launches } = top;
  if (version !== 1) throw reader.fail("this is no lock of version 1", 1);
  if (typeof tool !== "string" || manifests === undefined || launches === undefined) {
    throw reader.fail("the lock is not complete", 1);
  }
  return {
    lock: { tool, manifests, launches } as Lock,
    lineOf: (launch) => reader.lines.get(launch),
  };
}
