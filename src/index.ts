/**
 * The library: manifests to measurements, transcripts to answers. Everything here takes bytes and
 * objects and gives data; nothing here opens a file, prints, or needs Node. "cca-rim/node" adds
 * what Node does better.
 *
 * `measure`, `trace` and `replay` are the short way; the rest is what they are made of.
 *
 * @module
 */
export {
  CcaRimError,
  type ErrorCode,
  type ErrorDetails,
  type ErrorPlace,
} from "./errors.ts";
export {
  DIGEST_SIZE,
  type HashAlgo,
  type Hasher,
  type HashProvider,
} from "./hash/hasher.ts";
export { nobleHashes } from "./hash/noble.ts";
export { PageDigestStore } from "./hash/page-digests.ts";
export type { DigestRun, PageDigests } from "./hash/pages.ts";
export { type ByteSource, bytesSource, type MemoryContent } from "./hash/source.ts";
export { type ManifestInput, type MeasureOptions, measure, trace } from "./library/measure.ts";
export { replay } from "./library/replay.ts";
export type { FileAccess } from "./manifest/files.ts";
export { type LoadedManifest, type LoadOptions, loadManifest } from "./manifest/load.ts";
export type { Manifest } from "./manifest/manifest.ts";
export { type FileBytes, memoryFiles } from "./manifest/memory-files.ts";
export type { Assumption, InputFile, LaunchPlan } from "./manifest/plan.ts";
export {
  checkTranscript,
  type ReplayedStep,
  replayTranscript,
  type StepDifference,
  type TranscriptCheck,
} from "./replay/check.ts";
export type { LaunchMeasurement, TraceEvent } from "./replay/engine.ts";
export { type Launch, type LaunchTools, launch, launchTrace } from "./replay/launch.ts";
export {
  readTranscript,
  readTranscripts,
  type Transcript,
  type TranscriptStep,
} from "./replay/transcript.ts";
export {
  type Encoding,
  type MeasurementReport,
  measurementReport,
  type Proof,
} from "./report/measurement.ts";
export { type TraceCall, traceCall } from "./report/trace.ts";
