/**
 * `lint`: what is wrong with a manifest or with reference values.
 *
 * @module
 */
import type { Finding } from "../../reference/lint/finding.ts";
import type { LintReport } from "../../report/findings.ts";
import {
  type Command,
  type Context,
  defineCommand,
  type ExitCode,
  type ProgressListener,
} from "../command.ts";

/** Major types in CBOR with which the documents begin that are known. */
const MAP = 5;
const TAG = 6;

/** A document of no known kind is a finding, not an error. */
function unknown(
  message: string,
  place: Pick<Finding, "line" | "column" | "offset"> = { offset: 0 },
): Pick<LintReport, "kind" | "findings"> {
  return { kind: "unknown", findings: [{ rule: "structure", message, ...place }] };
}

/** Whether bytes are text: UTF-8 without the control characters that binary formats are full of. */
function isText(text: string | undefined): text is string {
  return text !== undefined && !/[^\P{Cc}\t\n\r]/u.test(text);
}

async function lintText(
  text: string,
  file: string,
  onProgress: ProgressListener,
): Promise<Pick<LintReport, "kind" | "findings">> {
  const { CcaRimError } = await import("../../errors.ts");
  const { readText } = await import("../../manifest/read.ts");
  const { readJsonReferences } = await import("../../reference/json-read.ts");
  const { isObject } = await import("../../reference/json-reader.ts");
  let value: unknown;
  try {
    ({ value } = await readText(text, file));
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    const { line, column } = error.where ?? {};
    if (line === undefined) return unknown(error.message);
    return unknown(error.message, { line, ...(column === undefined ? {} : { column }) });
  }
  if (isObject(value) && "manifest" in value) {
    const { lintManifest } = await import("../lint-manifest.ts");
    return { kind: "manifest", findings: await lintManifest(file, onProgress) };
  }
  const parse = (inner: string): unknown => JSON.parse(inner);
  const found = readJsonReferences(value, file, parse);
  if (found === undefined) return unknown("neither a manifest nor reference values");
  return { kind: found.format, findings: found.findings };
}

async function lintBytes(
  bytes: Uint8Array,
  file: string,
  onProgress: ProgressListener,
): Promise<Pick<LintReport, "kind" | "findings">> {
  const { textOf } = await import("../read-file.ts");
  const text = textOf(bytes);
  if (isText(text)) return lintText(text, file, onProgress);
  const { looksLikeToken } = await import("../../evidence/token.ts");
  if (looksLikeToken(bytes)) {
    const message = "an attestation token, which is evidence: verify and inspect read those";
    return { ...unknown(message), kind: "CCA token" };
  }
  const major = (bytes[0] ?? 0) >> 5;
  if (bytes.length === 0 || (major !== MAP && major !== TAG)) {
    return unknown("neither text nor CBOR of a kind that is known");
  }
  const { lintCorim } = await import("../../reference/lint/corim.ts");
  const { lintTools } = await import("../lint-tools.ts");
  return { kind: "CoRIM", findings: lintCorim(bytes, lintTools) };
}

async function* compatible(
  bytes: Uint8Array,
  file: string,
  { json, style }: Context,
): AsyncGenerator<string, ExitCode, undefined> {
  const { veraisonVerdict } = await import("../../reference/veraison/verdict.ts");
  const found = veraisonVerdict(bytes);
  const { verdict, message } = found;
  const offset = found.verdict === "reject" ? (found.offset ?? null) : null;
  if (json) {
    const { jsonDocument } = await import("../../report/json.ts");
    yield jsonDocument({ file, compat: "veraison", verdict, message, offset });
  } else {
    const word = verdict === "accept" ? style.green(verdict) : style.red(verdict);
    const { plain } = await import("../../report/text.ts");
    yield `${file}: ${word}: ${plain(message)}\n`;
  }
  return verdict === "accept" ? 0 : 1;
}

function document(report: LintReport): object {
  const shown = report.findings.map(({ rule, message, offset, path, ...more }: Finding) => ({
    rule,
    message,
    fix: more.fix ?? null,
    line: more.line ?? null,
    column: more.column ?? null,
    offset: offset ?? null,
    path: path ?? null,
  }));
  const isRejected = report.findings.some(
    ({ rule }) => rule === "rejected" || rule === "structure",
  );
  const verdict = shown.length === 0 ? "clean" : isRejected ? "rejected" : "findings";
  return { file: report.file, kind: report.kind, verdict, findings: shown };
}

/** The command. */
export const lint: Command = defineCommand({
  name: "lint",
  summary: "Tells what is wrong with a manifest, a CoRIM or other reference values.",
  details: [
    "A manifest: what makes its launch irreproducible, or its values fragile: random seeds, values assumed or left to the host, files without a digest, models that nobody compared with the real program; each with line, column and what to do. A CoRIM: all that the Go library veraison/corim rejects, and what it lets pass and should not, e.g. a class id unequal to the RIM or a signature that does not verify. Reference values in JSON (RVPS, ccatoken, templates of cocli, export json): what their readers reject.",
  ],
  operands: [{ name: "FILE", summary: "the file; its content tells what it is", complete: "file" }],
  options: {
    compat: {
      type: "string",
      choices: ["veraison"],
      summary: "give exactly the verdict of the Go library veraison/corim on a CoRIM",
    },
  },
  examples: [
    { line: "cca-rim lint guest.yaml", does: "lists what another host or file would change" },
    { line: "cca-rim lint guest.corim", does: "lists findings with their byte offsets" },
    {
      line: "cca-rim lint --compat veraison guest.corim",
      does: "exits with 0 if the Go library accepts it, with 1 if not",
    },
  ],
  verdict: "there are findings, or the file is rejected",
  async *run({ operands: [file = ""], options }, context) {
    const { readBytes } = await import("../read-file.ts");
    const bytes = readBytes(file);
    if (options.compat !== undefined) return yield* compatible(bytes, file, context);
    const report: LintReport = { file, ...(await lintBytes(bytes, file, context.onProgress)) };
    if (context.json) {
      yield (await import("../../report/json.ts")).jsonDocument(document(report));
    } else {
      yield (await import("../../report/findings.ts")).lintText(report, context.style);
    }
    return report.findings.length === 0 ? 0 : 1;
  },
});
