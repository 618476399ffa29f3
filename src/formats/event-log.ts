/**
 * TCG event logs in the crypto-agile form, and the CCEL logs of confidential computing, which
 * have the same layout but count registers differently.
 *
 * @see TCG PC Client Platform Firmware Profile 1.06, 10.2; UEFI 2.11, 38.3
 * @module
 */
import { viewOf } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import type { HashAlgo } from "../hash/hasher.ts";

/** What the first field of a record counts: PCRs of a TPM, or measurement registers. */
export type LogIndexing = "PCR" | "measurement register";

/** One digest of a record. */
export interface LogDigest {
  /** TPM_ALG_ID. */
  readonly algorithm: number;
  readonly value: Uint8Array;
}

/** One record. */
export interface LogRecord {
  /** Offset of its first byte. */
  readonly offset: number;
  /** As it stands there. */
  readonly index: number;
  readonly type: number;
  readonly digests: readonly LogDigest[];
  readonly data: Uint8Array;
}

/** A log. */
export interface EventLog {
  /** Algorithms that the header announces: TPM_ALG_ID and digest length. */
  readonly algorithms: readonly { readonly id: number; readonly size: number }[];
  readonly indexing: LogIndexing;
  readonly records: readonly LogRecord[];
  /** Offset behind the last record. */
  readonly end: number;
}

/** TPM_ALG_ID of each Realm hash. */
export const LOG_ALGORITHM: Readonly<Record<HashAlgo, number>> = {
  "sha-256": 0x0b,
  "sha-384": 0x0c,
  "sha-512": 0x0d,
};

/** Names of event types. */
const EVENT_NAMES: Readonly<Record<number, string>> = {
  0: "EV_PREBOOT_CERT",
  1: "EV_POST_CODE",
  3: "EV_NO_ACTION",
  4: "EV_SEPARATOR",
  5: "EV_ACTION",
  6: "EV_EVENT_TAG",
  7: "EV_S_CRTM_CONTENTS",
  8: "EV_S_CRTM_VERSION",
  9: "EV_CPU_MICROCODE",
  10: "EV_PLATFORM_CONFIG_FLAGS",
  11: "EV_TABLE_OF_DEVICES",
  12: "EV_COMPACT_HASH",
  13: "EV_IPL",
  14: "EV_IPL_PARTITION_DATA",
  15: "EV_NONHOST_CODE",
  16: "EV_NONHOST_CONFIG",
  17: "EV_NONHOST_INFO",
  18: "EV_OMIT_BOOT_DEVICE_EVENTS",
  19: "EV_POST_CODE2",
  2147483649: "EV_EFI_VARIABLE_DRIVER_CONFIG",
  2147483650: "EV_EFI_VARIABLE_BOOT",
  2147483651: "EV_EFI_BOOT_SERVICES_APPLICATION",
  2147483652: "EV_EFI_BOOT_SERVICES_DRIVER",
  2147483653: "EV_EFI_RUNTIME_SERVICES_DRIVER",
  2147483654: "EV_EFI_GPT_EVENT",
  2147483655: "EV_EFI_ACTION",
  2147483656: "EV_EFI_PLATFORM_FIRMWARE_BLOB",
  2147483657: "EV_EFI_HANDOFF_TABLES",
  2147483658: "EV_EFI_PLATFORM_FIRMWARE_BLOB2",
  2147483659: "EV_EFI_HANDOFF_TABLES2",
  2147483660: "EV_EFI_VARIABLE_BOOT2",
  2147483872: "EV_EFI_VARIABLE_AUTHORITY",
};

/** Records of this type are not measured. */
const EV_NO_ACTION = 3;

/** The name of an event type; its number in hex if it has none. */
export function eventName(type: number): string {
  return EVENT_NAMES[type] ?? `0x${type.toString(16)}`;
}

const SIGNATURE = "Spec ID Event03\0";
const SHA1_SIZE = 20;
/** More algorithms than this are no header of a log. */
const MAX_ALGORITHMS = 32;
/** What CCEL areas are filled with before anything is logged. */
const ERASED = 0xffffffff;
/** The largest register index: the RSI knows 0 (RIM) to 4 (REM3). */
const LAST_REGISTER = 4;

function logError(problem: string, offset: number): CcaRimError {
  return new CcaRimError("EVENTLOG_FORMAT", `the event log: ${problem}`, { where: { offset } });
}

/** Reads little-endian fields one after the other, never past the end. */
class LogReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  bytes(size: number, what: string): Uint8Array {
    if (size > this.left) {
      throw logError(`${what} of ${size} bytes, but only ${this.left} are left`, this.at);
    }
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  u8(what: string): number {
    this.bytes(1, what);
    return this.#view.getUint8(this.at - 1);
  }

  u16(what: string): number {
    this.bytes(2, what);
    return this.#view.getUint16(this.at - 2, true);
  }

  u32(what: string): number {
    this.bytes(4, what);
    return this.#view.getUint32(this.at - 4, true);
  }

  /** Whether all that is left has one value. */
  isFilled(value: number): boolean {
    return this.#bytes.subarray(this.at).every((byte) => byte === value);
  }

  /** The next u32 without taking it; undefined at the end. */
  peek(): number | undefined {
    return this.left >= 4 ? this.#view.getUint32(this.at, true) : undefined;
  }
}

