/**
 * The one error class of the program. Every error has a code from a closed union, so that callers
 * branch on data and wording stays free to improve.
 *
 * @module
 */

/** What went wrong, by family. Each family belongs to one room; see ARCHITECTURE.md. */
export type ErrorCode =
  // cli: the command line itself
  | "USAGE_ARGUMENT"
  | "USAGE_COMMAND"
  | "USAGE_OUTPUT"
  // manifest: reading, validating, resolving
  | "MANIFEST_SYNTAX"
  | "MANIFEST_SCHEMA"
  | "MANIFEST_VALUE"
  | "MANIFEST_OVERLAP"
  | "MANIFEST_UNSUPPORTED"
  // files that a manifest or a command names
  | "FILE_NOT_FOUND"
  | "FILE_UNREADABLE"
  | "FILE_CHANGED"
  | "FILE_DIGEST"
  | "FILE_FORMAT"
  // host models
  | "HOST_UNKNOWN_MODEL"
  | "HOST_IMPOSSIBLE_PAIR"
  | "HOST_NOT_MODELLED"
  | "HOST_ARGUMENT"
  | "HOST_PLATFORM"
  | "HOST_REFUSED"
  // the RMM model refused a call that the launch needs
  | "RMI_REFUSED"
  | "RMI_UNKNOWN_COMMAND"
  // replay of transcripts
  | "TRANSCRIPT_FORMAT"
  // codecs
  | "FDT_FORMAT"
  | "FDT_REFUSED"
  | "IMAGE_FORMAT"
  | "CBOR_FORMAT"
  | "CBOR_LIMIT"
  | "CBOR_TYPE"
  | "COSE_FORMAT"
  | "COSE_KEY"
  // tokens, event logs, reference values
  | "TOKEN_FORMAT"
  | "TOKEN_CLAIM"
  | "EVENTLOG_FORMAT"
  | "REFERENCE_FORMAT"
  | "REFERENCE_VALUE"
  // gate: its own files; verdicts are no errors
  | "GATE_LOCK"
  | "GATE_BUSY"
  // anything that must never happen
  | "BUG_INTERNAL";

/** Where in the user's input an error was found. Lines and columns count from 1. */
export interface ErrorPlace {
  /** The file as the user named it. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer of the value, e.g. `/launch/2/data/ipa`. */
  readonly pointer?: string;
  /** Byte offset in a binary input. */
  readonly offset?: number;
}

/** What else an error carries beside code and message. */
export interface ErrorDetails {
  readonly where?: ErrorPlace;
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that a user can act on; anything else that is thrown is a bug. */
export class CcaRimError extends Error {
  readonly code: ErrorCode;
  readonly where?: ErrorPlace;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CcaRimError";
    this.code = code;
    if (details.where !== undefined) this.where = details.where;
    if (details.hint !== undefined) this.hint = details.hint;
  }

  /** The same error with another message, or with more about its place. */
  with({
    message,
    where,
  }: {
    readonly message?: string;
    readonly where?: ErrorPlace;
  }): CcaRimError {
    const { cause, hint } = this;
    return new CcaRimError(this.code, message ?? this.message, {
      cause,
      ...(hint === undefined ? {} : { hint }),
      ...(where === undefined && this.where === undefined
        ? {}
        : { where: { ...this.where, ...where } }),
    });
  }
}
