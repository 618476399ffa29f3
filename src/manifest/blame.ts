/**
 * Errors that name the line of the manifest that earned them.
 *
 * @module
 */
import { CcaRimError, type ErrorCode } from "../errors.ts";
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
