/**
 * Errors that name the line of the manifest that earned them.
 *
 * @module
 */
import { CcaRimError, type ErrorCode, type ErrorPlace } from "../errors.ts";
import type { Part, SourceMap } from "./source-map.ts";

/** Makes an error about the value at a JSON pointer. */
export type Blame = (
  code: ErrorCode,
  pointer: string,
  message: string,
  more?: { readonly hint?: string | undefined; readonly part?: Part; readonly cause?: unknown },
) => CcaRimError;

/** Errors about the document of `places`. */
export function blameIn(places: SourceMap): Blame {
  return (code, pointer, message, { hint, part, cause } = {}) =>
    new CcaRimError(code, message, {
      where: places.locate(pointer, part),
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
}

/** Adds line and column to an error that knows a JSON pointer only. */
export function placed(error: unknown, locate: (pointer: string) => ErrorPlace): unknown {
  if (!(error instanceof CcaRimError)) return error;
  const { pointer, line } = error.where ?? {};
  return pointer === undefined || line !== undefined
    ? error
    : error.with({ where: locate(pointer) });
}
