/**
 * The `launch` and `rem` lists of a manifest, resolved step by step.
 *
 * With hypervisor "direct" the steps go to the RMM as they are, so what it would refuse in any
 * case is told here, with the line. With a linux-kvm hypervisor they are requests of a VMM, and
 * what KVM thinks of them is for its model to say.
 *
 * @module
 */
import { fillSource, granulesOf } from "../hash/content.ts";
import { GRANULE_SIZE, hexU64, type Ipa, ipa, isGranuleAligned, type U64, u64 } from "../units.ts";
import type { Blame } from "./blame.ts";
import { readablePath } from "./explain.ts";
import type { LaunchEntry, RemEntry } from "./manifest.ts";
import type { Assumption, DataSource, FileLookup, LaunchStep, RemStep } from "./plan.ts";
import { checkOverlaps, DATA_CREATE, INIT_RIPAS, refusal, span } from "./ranges.ts";
import { readBytes, readU64 } from "./values.ts";

/** What the steps need to know about the rest of the manifest. */
export interface LaunchContext {
  readonly blame: Blame;
  readonly files: FileLookup;
  /** Whether the steps go to the RMM as they are. */
  readonly direct: boolean;
  /** Width of the IPA space in bits, if known. */
  readonly s2sz: number | undefined;
  /** Collects what nobody gave. */
  readonly assumed: Assumption[];
}

/** A fill longer than this is a mistake: its granules would take hours to measure. */
const MAX_FILL = 2n ** 36n;
const REGISTERS = 8;
const MAX_EXTEND = 64;
const U64_TOP = 1n << 64n;

/** First address of the unprotected half of the IPA space; undefined if s2sz says nothing useful. */
function protectedTop(s2sz: number | undefined): bigint | undefined {
  return s2sz === undefined || s2sz < 1 || s2sz > 64 ? undefined : 1n << BigInt(s2sz - 1);
}

class Steps {
  readonly #context: LaunchContext;

  constructor(context: LaunchContext) {
    this.#context = context;
  }

  read(entry: LaunchEntry, pointer: string): LaunchStep {
    if (entry.ripas !== undefined) return this.#ripas(entry.ripas, pointer);
    if (entry.data !== undefined) return this.#data(entry.data, pointer);
    if (entry.rec !== undefined) return this.#rec(entry.rec, pointer);
    if (entry.memslot !== undefined) return this.#memslot(entry.memslot, pointer);
    if (entry.rmi !== undefined) return this.#rmi(entry.rmi, pointer);
    return { step: "activate", pointer };
  }

  #u64(text: string, pointer: string): U64 {
    return readU64(text, pointer, this.#context.blame);
  }

