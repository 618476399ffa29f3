/**
 * `export`: reference values for verifiers.
 *
 * @module
 */
import { basename, isAbsolute } from "node:path";
import { CcaRimError } from "../../errors.ts";
import type { Generation } from "../../reference/corim/names.ts";
import type { ExportFormat, ExportOptions } from "../../reference/export.ts";
import type { RealmReference } from "../../reference/values.ts";
import { type Command, type Context, defineCommand } from "../command.ts";

interface Chosen {
  readonly generation: "0" | "1" | "2" | undefined;
  readonly algorithms: "number" | "text" | undefined;
  readonly "corim-id": string | undefined;
  readonly "tag-id": string | undefined;
  readonly entity: string | undefined;
  readonly "rak-hash": "sha-256" | "sha-384" | "sha-512" | undefined;
  readonly "not-before": string | undefined;
  readonly "not-after": string | undefined;
  readonly "valid-days": string | undefined;
  readonly rem: "predicted" | "always" | "never" | undefined;
  readonly "no-rpv": boolean;
  readonly key: string | undefined;
  readonly chain: string | undefined;
  readonly signer: string | undefined;
}

type Validity = NonNullable<ExportOptions["validity"]>;

interface Loaded {
  readonly references: readonly RealmReference[];
  readonly validity: Validity | undefined;
}

/** Outputs are the same wherever a project lies: absolute paths lose their folder. */
function withoutFolder(reference: RealmReference, file: string): RealmReference {
  if (!isAbsolute(file)) return reference;
  return { ...reference, origin: reference.origin.replace(file, basename(file)) };
}

async function loadAll(files: readonly string[], { warn, onProgress }: Context): Promise<Loaded> {
  const { loadReferences } = await import("../load-references.ts");
  const references: RealmReference[] = [];
  let validity: Validity | undefined;
  for (const file of files) {
    const found = await loadReferences(file, onProgress);
    references.push(...found.references.map((reference) => withoutFolder(reference, file)));
    for (const warning of found.warnings) warn(warning);
    const other = found.validity;
    if (other === undefined) continue;
    const isSame =
      validity === undefined ||
      (validity.notAfter === other.notAfter && validity.notBefore === other.notBefore);
    if (!isSame) {
      throw new CcaRimError("REFERENCE_VALUE", "the manifests give different validities", {
        where: { file },
        hint: "say which with --not-after and --not-before",
      });
    }
    validity = other;
  }
  return { references, validity };
}

function seconds(text: string, option: string, read: (text: string) => number | undefined): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : read(text);
  if (value !== undefined) return value;
  throw new CcaRimError("USAGE_ARGUMENT", `--${option}: there is no moment "${text}"`, {
    hint: "write it as 2027-01-31T00:00:00Z, or as seconds since 1970",
  });
}

/** Dates come from the command line, the manifest, or SOURCE_DATE_EPOCH: never from the clock. */
async function validityOf(
  chosen: Chosen,
  fromManifest: Validity | undefined,
): Promise<Validity | undefined> {
  const { readMoment } = await import("../../manifest/validity.ts");
  const { "not-before": before, "not-after": after, "valid-days": days } = chosen;
  if (after !== undefined) {
    const notAfter = seconds(after, "not-after", readMoment);
    if (before === undefined) return { notAfter };
    const notBefore = seconds(before, "not-before", readMoment);
    if (notBefore <= notAfter) return { notBefore, notAfter };
    throw new CcaRimError("USAGE_ARGUMENT", "--not-after lies before --not-before");
  }
  if (before !== undefined)
    throw new CcaRimError("USAGE_ARGUMENT", "--not-before needs --not-after");
  if (days === undefined) return fromManifest;
  const epoch = process.env["SOURCE_DATE_EPOCH"] ?? "";
  if (!/^\d{1,12}$/.test(epoch) || !/^\d{1,6}$/.test(days)) {
    throw new CcaRimError("USAGE_ARGUMENT", "--valid-days needs a number, and SOURCE_DATE_EPOCH", {
      hint: "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) cca-rim export ... --valid-days 365",
    });
  }
  return { notBefore: Number(epoch), notAfter: Number(epoch) + Number(days) * 86_400 };
}