function readHeader(reader: LogReader): EventLog["algorithms"] {
  reader.u32("register of the header");
  const type = reader.u32("type of the header");
  reader.bytes(SHA1_SIZE, "digest of the header");
  const size = reader.u32("length of the header");
  const start = reader.at;
  const signature = String.fromCharCode(...reader.bytes(Math.min(size, 16), "signature"));
  if (type !== EV_NO_ACTION || signature !== SIGNATURE) {
    throw logError('it does not begin with a "Spec ID Event03" record', 0);
  }
  reader.bytes(8, "platform class and version");
  const count = reader.u32("number of algorithms");
  if (count === 0 || count > MAX_ALGORITHMS) throw logError(`${count} algorithms`, reader.at - 4);
  const algorithms: { id: number; size: number }[] = [];
  for (let i = 0; i < count; i++) {
    const at = reader.at;
    const id = reader.u16("algorithm");
    const length = reader.u16("digest length");
    if (length === 0 || length > 64) throw logError(`a digest length of ${length}`, at);
    algorithms.push({ id, size: length });
  }
  reader.bytes(reader.u8("length of vendor information"), "vendor information");
  if (reader.at - start !== size)
    throw logError("the header has another length than it says", start);
  return algorithms;
}

function readDigests(reader: LogReader, algorithms: EventLog["algorithms"]): readonly LogDigest[] {
  const count = reader.u32("number of digests");
  if (count > algorithms.length) {
    throw logError(`${count} digests, but ${algorithms.length} algorithms`, reader.at - 4);
  }
  return Array.from({ length: count }, () => {
    const at = reader.at;
    const algorithm = reader.u16("algorithm of a digest");
    const known = algorithms.find(({ id }) => id === algorithm);
    if (known === undefined) throw logError(`algorithm ${algorithm} was not announced`, at);
    return { algorithm, value: reader.bytes(known.size, "digest") };
  });
}

function readRecord(reader: LogReader, algorithms: EventLog["algorithms"]): LogRecord {
  const offset = reader.at;
  const index = reader.u32("register");
  const type = reader.u32("event type");
  const digests = readDigests(reader, algorithms);
  const data = reader.bytes(reader.u32("length of event data"), "event data");
  return { offset, index, type, digests, data };
}

/** A log ends where its area does, or where nothing was written. */
function isOver(reader: LogReader): "end" | "erased" | "zero" | undefined {
  if (reader.left === 0) return "end";
  if (reader.peek() === ERASED) return "erased";
  return reader.isFilled(0) ? "zero" : undefined;
}

/**
 * Reads a log. What its first field counts is told by how it ends and what indices it has: an area
 * of ones is a CCEL and counts measurement registers; zeros, or an index above 4, mean PCRs.
 *
 * @throws CcaRimError EVENTLOG_FORMAT with the offset
 */
export function readEventLog(bytes: Uint8Array): EventLog {
  const reader = new LogReader(bytes);
  const algorithms = readHeader(reader);
  const records: LogRecord[] = [];
  let over = isOver(reader);
  while (over === undefined) {
    records.push(readRecord(reader, algorithms));
    over = isOver(reader);
  }
  const isPcr = over === "zero" || records.some(({ index }) => index > LAST_REGISTER);
  const indexing = isPcr && over !== "erased" ? "PCR" : "measurement register";
  return { algorithms, indexing, records, end: reader.at };
}

/** Whether bytes begin like such a log. */
export function looksLikeEventLog(bytes: Uint8Array): boolean {
  const signature = bytes.subarray(32, 48);
  return String.fromCharCode(...signature) === SIGNATURE;
}

/** The measurement register that a PCR belongs to: 0 is the RIM. @see UEFI 2.11, 38.4.1 */
function registerOfPcr(pcr: number): number {
  if (pcr === 0) return 0;
  if (pcr === 1 || pcr === 7) return 1;
  if (pcr < 7) return 2;
  return pcr < 16 ? 3 : 4;
}

/** The measurement register of a record: 0 is the RIM, 1 to 4 are REM0 to REM3. */
export function registerOf(record: LogRecord, indexing: LogIndexing): number {
  return indexing === "PCR" ? registerOfPcr(record.index) : record.index;
}

/** A record that extended a REM. */
export interface LogExtension {
  readonly record: LogRecord;
  /** 0 .. 3 for REM0 .. REM3. */
  readonly register: number;
}

/**
 * The records that extended a REM, in order: those with digests, for a register behind the RIM.
 *
 * @throws CcaRimError EVENTLOG_FORMAT if a record has a register that there is none of
 */
export function remExtensionsOf({ records, indexing }: EventLog): readonly LogExtension[] {
  return records.flatMap((record) => {
    const register = registerOf(record, indexing);
    if (record.type === EV_NO_ACTION || record.digests.length === 0 || register === 0) return [];
    if (register <= LAST_REGISTER) return [{ record, register: register - 1 }];
    throw logError(`there is no measurement register ${record.index}`, record.offset);
  });
}

/**
 * What a record extended its register with, in a Realm with that hash.
 *
 * @throws CcaRimError EVENTLOG_FORMAT if it lacks the digest
 */
export function digestFor({ digests, offset }: LogRecord, algo: HashAlgo): Uint8Array {
  const digest = digests.find(({ algorithm }) => algorithm === LOG_ALGORITHM[algo]);
  if (digest !== undefined) return digest.value;
  throw logError(`a record without a ${algo} digest, which is the Realm's hash`, offset);
}
