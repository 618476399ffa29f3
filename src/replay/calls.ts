/**
 * Transcript steps as RMI calls: fills in the defaults of the transcript format and builds the
 * structures that the recorded host had in Non-secure memory.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import type { Layout } from "../formats/layout.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { encodeRange } from "../rmm/address-range.ts";
import type { RmiCall, RmiCommandName, RmiInputs } from "../rmm/rmi.ts";
import { RTT_PAGE_LEVEL } from "../rmm/rtt.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Ipa, type Pa, type U64 } from "../units.ts";
import { pageRef, patternPage } from "./patterns.ts";
import { type TranscriptStep, transcriptU64 } from "./transcript.ts";

/** Where the recorded host kept its structures. */
const DEFAULT_REALM_PARAMS = 0x9fff_f000n as Pa;
const DEFAULT_REC_PARAMS = 0x9fff_e000n as Pa;
const DEFAULT_SOURCE = 0x9fff_d000n as Pa;

/** What turning a step into a call needs to know. */
export interface CallContext {
  readonly spec: RmmSpec;
  readonly hashes: HashProvider;
}

/** Reads arguments of one step. */
class Arguments {
  readonly #step: TranscriptStep;

  constructor(step: TranscriptStep) {
    this.#step = step;
  }

  has(name: string): boolean {
    return this.#step[name] !== undefined;
  }

  u64(name: string, fallback?: U64): U64 {
    if (fallback !== undefined && !this.has(name)) return fallback;
    return transcriptU64(this.#step[name], name);
  }

  pa(name: string, fallback?: Pa): Pa {
    return this.u64(name, fallback) as Pa;
  }

  ipa(name: string): Ipa {
    return this.u64(name) as Ipa;
  }

  /** A signed number, such as a level. */
  int(name: string): number {
    const value = this.#step[name];
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return Number(BigInt.asIntN(64, this.u64(name)));
  }

  text(name: string, fallback: string): string {
    const value = this.#step[name] ?? fallback;
    if (typeof value !== "string") throw malformed(name, value);
    return value;
  }

  list(name: string): readonly U64[] {
    const value = this.#step[name] ?? [];
    if (!Array.isArray(value)) throw malformed(name, value);
    return value.map((item: unknown) => transcriptU64(item, name));
  }

  bytes(name: string): Uint8Array {
    const text = this.text(name, "");
    const bytes = fromHex(text.startsWith("0x") ? text.slice(2) : text);
    if (bytes === undefined) throw malformed(name, text);
    return bytes;
  }
}

function malformed(name: string, value: unknown): CcaRimError {
  return new CcaRimError(
    "TRANSCRIPT_FORMAT",
    `${name} has an unexpected value: ${JSON.stringify(value)}`,
  );
}

/** Overwrites parts of a structure: `off:hexbytes,off:hexbytes`, offsets in hexadecimal. */
function patch(page: Uint8Array, raw: string): Uint8Array {
  for (const part of raw === "" ? [] : raw.split(",")) {
    const [at = "", digits = ""] = part.split(":");
    const offset = Number.parseInt(at, 16);
    const bytes = fromHex(digits);
    if (bytes === undefined || !(offset + bytes.length <= page.length)) throw malformed("raw", raw);
    page.set(bytes, offset);
  }
  return page;
}

/** The RmiRealmParams of a step, with every field of this version that the step gives. */
function realmParams(args: Arguments, { spec }: CallContext): Uint8Array {
  const layout: Layout<Record<string, { readonly offset: number; readonly size: number }>> =
    spec.realmParams as never;
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(layout.fields)) {
    if (args.has(name)) values[name] = fieldValue(args, name, field.size);
  }
  return patch(layout.encode(values as never), args.text("raw", ""));
}

