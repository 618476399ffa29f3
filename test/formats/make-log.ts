/** Event logs made for tests. */
import { concatBytes, viewOf } from "../../src/bytes.ts";
import { LOG_ALGORITHM } from "../../src/formats/event-log.ts";
import { DIGEST_SIZE, type HashAlgo } from "../../src/hash/hasher.ts";
import { nodeHashes } from "../../src/hash/node.ts";

/** One record; its digest is that of its data. */
export interface LogEvent {
  readonly index?: number;
  readonly type: number;
  readonly data: Uint8Array;
  readonly unmeasured?: true;
}

const ACTION = 0x80000007;

function action(text: string): LogEvent {
  return { type: ACTION, data: new TextEncoder().encode(text) };
}

/** Four zero bytes. */
export const SEPARATOR: LogEvent = { type: 4, data: new Uint8Array(4) };
/** The first attempt to boot. */
export const START: LogEvent = action("Calling EFI Application from Boot Option");
/** The end of boot services. */
export const EXIT: readonly LogEvent[] = [
  action("Exit Boot Services Invocation"),
  action("Exit Boot Services Returned with Success"),
];

function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  viewOf(bytes).setUint16(0, value, true);
  return bytes;
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

function header(algo: HashAlgo): Uint8Array {
  const spec = concatBytes(
    new TextEncoder().encode("Spec ID Event03\0"),
    u32(0),
    Uint8Array.of(0, 2, 106, 2),
    u32(1),
    u16(LOG_ALGORITHM[algo]),
    u16(DIGEST_SIZE[algo]),
    Uint8Array.of(0),
  );
  return concatBytes(u32(0), u32(3), new Uint8Array(20), u32(spec.length), spec);
}

function record({ index = 0, type, data, unmeasured }: LogEvent, algo: HashAlgo): Uint8Array {
  const digest = nodeHashes(algo).digest(data);
  const digests = unmeasured === true ? [u32(0)] : [u32(1), u16(LOG_ALGORITHM[algo]), digest];
  return concatBytes(u32(index), u32(type), ...digests, u32(data.length), data);
}

/** Makes a log. @param options `fill`: value of 256 more bytes behind it. */
export function makeLog(
  events: readonly LogEvent[],
  algo: HashAlgo = "sha-256",
  options: { readonly fill?: number } = {},
): Uint8Array {
  const { fill } = options;
  const rest = fill === undefined ? new Uint8Array(0) : new Uint8Array(256).fill(fill);
  return concatBytes(header(algo), ...events.map((event) => record(event, algo)), rest);
}
