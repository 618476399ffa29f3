/**
 * Errors as users see them: one line with the place, a hint below, or a JSON document.
 *
 * @module
 */
import { CcaRimError, type ErrorPlace } from "../errors.ts";
import { errorObject, jsonDocument } from "../report/json.ts";
import type { Style } from "../report/style.ts";
import { packageVersion } from "./version.ts";

const FILE_ERRORS: Readonly<
  Record<string, readonly ["FILE_NOT_FOUND" | "FILE_UNREADABLE", string]>
> = {
  ENOENT: ["FILE_NOT_FOUND", "no such file"],
  ENOTDIR: ["FILE_NOT_FOUND", "no such file"],
  EISDIR: ["FILE_UNREADABLE", "it is a folder"],
  EACCES: ["FILE_UNREADABLE", "permission denied"],
  EPERM: ["FILE_UNREADABLE", "permission denied"],
  EMFILE: ["FILE_UNREADABLE", "too many open files"],
  EIO: ["FILE_UNREADABLE", "input/output error"],
};

function fromSystem(error: unknown): CcaRimError | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return undefined;
  const known = FILE_ERRORS[String(error.code)];
  if (known === undefined) return undefined;
  const [code, what] = known;
  return new CcaRimError(code, what, { where: { file: String(error.path) }, cause: error });
}

/** Any thrown value as an error with a code: what nobody foresaw is a bug, and says so. */
export function asCcaRimError(thrown: unknown): CcaRimError {
  if (thrown instanceof CcaRimError) return thrown;
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return (
    fromSystem(thrown) ??
    new CcaRimError("BUG_INTERNAL", `internal error: ${message}`, {
      hint: `please report this, with the command line and "cca-rim ${packageVersion()}, node ${process.version}"; --debug shows where it happened`,
      cause: thrown,
    })
  );
}

/**
 * `file:line:column:` with a space behind, as errors begin, or another place in the file; the
 * program's name without a file.
 */
export function placeText(where: ErrorPlace | undefined): string {
  if (where?.file === undefined) return "cca-rim: ";
  const { file, line, column, offset, pointer } = where;
  if (line !== undefined) return `${file}:${line}:${column === undefined ? "" : `${column}:`} `;
  if (offset !== undefined) return `${file}: byte ${offset}: `;
  return pointer === undefined || pointer === "" ? `${file}: ` : `${file}: ${pointer}: `;
}

/** One line, and nothing that a terminal would obey: input files may hold any characters. */
function plain(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/**
 * The lines for standard error: `file:line:col: what is wrong [CODE]`, then the hint.
 *
 * @param stack whether to add the stack of an internal error.
 */
export function errorText(error: CcaRimError, style: Style, stack: boolean): string {
  const { code, message, where, hint, cause } = error;
  const place = style.bold(plain(placeText(where)).trimEnd());
  let text = `${place} ${style.red(plain(message))} [${code}]\n`;
  if (hint !== undefined) text += `${style.bold("hint:")} ${plain(hint)}\n`;
  if (stack && code === "BUG_INTERNAL") {
    text += `${(cause instanceof Error ? cause.stack : error.stack) ?? ""}\n`;
  }
  return text;
}

/** The document for standard output under `--json`. */
export function errorJson(error: CcaRimError): string {
  return jsonDocument({ error: errorObject(error) });
}
