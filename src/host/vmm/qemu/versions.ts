/**
 * Releases of QEMU: which one the version of a binary is taken to be.
 *
 * @module
 */
import { holds, type QemuFact, type Release } from "./facts.ts";

/** Releases between which the same line makes the same tree, for common lines. */
const GROUPS: readonly (readonly [first: Release, last: Release, name: string])[] = [
  [502, 601, "5.2"],
  [602, 701, "6.2"],
  [702, 702, "7.2"],
  [800, 900, "8.x-9.0"],
  [901, 1002, "9.1-10.2"],
  [1100, 1101, "11.x"],
];

/** Releases of which a binary was run against the model. */
const RUN: readonly Release[] = [502, 602, 702, 802, 901, 902, 1000, 1002, 1101];

const OLDEST: Release = 502;
const NEWEST: Release = 1101;

/** One release, as the model asks about it. */
export class QemuRelease {
  /** As it was asked for, e.g. "10.0.13". */
  readonly name: string;
  readonly release: Release;
  /** Number of the stable release on its branch. */
  readonly micro: number;
  /** Releases that make the same trees from common lines. */
  readonly group: string;
  /** What a user should know about the choice; data, printed by whoever prints. */
  readonly warnings: readonly string[];

  constructor(name: string, release: Release, micro: number, warnings: readonly string[]) {
    this.name = name;
    this.release = release;
    this.micro = micro;
    this.group = groupOf(release);
    this.warnings = warnings;
  }

  /** Whether a fact holds for this release. */
  has(fact: QemuFact): boolean {
    return holds(fact, this.release, this.micro);
  }
}

/** A release as people write it. */
export function releaseName(release: Release): string {
  return `${Math.floor(release / 100)}.${release % 100}`;
}

/** Minor releases of a major one, where it is known. */
const LAST_MINOR: Readonly<Partial<Record<number, number>>> = {
  5: 2,
  6: 2,
  7: 2,
  8: 2,
  9: 2,
  10: 2,
};

function next(release: Release): Release {
  const major = Math.floor(release / 100);
  const last = LAST_MINOR[major] ?? 2;
  return release % 100 < last ? release + 1 : (major + 1) * 100;
}

/** Micro versions from here on are the development tree, from `RC` on release candidates. */
const DEVELOPMENT = 50;
const RELEASE_CANDIDATE = 90;

function groupOf(release: Release): string {
  return GROUPS.find(([first, last]) => first <= release && release <= last)?.[2] ?? "";
}

/**
 * The release that a version of the binary is taken to be: `10.0.13` is 10.0; `9.1.91`, a release
 * candidate, is 9.2; a development version such as `9.0.50` is the release before it.
 *
 * @returns undefined for releases outside 5.2 .. 11.1, which the model does not know.
 */
export function resolveRelease(version: string): QemuRelease | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const [major = 0, minor = 0, micro = 0] = match.slice(1).map((part) => Number(part ?? "0"));
  const named = major * 100 + minor;
  const release = micro >= RELEASE_CANDIDATE ? next(named) : named;
  if (release < OLDEST || release > NEWEST || minor > (LAST_MINOR[major] ?? 1)) return undefined;
  const stable = micro < DEVELOPMENT ? micro : 0;
  return new QemuRelease(version, release, stable, warningsFor(version, release, micro));
}

function warningsFor(version: string, release: Release, micro: number): readonly string[] {
  const taken = `QEMU ${version} is taken to be ${releaseName(release)}`;
  const group = `of the releases ${groupOf(release)}`;
  if (micro >= DEVELOPMENT && micro < RELEASE_CANDIDATE) {
    return [`${taken}: a development version may already do what the next release does`];
  }
  if (RUN.includes(release)) return [];
  return [`${taken}, ${group}: its source was read, but no such binary was run`];
}

/** Releases that are modelled, for messages. */
export const MODELLED_RELEASES: string = `${releaseName(OLDEST)} to ${releaseName(NEWEST)}`;