async function optionsOf(chosen: Chosen, validity: Validity | undefined): Promise<ExportOptions> {
  const { tagIdOf } = await import("../../reference/ids.ts");
  const { generation = "1", entity } = chosen;
  const corimId = chosen["corim-id"];
  const tagId = chosen["tag-id"];
  return {
    generation: Number(generation) as Generation,
    algorithms: chosen.algorithms ?? (generation === "2" ? "text" : "number"),
    rakHashAlgo: chosen["rak-hash"] ?? "sha-256",
    ...(corimId === undefined ? {} : { corimId: tagIdOf(corimId) }),
    ...(tagId === undefined ? {} : { tagId: tagIdOf(tagId) }),
    ...(entity === undefined ? {} : { entity }),
    ...(validity === undefined ? {} : { validity }),
  };
}

async function sign(
  corim: Uint8Array,
  chosen: Chosen,
  validity: Validity | undefined,
  { warn }: Context,
): Promise<Uint8Array> {
  const { key = "", chain } = chosen;
  const { readText } = await import("../read-file.ts");
  const { certificatesFromPem, signerFromText } = await import("../../evidence/node-crypto.ts");
  const { signCorim } = await import("../../reference/corim/sign.ts");
  const signer = signerFromText(readText(key), key);
  const certificates = chain === undefined ? [] : certificatesFromPem(readText(chain), chain);
  if (certificates.length === 0) {
    warn("no --chain: verification services refuse a signed CoRIM without certificates");
  }
  const signerName = chosen.signer ?? chosen.entity ?? certificates[0]?.subject;
  if (signerName === undefined) {
    throw new CcaRimError("USAGE_ARGUMENT", "a signed CoRIM names who signed it: give --signer");
  }
  return signCorim(corim, signer, {
    chain: certificates,
    signerName,
    ...(validity === undefined ? {} : { validity }),
  });
}

async function formatNamed(name: string): Promise<ExportFormat> {
  const { EXPORT_FORMATS } = await import("../../reference/export.ts");
  const format = EXPORT_FORMATS.find((known) => known.name === name);
  if (format !== undefined) return format;
  const { nearest } = await import("../../nearest.ts");
  const names = EXPORT_FORMATS.map((known) => known.name);
  const near = nearest(name, names);
  throw new CcaRimError("USAGE_ARGUMENT", `there is no format "${name}"`, {
    hint: near === undefined ? `formats: ${names.join(", ")}` : `did you mean ${near}?`,
  });
}

/** What a reader should know about what was left out, or put in. */
function remarks(
  format: ExportFormat,
  before: readonly RealmReference[],
  after: readonly RealmReference[],
): readonly string[] {
  const isLeftOut = before.some(({ remAtLaunch }) => remAtLaunch === true);
  const hasRem = after.some(({ rem }) => rem.some((value) => value !== undefined));
  const lacksRem = after.some(({ rem }) => rem.includes(undefined));
  if (format.rem === "none") return hasRem ? [`${format.name} has no place for REMs`] : [];
  if (format.rem === "all") {
    return lacksRem ? [`${format.name} demands REMs: zeros stand where none is predicted`] : [];
  }
  return isLeftOut && !hasRem
    ? ["REMs are left out: no manifest predicts them (--rem always puts them in)"]
    : [];
}

async function rendered(
  format: ExportFormat,
  files: readonly string[],
  chosen: Chosen,
  context: Context,
): Promise<Uint8Array | string> {
  const { exportReferences, withRems } = await import("../../reference/export.ts");
  const loaded = await loadAll(files, context);
  const validity = await validityOf(chosen, loaded.validity);
  const kept = withRems(loaded.references, chosen.rem ?? "predicted").map((reference) =>
    chosen["no-rpv"] ? { ...reference, rpv: undefined } : reference,
  );
  const answer = exportReferences(format, kept, await optionsOf(chosen, validity));
  for (const remark of remarks(format, loaded.references, kept)) context.warn(remark);
  if (chosen.key === undefined) {
    if (chosen.chain === undefined && chosen.signer === undefined) return answer;
    throw new CcaRimError(
      "USAGE_ARGUMENT",
      "--chain and --signer are about a signature: give --key",
    );
  }
  if (format.name === "corim" && typeof answer !== "string") {
    return sign(answer, chosen, validity, context);
  }
  throw new CcaRimError("USAGE_ARGUMENT", `--key signs a CoRIM, not ${format.name}`, {
    hint: "cca-rim export corim --key FILE ...",
  });
}