  /** Takes a default and notes that it did. */
  #default<T>(value: T | undefined, fallback: T, pointer: string): T {
    if (value !== undefined) return value;
    const field = readablePath(pointer);
    this.#context.assumed.push({ field, value: fallback, origin: "default" });
    return fallback;
  }

  #ripas({ base, top }: NonNullable<LaunchEntry["ripas"]>, pointer: string): LaunchStep {
    const at = `${pointer}/ripas`;
    const step = {
      step: "ripas",
      pointer,
      base: ipa(this.#u64(base, `${at}/base`)),
      top: ipa(this.#u64(top, `${at}/top`)),
    } as const;
    this.#checkRipas(step.base, step.top, at);
    return step;
  }

  #checkRipas(base: Ipa, top: Ipa, at: string): void {
    const { blame, direct } = this.#context;
    if (top <= base) {
      const range = top === base ? "is empty" : "ends before it starts";
      throw blame("MANIFEST_VALUE", `${at}/top`, `the range ${span(base, top)} ${range}`, {
        hint: `top is the address after the last byte; ${refusal(INIT_RIPAS, "size_valid")}`,
      });
    }
    if (!direct) return;
    this.#checkAligned(base, `${at}/base`, INIT_RIPAS, "base_align");
    this.#checkAligned(top, `${at}/top`, INIT_RIPAS, "top_gran_align");
    this.#checkProtected(base, top, `${at}/top`, INIT_RIPAS, "top_bound");
  }

  #checkAligned(address: Ipa, at: string, command: string, condition: string): void {
    if (isGranuleAligned(address)) return;
    const down = address - (address % BigInt(GRANULE_SIZE));
    const { blame } = this.#context;
    const message = `${readablePath(at)} ${hexU64(address)} is no multiple of 0x1000 (a granule)`;
    throw blame("MANIFEST_VALUE", at, message, {
      hint: `${hexU64(down)} or ${hexU64(down + 0x1000n)}? ${refusal(command, condition)}`,
    });
  }

  #checkProtected(base: bigint, top: bigint, at: string, command: string, id: string): void {
    const { blame, s2sz } = this.#context;
    const limit = protectedTop(s2sz);
    if (limit === undefined || top <= limit) return;
    const message =
      `${span(base, top)} is not within the protected half of the IPA space, ` +
      `which ends at ${hexU64(limit)} (realm.s2sz ${s2sz})`;
    throw blame("MANIFEST_VALUE", at, message, {
      hint: `a larger s2sz makes room; ${refusal(command, id)}`,
    });
  }

  #data(entry: NonNullable<LaunchEntry["data"]>, pointer: string): LaunchStep {
    const at = `${pointer}/data`;
    const data = this.#dataSource(entry, at);
    const start = ipa(this.#u64(entry.ipa, `${at}/ipa`));
    const lead = start % BigInt(GRANULE_SIZE);
    const source = data.kind === "file" ? data.source : fillSource(data.byte, Number(data.size));
    const content = granulesOf(source, Number(lead));
    if (source.size === 0) {
      throw this.#context.blame("MANIFEST_VALUE", at, `${readablePath(at)} loads no byte`, {
        hint: data.kind === "file" ? `the file "${data.name}" is empty` : "size must not be 0",
        part: "key",
      });
    }
    const base = ipa(start - lead);
    this.#checkData(base, base + BigInt(content.size), `${at}/ipa`);
    const measure = this.#default(entry.measure, true, `${at}/measure`);
    return { step: "data", pointer, data, ipa: start, base, content, measure };
  }

  #dataSource(entry: NonNullable<LaunchEntry["data"]>, at: string): DataSource {
    const { blame, files } = this.#context;
    if (entry.file !== undefined) {
      const { source } = files.resolve(entry.file, `${at}/file`);
      return { kind: "file", name: entry.file, source };
    }
    const byte = this.#u64(entry.fill ?? "0", `${at}/fill`);
    const size = this.#u64(entry.size ?? "0", `${at}/size`);
    if (byte > 255n) {
      throw blame("MANIFEST_VALUE", `${at}/fill`, `${hexU64(byte)} is no byte`, {
        hint: 'fill takes one byte, "0x00" to "0xff"',
      });
    }
    if (size > MAX_FILL) {
      throw blame("MANIFEST_VALUE", `${at}/size`, `a fill of ${hexU64(size)} bytes is too long`, {
        hint: `at most ${hexU64(MAX_FILL)} bytes`,
      });
    }
    return { kind: "fill", byte: Number(byte), size };
  }

  #checkData(base: Ipa, top: bigint, at: string): void {
    if (top > U64_TOP) {
      throw this.#context.blame("MANIFEST_VALUE", at, "the data ends above 2^64", {
        hint: refusal(DATA_CREATE, "ipa_bound"),
      });
    }
    if (this.#context.direct) this.#checkProtected(base, top, at, DATA_CREATE, "ipa_bound");
  }

  #rec(entry: NonNullable<LaunchEntry["rec"]>, pointer: string): LaunchStep {
    const at = `${pointer}/rec`;
    const gprs = (entry.gprs ?? []).map((text, i) => this.#u64(text, `${at}/gprs/${i}`));
    while (gprs.length < REGISTERS) gprs.push(u64(0));
    const mpidr = this.#u64(entry.mpidr, `${at}/mpidr`);
    const pc = this.#u64(entry.pc ?? "0", `${at}/pc`);
    // KVM decides by itself: that is no guess.
    const runnable = this.#context.direct
      ? this.#default(entry.runnable, false, `${at}/runnable`)
      : (entry.runnable ?? mpidr === 0n);
    return { step: "rec", pointer, mpidr, pc, gprs, runnable };
  }

  #memslot(entry: NonNullable<LaunchEntry["memslot"]>, pointer: string): LaunchStep {
    const at = `${pointer}/memslot`;
    const { blame, direct } = this.#context;
    if (direct) {
      throw blame("MANIFEST_VALUE", at, 'a memslot means nothing to hypervisor "direct"', {
        hint: "remove it, or name a linux-kvm hypervisor",
        part: "key",
      });
    }
    const base = ipa(this.#u64(entry.base, `${at}/base`));
    const size = this.#u64(entry.size, `${at}/size`);
    return {
      step: "memslot",
      pointer,
      id: entry.id,
      base,
      size,
      guestMemfd: entry.guestMemfd ?? true,
    };
  }

  #rmi(entry: NonNullable<LaunchEntry["rmi"]>, pointer: string): LaunchStep {
    const { blame, direct } = this.#context;
    if (!direct) {
      throw blame("MANIFEST_VALUE", `${pointer}/rmi`, "KVM offers no request for an RMI call", {
        hint: 'rmi steps need hypervisor "direct"',
        part: "key",
      });
    }
    return { step: "rmi", pointer, command: entry.command, args: entry.args ?? {} };
  }
}

/**
 * Resolves `launch`.
 *
 * @throws CcaRimError MANIFEST_VALUE, MANIFEST_OVERLAP, FILE_*
 */
export function resolveLaunch(
  entries: readonly LaunchEntry[],
  context: LaunchContext,
): readonly LaunchStep[] {
  const reader = new Steps(context);
  const steps = entries.map((entry, i) => reader.read(entry, `/launch/${i}`));
  if (context.direct) checkOverlaps(steps, context.blame);
  return steps;
}

/**
 * Resolves `rem`.
 *
 * @throws CcaRimError MANIFEST_VALUE, FILE_*
 */
export function resolveRem(
  entries: readonly RemEntry[],
  files: FileLookup,
  blame: Blame,
): readonly RemStep[] {
  return entries.map((entry, i): RemStep => {
    const pointer = `/rem/${i}`;
    if (entry.eventLog !== undefined) {
      const { file } = entry.eventLog;
      const { source } = files.resolve(file, `${pointer}/eventLog/file`);
      return { step: "eventLog", pointer, file, source };
    }
    const { register = 0, data = "hex:" } = entry.extend ?? {};
    const bytes = readBytes(data, MAX_EXTEND, `${pointer}/extend/data`, blame);
    return { step: "extend", pointer, register, data: bytes };
  });
}
