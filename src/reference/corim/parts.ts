/**
 * The parts of a CoRIM document, each with its place in the file.
 *
 * @module
 */
import type { CborNode } from "../../formats/cbor/node.ts";
import type { CoseSign1 } from "../../formats/cose.ts";
import type { Finding } from "../lint/finding.ts";

/** A value with its place. */
export interface Placed<T> {
  readonly value: T;
  readonly node: CborNode;
  readonly path: string;
}

/** One digest. */
export interface DigestPart {
  /** A number, a name, or undefined for anything else. */
  readonly algorithm: bigint | string | undefined;
  readonly value: Uint8Array;
}

/** One measurement. */
export interface MeasurementPart {
  readonly path: string;
  readonly node: CborNode;
  /** Its name; undefined if it has none, or one that is no text. */
  readonly name: string | undefined;
  readonly digests: readonly Placed<DigestPart>[] | undefined;
  /** Content of a tagged byte string. */
  readonly raw: Placed<Uint8Array> | undefined;
  /** Generation 0: digests by register. */
  readonly registers: readonly (Placed<readonly Placed<DigestPart>[]> & {
    readonly name: string;
  })[];
  readonly hasAuthorization: boolean;
  /** Values that a Realm's register does not have. */
  readonly others: readonly Placed<string>[];
}

/** One environment and its measurements. */
export interface TriplePart {
  readonly path: string;
  readonly node: CborNode;
  /** Content of a tagged byte string as class id. */
  readonly classId: Placed<Uint8Array> | undefined;
  /** Content of a tagged byte string as instance. */
  readonly instance: Placed<Uint8Array> | undefined;
  readonly hasInstance: boolean;
  /** What else the environment says: a group, or more of the class than its id. */
  readonly others: readonly Placed<string>[];
  readonly measurements: readonly MeasurementPart[];
}

/** One CoMID. */
export interface ComidPart {
  readonly path: string;
  readonly root: CborNode;
  readonly triples: readonly TriplePart[];
}

/** A whole document. */
export interface CorimParts {
  /** The COSE_Sign1 around it; undefined if it is not signed. */
  readonly message: CoseSign1 | undefined;
  /** All trees of it, for checks of the encoding: the file, the payload, the CoMIDs. */
  readonly roots: readonly { readonly node: CborNode; readonly path: string }[];
  readonly profile: Placed<string> | undefined;
  /** Whether the profile is a bare text, as in generation 0. */
  readonly isProfileBare: boolean;
  readonly comids: readonly ComidPart[];
  readonly findings: readonly Finding[];
}
