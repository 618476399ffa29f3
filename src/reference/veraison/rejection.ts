/**
 * How the modelled library says no.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";

/** The library would reject the document. */
export class Rejection extends Error {
  /** Offset in the file of what it stumbles over, where that is known. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.name = "Rejection";
    this.offset = offset;
  }
}

/** Puts a context in front of a rejection's message, as the library wraps errors. */
export function within<T>(context: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const inner = asRejection(error);
    throw new Rejection(`${context}: ${inner.message}`, inner.offset);
  }
}

/** A rejection, or an error of the CBOR reader as one. @throws anything else */
export function asRejection(error: unknown): Rejection {
  if (error instanceof Rejection) return error;
  if (error instanceof CcaRimError) return new Rejection(error.message, error.where?.offset);
  throw error;
}

/** Rejects unless there is no problem. */
export function rejectIf(problem: string | undefined, offset?: number): void {
  if (problem !== undefined) throw new Rejection(problem, offset);
}
