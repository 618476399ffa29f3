/**
 * What a command line becomes when it is imported.
 *
 * @module
 */

/** A manifest as a plain object, with what people should read beside its values. */
export interface CommentedManifest {
  readonly manifest: Readonly<Record<string, unknown>>;
  /** By JSON pointer of the value that a comment stands above; lines without comment marks. */
  readonly comments: Readonly<Record<string, readonly string[]>>;
}

/** What a person who imports a line may know already; what is absent is guessed. */
export interface ImportOptions {
  /** E.g. `kvmtool/v3` or `qemu/9.1.91+rfc-v3`. */
  readonly vmm?: string;
  /** E.g. `linux-kvm/v7`. */
  readonly hypervisor?: string;
  /** E.g. `1.0-rel0`. */
  readonly rmm?: string;
}
