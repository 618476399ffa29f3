/**
 * A launch in a few lines: neighbouring RMI calls that do the same to neighbouring memory are one
 * stage. Short enough to be kept, shown, and compared with an earlier launch.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { DIGEST_SIZE, type HashAlgo, type Hasher, type HashProvider } from "../hash/hasher.ts";
import { type PageRef, readDigests } from "../hash/pages.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { descriptorCount, type Measured } from "../rmm/measurement.ts";
import type { RmiCall } from "../rmm/rmi.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE } from "../units.ts";
import type { TraceEvent } from "./engine.ts";
import { vmmRequests } from "./hosts.ts";
import { shownArguments } from "./shown-call.ts";

/** What a stage does; `memory` maps granules without measuring their content. */
export type StageKind = "realm" | "ripas" | "data" | "memory" | "rec" | "activate";

/** One stage. Addresses are below 2^52, so numbers hold them. */
export interface Stage {
  readonly kind: StageKind;
  /** Name of the command that does it, `RMI_` included. */
  readonly command: string;
  /** What is loaded: "kernel", a file's name; empty where nothing is. */
  readonly label: string;
  /** Number of the first and of the last call, counted from 1; calls between them prepare it. */
  readonly firstCall: number;
  readonly lastCall: number;
  /** Descriptors that the RIM was extended with; a Realm's creation counts as one. */
  readonly measured: number;
  /** First address, and the address after the last one; absent for Realm, RECs, activation. */
  readonly base?: number;
  readonly top?: number;
  /** Lower-case hex after the last call. */
  readonly rim: string;
  /** Granules that each of `chunks` covers; the last one may cover fewer. */
  readonly chunkPages: number;
  /**
   * The first 16 hex digits of the hash of what was measured: page digests of each chunk of data,
   * else one for the whole stage. They do not depend on the stages before.
   */
  readonly chunks: readonly string[];
}

/** A range of memory that a launch loads something into. */
export interface LoadedRange {
  readonly label: string;
  readonly base: number;
  readonly top: number;
  readonly measured: boolean;
}

const isDirect = ({ host }: LaunchPlan): boolean => host.hypervisor === "direct";

/** What a launch loads where, in order. @throws CcaRimError HOST_* as the VMM's model does */
export function loadedRanges(plan: LaunchPlan): readonly LoadedRange[] {
  if (isDirect(plan)) {
    return plan.launch.flatMap((step) => {
      if (step.step !== "data") return [];
      const { data, measure: measured, content } = step;
      const label = data.kind === "file" ? data.name : `fill 0x${data.byte.toString(16)}`;
      const base = Number(step.base);
      return [{ label, base, top: base + content.size, measured }];
    });
  }
  return [...vmmRequests(plan)].flatMap((request) => {
    if (request.request !== "populate") return [];
    const { label, measure: measured } = request;
    const base = Number(request.base);
    return [{ label, base, top: base + Number(request.size), measured }];
  });
}

/** Stages have at most this many chunks. */
const MAX_CHUNKS = 32;

const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];

const COMMAND_KINDS: Readonly<Record<string, StageKind>> = {
  RMI_REALM_CREATE: "realm",
  RMI_RTT_INIT_RIPAS: "ripas",
  RMI_DATA_CREATE: "data",
  RMI_RTT_DATA_MAP_INIT: "data",
  RMI_DATA_CREATE_UNKNOWN: "memory",
  RMI_RTT_DATA_MAP: "memory",
  RMI_REC_CREATE: "rec",
  RMI_REALM_ACTIVATE: "activate",
};

function kindOf({ turn, answer }: TraceEvent): StageKind | undefined {
  // Operations of several calls are measured by the last one, whatever that is called.
  const [first] = answer.descriptors;
  if (first !== undefined) return first.kind;
  return answer.status === "RMI_SUCCESS" ? COMMAND_KINDS[turn.call.command] : undefined;
}

interface Range {
  readonly base: number;
  readonly top: number;
}

function inputRange(call: RmiCall, outTop: unknown): Range | undefined {
  if ("top" in call.input) {
    const base = Number(call.input.base);
    return { base, top: Number(outTop ?? call.input.top) };
  }
  if (!("ipa" in call.input)) return undefined;
  const base = Number(call.input.ipa);
  return { base, top: base + GRANULE_SIZE };
}

function measuredRange(descriptors: readonly Measured[]): Range | undefined {
  const [first] = descriptors;
  const last = descriptors.at(-1);
  if (first?.kind === "ripas" && last?.kind === "ripas") return { base: first.base, top: last.top };
  if (first?.kind !== "data") return undefined;
  const base = Number(first.ipa);
  return { base, top: base + first.pages * GRANULE_SIZE };
}

function rangeOf({ turn, answer }: TraceEvent): Range | undefined {
  const { outputs, descriptors } = answer;
  return measuredRange(descriptors) ?? inputRange(turn.call, outputs["out_top"] ?? outputs["top"]);
}

/** A stage that may go on. */
class OpenStage {
  readonly kind: StageKind;
  readonly command: string;
  readonly label: string;
  readonly firstCall: number;
  readonly base: number | undefined;
  top: number | undefined;
  lastCall: number;
  measured = 0;
  /** Page digests of data, one after the other. */
  readonly #pages: PageRef[] = [];
  /** What else is measured, as text. */
  readonly #texts: string[] = [];
  #measuredTexts = false;