/** The command. */
export const exportValues: Command = defineCommand({
  name: "export",
  summary: "Writes reference values of launches for verifiers.",
  details: [
    "Formats: corim (Veraison), comid, comid-json and corim-json (cocli), rvps and rvps-json (Trustee), ccatoken (ccatoken, Trustee's local verifier), rego (a Trustee policy), json. docs/verifiers.md tells who takes which.",
    "Each MANIFEST is measured; a report of measure --json or reference values in another format do as well. The same launches give the same bytes: identifiers follow from the content, dates from the manifest or SOURCE_DATE_EPOCH. Only the signature of a signed CoRIM is new each time.",
  ],
  operands: [
    {
      name: "FORMAT",
      summary: "corim, comid, comid-json, corim-json, rvps, rvps-json, ccatoken, rego or json",
      complete: async () =>
        (await import("../../reference/export.ts")).EXPORT_FORMATS.map(({ name }) => name),
    },
    { name: "MANIFEST", summary: "launch manifests, or reports", many: true, complete: "file" },
  ],
  options: {
    generation: {
      type: "string",
      choices: ["0", "1", "2"],
      summary: "of CoRIM: 1 is what Veraison checks (the default), 0 its past, 2 draft -04",
    },
    algorithms: {
      type: "string",
      choices: ["number", "text"],
      summary: "how CoRIM names hashes (default: number, text in generation 2)",
    },
    "corim-id": { type: "string", value: "ID", summary: "identifier: a UUID or text" },
    "tag-id": { type: "string", value: "ID", summary: "identifier of the CoMID: a UUID or text" },
    entity: { type: "string", value: "NAME", summary: "who makes the document" },
    rem: {
      type: "string",
      choices: ["predicted", "always", "never"],
      summary: "which REMs: those of manifests with rem (the default), all, or none",
    },
    "no-rpv": { type: "boolean", summary: "leave the Realm Personalization Value out" },
    "rak-hash": {
      type: "string",
      choices: ["sha-256", "sha-384", "sha-512"],
      summary: "hash of the RAK that a ccatoken store demands (default: sha-256)",
    },
    "not-before": { type: "string", value: "TIME", summary: "beginning of the validity" },
    "not-after": { type: "string", value: "TIME", summary: "end of the validity" },
    "valid-days": { type: "string", value: "DAYS", summary: "validity from SOURCE_DATE_EPOCH on" },
    key: {
      type: "string",
      value: "FILE",
      summary: "sign the CoRIM with this EC key, a JWK or PEM (ES256, ES384, ES512)",
      complete: "file",
    },
    chain: {
      type: "string",
      value: "FILE",
      summary: "certificates for the protected header, PEM, that of the key first",
      complete: "file",
    },
    signer: { type: "string", value: "NAME", summary: "who signs (default: --entity)" },
  },
  examples: [
    {
      line: "cca-rim export corim -o guest.corim guest.yaml",
      does: "writes an unsigned CoRIM that Veraison accepts",
    },
    {
      line: "cca-rim export corim --key key.pem --chain chain.pem --signer 'ACME' -o fleet.corim *.yaml",
      does: "writes a signed CoRIM with the values of several launches",
    },
    {
      line: "cca-rim export rvps guest.yaml",
      does: "prints a message for Trustee's reference value provider",
    },
  ],
  async *run({ operands: [name = "", ...files], options }, context) {
    const format = await formatNamed(name);
    const answer = await rendered(format, files, options, context);
    if (!context.json) {
      yield answer;
      return 0;
    }
    const { jsonDocument } = await import("../../report/json.ts");
    const { base64Text } = await import("../../reference/base64.ts");
    const { acceptedBy, isBinary } = format;
    const content = typeof answer === "string" ? answer : base64Text(answer);
    yield jsonDocument({
      format: name,
      acceptedBy,
      encoding: isBinary ? "base64" : "text",
      content,
    });
    return 0;
  },
});
