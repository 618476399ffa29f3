/**
 * Event logs as what a Realm extends its REMs with.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { digestFor, readEventLog, remExtensionsOf } from "../formats/event-log.ts";
import type { ByteSource } from "../hash/source.ts";
import type { RemStep } from "../manifest/plan.ts";
import type { RemExtension } from "./engine.ts";

/** Larger files are no logs: CCEL areas have some ten KiB. */
const MAX_LOG = 16 * 1024 * 1024;

type LogStep = RemStep & { readonly step: "eventLog" };

function withPlace<T>({ file, pointer }: LogStep, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CcaRimError) || error.code !== "EVENTLOG_FORMAT") throw error;
    const at = error.where?.offset === undefined ? "" : `, byte ${error.where.offset}`;
    throw new CcaRimError("EVENTLOG_FORMAT", `${file}${at}: ${error.message}`, {
      where: { pointer: `${pointer}/eventLog/file` },
      cause: error,
    });
  }
}

function bytesOf(source: ByteSource, step: LogStep): Uint8Array {
  if (source.size > MAX_LOG) {
    throw new CcaRimError(
      "EVENTLOG_FORMAT",
      `${step.file}: ${source.size} bytes are no event log`,
      {
        where: { pointer: `${step.pointer}/eventLog/file` },
      },
    );
  }
  const bytes = new Uint8Array(source.size);
  source.read(0, bytes);
  return bytes;
}

/**
 * The extensions that a log lists. Their data is looked up once the Realm's hash is known.
 *
 * @throws CcaRimError EVENTLOG_FORMAT with a JSON pointer into the manifest, also from the data
 */
export function logExtensions(step: LogStep): readonly RemExtension[] {
  const extensions = withPlace(step, () =>
    remExtensionsOf(readEventLog(bytesOf(step.source, step))),
  );
  return extensions.map(({ record, register }) => ({
    register,
    data: (algo) => withPlace(step, () => digestFor(record, algo)),
  }));
}
