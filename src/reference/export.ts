/**
 * The formats in which reference values are published, and who takes which.
 *
 * @module
 */
import { buildComid, buildCorim, type CorimOptions } from "./corim/build.ts";
import { comidTemplate, corimTemplate } from "./corim/cocli.ts";
import {
  ccatokenStore,
  plainReferences,
  regoSnippet,
  rvpsMessage,
  rvpsValues,
} from "./json-formats.ts";
import { checkReferences, type RealmReference } from "./values.ts";

/** What can be chosen about an export. */
export interface ExportOptions extends CorimOptions {
  /** Hash that binds the RAK; only ccatoken stores name it. */
  readonly rakHashAlgo: string;
}

/** One format. */
export interface ExportFormat {
  readonly name: string;
  readonly summary: string;
  /** Who reads it. */
  readonly acceptedBy: string;
  /** Whether it has place for REMs, and whether it can do without. */
  readonly rem: "none" | "optional" | "all";
  readonly isBinary: boolean;
  render(references: readonly RealmReference[], options: ExportOptions): Uint8Array | string;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** All formats, in the order of help. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [
  {
    name: "corim",
    summary: "CoRIM with one CoMID, deterministic CBOR; signed if a key is given",
    acceptedBy:
      "Veraison (generation 1); generation 0: services before 2025; generation 2: draft -04 readers",
    rem: "optional",
    isBinary: true,
    render: buildCorim,
  },
  {
    name: "comid",
    summary: "the CoMID alone, deterministic CBOR",
    acceptedBy: "cocli corim create --comid",
    rem: "optional",
    isBinary: true,
    render: buildComid,
  },
  {
    name: "comid-json",
    summary: "CoMID template in JSON",
    acceptedBy: "cocli comid create --template",
    rem: "optional",
    isBinary: false,
    render: (references, options) => json(comidTemplate(references, options)),
  },
  {
    name: "corim-json",
    summary: "CoRIM template in JSON, to go with comid or comid-json",
    acceptedBy: "cocli corim create --template",
    rem: "optional",
    isBinary: false,
    render: (references, options) => json(corimTemplate(references, options)),
  },
  {
    name: "rvps",
    summary: "message for Trustee's reference value provider",
    acceptedBy: "Trustee: rvps-tool register -p FILE",
    rem: "none",
    isBinary: false,
    render: (references) => json(rvpsMessage(references)),
  },
  {
    name: "rvps-json",
    summary: "Trustee's reference values by name, flat JSON",
    acceptedBy: "Trustee: kbs-client config set-sample-reference-value, or inside an rvps message",
    rem: "none",
    isBinary: false,
    render: (references) => json(rvpsValues(references)),
  },
  {
    name: "ccatoken",
    summary: "reference value store of ccatoken",
    acceptedBy: "rust-ccatoken, and Trustee with a local CCA verifier",
    rem: "all",
    isBinary: false,
    render: (references, { rakHashAlgo }) => json(ccatokenStore(references, rakHashAlgo)),
  },
  {
    name: "rego",
    summary: "policy snippet with the values in it, and what it does not check",
    acceptedBy: "Trustee's attestation policies (Rego)",
    rem: "optional",
    isBinary: false,
    render: regoSnippet,
  },
  {
    name: "json",
    summary: "all values as plain JSON, in hex",
    acceptedBy: "cca-rim verify, and programs of one's own",
    rem: "optional",
    isBinary: false,
    render: (references) => json(plainReferences(references)),
  },
];

/**
 * Renders references in a format.
 *
 * @throws CcaRimError REFERENCE_VALUE if a value has a wrong length, or a RIM stands there twice
 */
export function exportReferences(
  format: ExportFormat,
  references: readonly RealmReference[],
  options: ExportOptions,
): Uint8Array | string {
  checkReferences(references);
  return format.render(references, options);
}

/** Takes REMs out of references that do not predict them. @param choice Or all, or none. */
export function withRems(
  references: readonly RealmReference[],
  choice: "predicted" | "always" | "never",
): readonly RealmReference[] {
  return references.map((reference) => {
    const drop = choice === "never" || (choice === "predicted" && reference.remAtLaunch === true);
    return drop ? { ...reference, rem: reference.rem.map(() => undefined) } : reference;
  });
}