function fieldValue(args: Arguments, name: string, size: number): unknown {
  if (name === "rpv") return args.bytes(name);
  if (name === "aux_rtt_base") return args.list(name);
  if (name === "aux_vmid") return args.list(name).map(Number);
  if (name === "rtt_level_start") return BigInt(args.int(name));
  if (size === 8) return args.u64(name);
  return Number(args.u64(name));
}

function recParams(args: Arguments, { spec }: CallContext): Uint8Array {
  const first = args.u64("aux", 0n as U64);
  return spec.recParams.encode({
    flags: args.u64("flags"),
    mpidr: args.u64("mpidr"),
    pc: args.u64("pc"),
    gprs: args.list("gprs"),
    num_aux: args.u64("num_aux", 16n as U64),
    aux: Array.from({ length: 16 }, (_, i) => (first + BigInt(i * GRANULE_SIZE)) as U64),
  });
}

type Builder = (args: Arguments, context: CallContext) => RmiCall;

const rd = (args: Arguments): { readonly rd: Pa } => ({ rd: args.pa("rd") });

const target = (
  args: Arguments,
): { readonly rd: Pa; readonly ipa: Ipa; readonly level: number } => ({
  ...rd(args),
  ipa: args.ipa("ipa"),
  level: args.int("level"),
});

/** Inputs of the commands that copy a page. */
function measuredData(args: Arguments, { hashes }: CallContext): RmiInputs["RMI_DATA_CREATE"] {
  const pattern = args.text("pattern", "fill:0");
  const page = patternPage(pattern);
  if (page === undefined) throw malformed("pattern", pattern);
  return {
    ...rd(args),
    data: args.pa("data"),
    ipa: args.ipa("ipa"),
    src: args.pa("src", DEFAULT_SOURCE),
    flags: args.u64("flags"),
    content: pageRef(page, hashes),
  };
}

/** The page at `ipa`, for the commands that take a range. */
const page = (args: Arguments): { readonly rd: Pa; readonly base: Ipa; readonly top: Ipa } => {
  const base = args.ipa("ipa");
  return { ...rd(args), base, top: BigInt.asUintN(64, base + BigInt(GRANULE_SIZE)) as Ipa };
};

/** The granule at `addr`, for the commands that take a range. */
const granule = (args: Arguments): { readonly base: Pa; readonly top: Pa } => {
  const base = args.pa("addr");
  return { base, top: BigInt.asUintN(64, base + BigInt(GRANULE_SIZE)) as Pa };
};

/** Flags of the commands that map and unmap: one descriptor for the output address. */
const ADDRESS_SINGLE = 1n as U64;

