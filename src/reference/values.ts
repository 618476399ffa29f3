/**
 * Reference values: what the attestation token of a launch has to show. All formats are written
 * from this one shape and read back into it.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { DIGEST_SIZE, type HashAlgo } from "../hash/hasher.ts";
import { RPV_SIZE } from "../rmm/params.ts";

/** What is expected of one Realm. */
export interface RealmReference {
  /** Where it comes from, for messages. */
  readonly origin: string;
  /** Undefined where the source does not say. */
  readonly hashAlgo: HashAlgo | undefined;
  /** As long as the hash. */
  readonly rim: Uint8Array;
  /** REM0 .. REM3, each as long as the hash; undefined: nothing is claimed about it. */
  readonly rem: readonly (Uint8Array | undefined)[];
  /** 64 bytes; undefined: nothing is claimed about it. */
  readonly rpv: Uint8Array | undefined;
  /**
   * The REMs are those of a Realm that has not extended them, and nothing says that it will not:
   * other values in a token are no contradiction.
   */
  readonly remAtLaunch?: true;
}

/** No claim about any REM. */
export const NO_REMS: readonly undefined[] = [undefined, undefined, undefined, undefined];

/** The hash whose digests are that long; undefined if there is none. */
export function hashAlgoOfSize(size: number): HashAlgo | undefined {
  const algos = Object.keys(DIGEST_SIZE) as HashAlgo[];
  return algos.find((algo) => DIGEST_SIZE[algo] === size);
}

/** The name of a hash as one; undefined if it is none that a Realm can have. */
export function asHashAlgo(name: string): HashAlgo | undefined {
  const algos = Object.keys(DIGEST_SIZE) as HashAlgo[];
  return algos.find((algo) => algo === name);
}

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function valueError(origin: string, problem: string, hint?: string): CcaRimError {
  return new CcaRimError(
    "REFERENCE_VALUE",
    `${origin}: ${problem}`,
    hint === undefined ? {} : { hint },
  );
}

/** The hash of a reference, from its name or the length of the RIM. */
export function hashOf({ hashAlgo, rim, origin }: RealmReference): HashAlgo {
  const algo = hashAlgo ?? hashAlgoOfSize(rim.length);
  if (algo !== undefined) return algo;
  throw valueError(origin, `a RIM of ${rim.length} bytes belongs to no hash`);
}

function checkLengths(reference: RealmReference): void {
  const { origin, rim, rem, rpv } = reference;
  const algo = hashOf(reference);
  const size = DIGEST_SIZE[algo];
  if (rim.length !== size) {
    throw valueError(origin, `the RIM has ${rim.length} bytes, ${algo} gives ${size}`);
  }
  for (const [i, value] of rem.entries()) {
    if (value !== undefined && value.length !== size) {
      throw valueError(origin, `REM${i} has ${value.length} bytes, ${algo} gives ${size}`);
    }
  }
  if (rpv !== undefined && rpv.length !== RPV_SIZE) {
    throw valueError(origin, `the RPV has ${rpv.length} bytes, not ${RPV_SIZE}`);
  }
}

/**
 * Checks references that are to be published together: right lengths, no RIM twice.
 *
 * @throws CcaRimError REFERENCE_VALUE naming what is wrong with which
 */
export function checkReferences(references: readonly RealmReference[]): void {
  if (references.length === 0) {
    throw new CcaRimError("REFERENCE_VALUE", "there are no reference values");
  }
  const seen = new Map<string, RealmReference>();
  for (const reference of references) {
    checkLengths(reference);
    const rim = toHex(reference.rim);
    const twin = seen.get(rim);
    if (twin !== undefined) {
      throw valueError(
        reference.origin,
        `it has the same RIM as ${twin.origin}`,
        "a verifier looks references up by their RIM: leave one of the two out",
      );
    }
    seen.set(rim, reference);
  }
}
