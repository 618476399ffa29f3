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
import { ADDRESS_SINGLE, encodeRange } from "../rmm/address-range.ts";
import type { RmiCall, RmiCommandName, RmiInputs } from "../rmm/rmi.ts";
import { RTT_PAGE_LEVEL } from "../rmm/rtt.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Ipa, type Pa, type U64, u64 } from "../units.ts";
import type { CallArguments } from "./call-arguments.ts";
import { pageRef, patternPage } from "./patterns.ts";

/** Where the recorded host kept its structures. */
const DEFAULT_REALM_PARAMS = 0x9fff_f000n as Pa;
const DEFAULT_REC_PARAMS = 0x9fff_e000n as Pa;
const DEFAULT_SOURCE = 0x9fff_d000n as Pa;

/** What turning a step into a call needs to know. */
export interface CallContext {
  readonly spec: RmmSpec;
  readonly hashes: HashProvider;
}

/** Overwrites parts of a structure: `off:hexbytes,off:hexbytes`, offsets in hexadecimal. */
function patch(page: Uint8Array, args: CallArguments): Uint8Array {
  const raw = args.text("raw", "");
  for (const part of raw === "" ? [] : raw.split(",")) {
    const [at = "", digits = ""] = part.split(":");
    const offset = Number.parseInt(at, 16);
    const bytes = fromHex(digits);
    if (bytes === undefined || !(offset + bytes.length <= page.length))
      throw args.malformed("raw", raw);
    page.set(bytes, offset);
  }
  return page;
}

/** The RmiRealmParams of a step, with every field of this version that the step gives. */
function realmParams(args: CallArguments, { spec }: CallContext): Uint8Array {
  const layout: Layout<Record<string, { readonly offset: number; readonly size: number }>> =
    spec.realmParams as never;
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(layout.fields)) {
    if (args.has(name)) values[name] = fieldValue(args, name, field.size);
  }
  return patch(layout.encode(values as never), args);
}

function fieldValue(args: CallArguments, name: string, size: number): unknown {
  if (name === "rpv") return args.bytes(name);
  if (name === "aux_rtt_base") return args.list(name);
  if (name === "aux_vmid") return args.list(name).map(Number);
  if (name === "rtt_level_start") return BigInt(args.int(name));
  if (size === 8) return args.u64(name);
  return Number(args.u64(name));
}

function recParams(args: CallArguments, { spec }: CallContext): Uint8Array {
  const first = args.u64("aux", 0n as U64);
  const page = spec.recParams.encode({
    flags: args.u64("flags"),
    mpidr: args.u64("mpidr"),
    pc: args.u64("pc"),
    gprs: args.list("gprs"),
    num_aux: args.u64("num_aux", 16n as U64),
    aux: Array.from({ length: 16 }, (_, i) => (first + BigInt(i * GRANULE_SIZE)) as U64),
  });
  return patch(page, args);
}

type Builder = (args: CallArguments, context: CallContext) => RmiCall;

const rd = (args: CallArguments): { readonly rd: Pa } => ({ rd: args.pa("rd") });

const target = (
  args: CallArguments,
): { readonly rd: Pa; readonly ipa: Ipa; readonly level: number } => ({
  ...rd(args),
  ipa: args.ipa("ipa"),
  level: args.int("level"),
});

/** Inputs of the commands that copy a page. */
function measuredData(args: CallArguments, { hashes }: CallContext): RmiInputs["RMI_DATA_CREATE"] {
  const pattern = args.text("pattern", "fill:0");
  const page = patternPage(pattern);
  if (page === undefined) throw args.malformed("pattern", pattern);
  return {
    ...rd(args),
    data: args.pa("data"),
    ipa: args.ipa("ipa"),
    src: args.pa("src", DEFAULT_SOURCE),
    flags: args.u64("flags"),
    content: pageRef(page, hashes),
  };
}

/** Where the granule ends that starts at an address; addresses wrap. */
const granuleEnd = (base: U64): U64 => BigInt.asUintN(64, base + BigInt(GRANULE_SIZE)) as U64;

/** A range of IPAs; transcripts give the page at `ipa`. */
const pages = (args: CallArguments): { readonly rd: Pa; readonly base: Ipa; readonly top: Ipa } => {
  const base = args.ipa(args.has("ipa") ? "ipa" : "base");
  return { ...rd(args), base, top: args.ipa("top", granuleEnd(base) as Ipa) };
};

/** A range of granules; transcripts give the one at `addr`. */
const granules = (args: CallArguments): { readonly base: Pa; readonly top: Pa } => {
  const base = args.pa(args.has("addr") ? "addr" : "base");
  return { base, top: args.pa("top", granuleEnd(base) as Pa) };
};

/** Maps the granules from `data` on; or what `oaddr` describes. */
function dataMap(args: CallArguments): RmiInputs["RMI_RTT_DATA_MAP"] {
  const range = pages(args);
  const flags = args.u64("flags", u64(ADDRESS_SINGLE));
  if (args.has("oaddr")) return { ...range, flags, oaddr: args.u64("oaddr") };
  const count = Number(BigInt.asUintN(64, range.top - range.base) / BigInt(GRANULE_SIZE));
  const data = Number(args.pa("data"));
  return { ...range, flags, oaddr: encodeRange({ base: data, count, level: RTT_PAGE_LEVEL }) };
}

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
    input: granules(args),
  }),
  RMI_GRANULE_RANGE_UNDELEGATE: (args) => ({
    command: "RMI_GRANULE_RANGE_UNDELEGATE",
    input: granules(args),
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
    input: dataMap(args),
  }),
  RMI_RTT_DATA_MAP_INIT: (args, context) => ({
    command: "RMI_RTT_DATA_MAP_INIT",
    input: measuredData(args, context),
  }),
  RMI_RTT_DATA_UNMAP: (args) => ({
    command: "RMI_RTT_DATA_UNMAP",
    input: {
      ...pages(args),
      flags: args.u64("flags", u64(ADDRESS_SINGLE)),
      oaddr: args.u64("oaddr", 0n as U64),
    },
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
 * The RMI call of a command with named arguments.
 *
 * @param command its name, `RMI_` included.
 * @throws CcaRimError as `args` makes it for an argument that is missing or malformed,
 * RMI_UNKNOWN_COMMAND for a command that no modelled version has.
 */
export function callOf(command: string, args: CallArguments, context: CallContext): RmiCall {
  const build = Object.hasOwn(BUILDERS, command) ? BUILDERS[command as RmiCommandName] : undefined;
  if (build === undefined) {
    throw new CcaRimError("RMI_UNKNOWN_COMMAND", `there is no RMI command ${command}`);
  }
  return build(args, context);
}