  constructor(event: TraceEvent, kind: StageKind, label: string, firstCall: number, range?: Range) {
    this.kind = kind;
    this.command = event.turn.call.command;
    this.label = label;
    this.firstCall = firstCall;
    this.lastCall = event.n;
    this.base = range?.base;
    this.top = range?.base;
  }

  continues(command: string, kind: StageKind, label: string, range: Range | undefined): boolean {
    return (
      kind === this.kind &&
      label === this.label &&
      command === this.command &&
      kind !== "realm" &&
      range?.base === this.top
    );
  }

  add(event: TraceEvent, spec: RmmSpec, range: Range | undefined): void {
    const { answer, n, turn } = event;
    this.lastCall = n;
    this.top = range?.top;
    for (const measured of answer.descriptors) this.measured += descriptorCount(measured);
    const [first] = answer.descriptors;
    if (first?.kind === "data" && first.content !== undefined) this.#pages.push(first.content);
    else if (this.kind !== "data") this.#addText(turn.call, spec, first !== undefined);
  }

  /** Notes the arguments of a call; where some calls of a stage are measured, only those. */
  #addText(call: RmiCall, spec: RmmSpec, isMeasured: boolean): void {
    if (isMeasured && !this.#measuredTexts) this.#texts.length = 0;
    this.#measuredTexts ||= isMeasured;
    if (isMeasured !== this.#measuredTexts) return;
    // The RPV is an argument, but never measured.
    const shown = Object.entries(shownArguments(call, spec, false)).filter(
      ([key]) => key !== "rpv",
    );
    this.#texts.push(JSON.stringify(shown));
  }

  finish(rim: string, hasher: Hasher): Stage {
    const { kind, command, label, firstCall, lastCall, measured, base, top } = this;
    const chunkPages = chunkSize(this.#pages.length);
    return {
      kind,
      command,
      label,
      firstCall,
      lastCall,
      measured,
      ...(base === undefined || top === undefined ? {} : { base, top }),
      rim,
      chunkPages,
      chunks: this.#pages.length > 0 ? this.#chunks(chunkPages, hasher) : this.#whole(hasher),
    };
  }

  #whole(hasher: Hasher): readonly string[] {
    if (this.#texts.length === 0) return [];
    return [shortHash(new TextEncoder().encode(this.#texts.join("\n")), hasher)];
  }

  #chunks(chunkPages: number, hasher: Hasher): readonly string[] {
    const chunks: string[] = [];
    for (let first = 0; first < this.#pages.length; first += chunkPages) {
      const pages = this.#pages.slice(first, first + chunkPages);
      const bytes = new Uint8Array(pages.length * hasher.size);
      for (const [i, { digests, page }] of pages.entries()) {
        bytes.set(readDigests(digests, hasher, page, 1), i * hasher.size);
      }
      chunks.push(shortHash(bytes, hasher));
    }
    return chunks;
  }
}

function shortHash(bytes: Uint8Array, hasher: Hasher): string {
  return toHex(hasher.digest(bytes)).slice(0, 16);
}

/** A power of two, so that contents of about the same length have the same chunks. */
function chunkSize(pages: number): number {
  let size = 1;
  while (size * MAX_CHUNKS < pages) size *= 2;
  return size;
}

/** What a Realm hashes with, by the length of its RIM in bytes. */
function algoOfLength(size: number): HashAlgo {
  return ALGOS.find((algo) => DIGEST_SIZE[algo] === size) ?? "sha-256";
}

/** Collects the stages of a launch, call by call. */
export class StageCollector {
  readonly #spec: RmmSpec;
  readonly #hashes: HashProvider;
  readonly #ranges: readonly LoadedRange[];
  readonly #stages: Stage[] = [];
  #open: OpenStage | undefined;
  /** After the last call that belongs to the open stage. */
  #rim: Uint8Array | undefined;
  /** The range that was asked for last: the next granule is nearly always in it, too. */
  #last: LoadedRange | undefined;
  /** The first call behind the open stage. */
  #next = 1;

  /** @param ranges what the launch loads, for labels. */
  constructor(spec: RmmSpec, hashes: HashProvider, ranges: readonly LoadedRange[]) {
    this.#spec = spec;
    this.#hashes = hashes;
    this.#ranges = ranges;
  }

  /** Takes the next call. Those that were refused, or only prepare others, make no stage. */
  add(event: TraceEvent): void {
    const kind = kindOf(event);
    if (kind === undefined) return;
    const range = kind === "rec" || kind === "realm" ? undefined : rangeOf(event);
    const label = kind === "data" || kind === "memory" ? this.#labelAt(range?.base) : "";
    if (this.#open?.continues(event.turn.call.command, kind, label, range) !== true) {
      this.#close();
      this.#open = new OpenStage(event, kind, label, this.#next, range);
    }
    this.#open?.add(event, this.#spec, range);
    this.#rim = event.rim;
    this.#next = event.n + 1;
  }

  /** All stages, when all calls were added. */
  finish(): readonly Stage[] {
    this.#close();
    return this.#stages;
  }

  #labelAt(address = -1): string {
    const holds = ({ base, top }: LoadedRange): boolean => base <= address && address < top;
    if (this.#last === undefined || !holds(this.#last)) this.#last = this.#ranges.find(holds);
    return this.#last?.label ?? "";
  }

  #close(): void {
    if (this.#open === undefined) return;
    const rim = this.#rim ?? new Uint8Array(0);
    const hasher = this.#hashes(algoOfLength(rim.length));
    this.#stages.push(this.#open.finish(toHex(rim), hasher));
    this.#open = undefined;
  }
}
