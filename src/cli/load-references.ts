/**
 * Reference values from whatever a user names: a manifest, which is measured; a report; a CoRIM;
 * JSON of verifiers.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { CorimParts } from "../reference/corim/parts.ts";
import type { RealmReference } from "../reference/values.ts";
import type { ProgressListener } from "./command.ts";
import { inFile, readBytes, textOf } from "./read-file.ts";

/** What was found in a file. */
export interface LoadedReferences {
  readonly references: readonly RealmReference[];
  /** Validity that a manifest gives, in seconds since 1970. */
  readonly validity?: { readonly notBefore?: number; readonly notAfter: number };
  /** Worth telling. */
  readonly warnings: readonly string[];
}

/** Whether bytes begin like a CoRIM, signed or not. */
export function looksLikeCorim(bytes: Uint8Array): boolean {
  const [a, b, c] = bytes;
  return a === 0xd2 || (a === 0xd9 && b === 0x01 && (c === 0xf4 || c === 0xf5));
}

async function checkSignature({ message }: CorimParts, file: string): Promise<readonly string[]> {
  if (message === undefined) return [];
  const { signatureFindings } = await import("../reference/lint/signature.ts");
  const { lintTools } = await import("./lint-tools.ts");
  const [problem] = signatureFindings(message, lintTools).filter(
    ({ rule }) => rule === "signature",
  );
  if (problem !== undefined) {
    const where = problem.offset === undefined ? { file } : { file, offset: problem.offset };
    throw new CcaRimError("REFERENCE_FORMAT", problem.message, { where });
  }
  return [`${file}: who signed it is not checked against anybody you trust`];
}

async function fromCorim(bytes: Uint8Array, file: string): Promise<LoadedReferences> {
  const { referencesOfCorim } = await import("../reference/corim/references.ts");
  const { walkCorim } = await import("../reference/corim/walk.ts");
  const references = inFile(file, () => referencesOfCorim(bytes, file));
  const warnings = await checkSignature(walkCorim(bytes), file);
  return { references, warnings };
}

/** Manifests without a matrix are one launch; with one, every combination is, each RIM once. */
async function fromManifest(file: string, onProgress: ProgressListener): Promise<LoadedReferences> {
  const { referenceOfLaunch } = await import("../reference/report.ts");
  const { matrixOf, newDigests, openManifest } = await import("./open-manifest.ts");
  const { ManifestSession } = await import("./manifest-session.ts");
  const { evaluatorOf } = await import("./measure-matrix.ts");
  const { toHex } = await import("../bytes.ts");
  const manifest = await openManifest(file, await newDigests());
  try {
    const combinations = matrixOf(manifest)?.combinations ?? [undefined];
    const evaluator = evaluatorOf(manifest, onProgress);
    const found = new Map<string, RealmReference>();
    let validity: LoadedReferences["validity"];
    for (const combination of combinations) {
      const session = await ManifestSession.of(manifest, { combination });
      const launch = await session.measureWith(evaluator);
      const { plan } = session;
      validity = plan.validity;
      const name = combination === undefined ? file : `${file} combination ${combination.n}`;
      const reference = referenceOfLaunch(launch, plan.rem.length > 0, name);
      const rim = toHex(reference.rim);
      if (!found.has(rim)) found.set(rim, reference);
    }
    manifest.files.verifyUnchanged();
    const references = [...found.values()];
    const again = combinations.length - references.length;
    const warnings =
      again === 0 ? [] : [`${file}: ${again} of ${combinations.length} combinations repeat a RIM`];
    return { references, ...(validity === undefined ? {} : { validity }), warnings };
  } finally {
    manifest.files.close();
  }
}

async function fromText(
  text: string,
  file: string,
  onProgress: ProgressListener,
): Promise<LoadedReferences> {
  const { readText } = await import("../manifest/read.ts");
  const { value } = await readText(text, file);
  const json = await import("../reference/json-read.ts");
  const { isObject } = await import("../reference/json-reader.ts");
  if (isObject(value)) {
    if ("manifest" in value) return fromManifest(file, onProgress);
    const { looksLikeReport, referenceOfReport } = await import("../reference/report.ts");
    if (looksLikeReport(value))
      return { references: [referenceOfReport(value, file)], warnings: [] };
    const found = json.readJsonReferences(value, file, (inner) => JSON.parse(inner) as unknown);
    if (found !== undefined) {
      return { references: json.cleanReferences(found, file), warnings: [] };
    }
  }
  throw new CcaRimError("REFERENCE_FORMAT", "neither a manifest nor reference values", {
    where: { file },
    hint: "a manifest, a report of measure --json, a CoRIM, an RVPS or ccatoken document",
  });
}

/**
 * Loads reference values.
 *
 * @throws CcaRimError FILE_*, MANIFEST_*, REFERENCE_*, and what measuring a manifest throws
 */
export async function loadReferences(
  file: string,
  onProgress: ProgressListener,
): Promise<LoadedReferences> {
  const bytes = readBytes(file);
  if (looksLikeCorim(bytes)) return fromCorim(bytes, file);
  const text = textOf(bytes);
  if (text !== undefined) return fromText(text, file, onProgress);
  const { looksLikeToken } = await import("../evidence/token.ts");
  if (looksLikeToken(bytes)) {
    throw new CcaRimError("REFERENCE_FORMAT", "a token is evidence, not a reference value", {
      where: { file, offset: 0 },
      hint: "values copied out of a token prove nothing; give the launch manifest or what export wrote",
    });
  }
  throw new CcaRimError("REFERENCE_FORMAT", "neither text nor a CoRIM", {
    where: { file, offset: 0 },
    hint: "a manifest, a report of measure --json, a CoRIM, an RVPS or ccatoken document",
  });
}
