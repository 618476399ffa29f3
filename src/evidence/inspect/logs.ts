/**
 * Event logs, decoded and replayed.
 *
 * @module
 */
import { concatBytes, toHex } from "../../bytes.ts";
import { CcaRimError } from "../../errors.ts";
import {
  digestFor,
  type EventLog,
  eventName,
  LOG_ALGORITHM,
  type LogRecord,
  readEventLog,
  registerOf,
  remExtensionsOf,
} from "../../formats/event-log.ts";
import { DIGEST_SIZE, type HashAlgo, type HashProvider } from "../../hash/hasher.ts";
import { REM_COUNT } from "../../rmm/measurement.ts";
import { branch, type InspectNode, leaf } from "./node.ts";

const ALGOS = Object.keys(LOG_ALGORITHM) as HashAlgo[];

function algorithmName(id: number): string {
  return ALGOS.find((algo) => LOG_ALGORITHM[algo] === id) ?? `algorithm 0x${id.toString(16)}`;
}

const REGISTER_NAMES: readonly string[] = ["RIM", "REM0", "REM1", "REM2", "REM3"];

/** Text in event data: printable ASCII, or UCS-2 of it. */
function dataText(data: Uint8Array): string | undefined {
  if (data.length === 0 || data.length > 1024) return undefined;
  const wide = data.length % 2 === 0 && data.every((byte, i) => i % 2 === 0 || byte === 0);
  const bytes = wide ? data.filter((_, i) => i % 2 === 0) : data;
  const text = String.fromCharCode(...bytes).replace(/\0+$/, "");
  return /^[\x20-\x7e]{3,}$/.test(text) ? JSON.stringify(text) : undefined;
}

function recordNode(record: LogRecord, log: EventLog, number: number): InspectNode {
  const register = REGISTER_NAMES[registerOf(record, log.indexing)] ?? "none";
  const children = [
    leaf("register", `${register} (${log.indexing} ${record.index})`),
    ...record.digests.map(({ algorithm, value }) => leaf(algorithmName(algorithm), toHex(value))),
    leaf("data", dataText(record.data) ?? toHex(record.data)),
  ];
  return {
    name: `event ${number}`,
    value: eventName(record.type),
    offset: record.offset,
    children,
  };
}

/**
 * What the REMs of a Realm are after a log: REM' = H(REM || digest), beginning with zeros.
 *
 * @throws CcaRimError EVENTLOG_FORMAT
 */
export function replayLog(
  log: EventLog,
  algo: HashAlgo,
  hashes: HashProvider,
): readonly Uint8Array[] {
  const hasher = hashes(algo);
  const rem: Uint8Array[] = Array.from(
    { length: REM_COUNT },
    () => new Uint8Array(DIGEST_SIZE[algo]),
  );
  for (const { record, register } of remExtensionsOf(log)) {
    const before = rem[register] ?? new Uint8Array(0);
    rem[register] = hasher.digest(concatBytes(before, digestFor(record, algo)));
  }
  return rem;
}

function remNode(log: EventLog, algo: HashAlgo, hashes: HashProvider): InspectNode {
  const name = `REMs after it, ${algo}`;
  try {
    const rems = replayLog(log, algo, hashes);
    return branch(
      name,
      rems.map((rem, i) => leaf(`REM${i}`, toHex(rem))),
    );
  } catch (error) {
    if (error instanceof CcaRimError) return leaf(name, error.message);
    throw error;
  }
}

/** Decodes a log. @throws CcaRimError EVENTLOG_FORMAT with the offset */
export function inspectLog(bytes: Uint8Array, hashes: HashProvider): readonly InspectNode[] {
  const log = readEventLog(bytes);
  const algorithms = log.algorithms.map(({ id }) => algorithmName(id)).join(", ");
  return [
    leaf("algorithms", algorithms),
    leaf("first field of a record", log.indexing),
    ...log.records.map((record, i) => recordNode(record, log, i + 1)),
    ...ALGOS.filter((algo) => log.algorithms.some(({ id }) => id === LOG_ALGORITHM[algo])).map(
      (algo) => remNode(log, algo, hashes),
    ),
  ];
}