const BUILDERS: Readonly<Partial<Record<RmiCommandName, Builder>>> = {
  RMI_DATA_CREATE: (args, context) => ({
    command: "RMI_DATA_CREATE",
    input: measuredData(args, context),
  }),
  RMI_DATA_CREATE_UNKNOWN: (args) => ({
    command: "RMI_DATA_CREATE_UNKNOWN",
    input: { ...rd(args), data: args.pa("data"), ipa: args.ipa("ipa") },
  }),
  RMI_DATA_DESTROY: (args) => ({
    command: "RMI_DATA_DESTROY",
    input: { ...rd(args), ipa: args.ipa("ipa") },
  }),
  RMI_FEATURES: (args) => ({ command: "RMI_FEATURES", input: { index: args.u64("index") } }),
  RMI_GRANULE_DELEGATE: (args) => ({
    command: "RMI_GRANULE_DELEGATE",
    input: { addr: args.pa("addr") },
  }),
  RMI_GRANULE_RANGE_DELEGATE: (args) => ({
    command: "RMI_GRANULE_RANGE_DELEGATE",
    input: granule(args),
  }),
  RMI_GRANULE_RANGE_UNDELEGATE: (args) => ({
    command: "RMI_GRANULE_RANGE_UNDELEGATE",
    input: granule(args),
  }),
  RMI_GRANULE_UNDELEGATE: (args) => ({
    command: "RMI_GRANULE_UNDELEGATE",
    input: { addr: args.pa("addr") },
  }),
  RMI_REALM_ACTIVATE: (args) => ({ command: "RMI_REALM_ACTIVATE", input: rd(args) }),
  RMI_REALM_CREATE: (args, context) => ({
    command: "RMI_REALM_CREATE",
    input: {
      ...rd(args),
      params_ptr: args.pa("params", DEFAULT_REALM_PARAMS),
      params: realmParams(args, context),
    },
  }),
  RMI_REALM_DESTROY: (args) => ({ command: "RMI_REALM_DESTROY", input: rd(args) }),
  RMI_REALM_TERMINATE: (args) => ({ command: "RMI_REALM_TERMINATE", input: rd(args) }),
  RMI_REC_AUX_COUNT: (args) => ({ command: "RMI_REC_AUX_COUNT", input: rd(args) }),
  RMI_REC_CREATE: (args, context) => ({
    command: "RMI_REC_CREATE",
    input: {
      ...rd(args),
      rec: args.pa("rec"),
      params_ptr: args.pa("params", DEFAULT_REC_PARAMS),
      params: recParams(args, context),
    },
  }),
  RMI_REC_DESTROY: (args) => ({ command: "RMI_REC_DESTROY", input: { rec: args.pa("rec") } }),
  RMI_RTT_CREATE: (args) => ({
    command: "RMI_RTT_CREATE",
    input: { ...target(args), rtt: args.pa("rtt") },
  }),
  RMI_RTT_DATA_MAP: (args) => ({
    command: "RMI_RTT_DATA_MAP",
    input: {
      ...page(args),
      flags: ADDRESS_SINGLE,
      oaddr: encodeRange({ base: Number(args.pa("data")), count: 1, level: RTT_PAGE_LEVEL }),
    },
  }),
  RMI_RTT_DATA_MAP_INIT: (args, context) => ({
    command: "RMI_RTT_DATA_MAP_INIT",
    input: measuredData(args, context),
  }),
  RMI_RTT_DATA_UNMAP: (args) => ({
    command: "RMI_RTT_DATA_UNMAP",
    input: { ...page(args), flags: ADDRESS_SINGLE, oaddr: 0n as U64 },
  }),
  RMI_RTT_DESTROY: (args) => ({ command: "RMI_RTT_DESTROY", input: target(args) }),
  RMI_RTT_FOLD: (args) => ({ command: "RMI_RTT_FOLD", input: target(args) }),
  RMI_RTT_INIT_RIPAS: (args) => ({
    command: "RMI_RTT_INIT_RIPAS",
    input: { ...rd(args), base: args.ipa("base"), top: args.ipa("top") },
  }),
  RMI_RTT_MAP_UNPROTECTED: (args) => ({
    command: "RMI_RTT_MAP_UNPROTECTED",
    input: { ...target(args), desc: args.u64("desc") },
  }),
  RMI_RTT_READ_ENTRY: (args) => ({ command: "RMI_RTT_READ_ENTRY", input: target(args) }),
  RMI_RTT_UNMAP_UNPROTECTED: (args) => ({
    command: "RMI_RTT_UNMAP_UNPROTECTED",
    input: target(args),
  }),
  RMI_VERSION: (args) => ({ command: "RMI_VERSION", input: { req: args.u64("req") } }),
};

/**
 * The RMI call of a step.
 *
 * @throws CcaRimError TRANSCRIPT_FORMAT for a malformed argument, RMI_UNKNOWN_COMMAND for a
 * command that no modelled version has.
 */
export function callOf(step: TranscriptStep, context: CallContext): RmiCall {
  const build = BUILDERS[`RMI_${step.cmd}` as RmiCommandName];
  if (build === undefined) {
    throw new CcaRimError("RMI_UNKNOWN_COMMAND", `unknown RMI command ${step.cmd}`);
  }
  return build(new Arguments(step), context);
}
