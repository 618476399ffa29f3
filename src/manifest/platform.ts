/**
 * Platforms: named sets, files and fields, stacked left to right into what host and RMM offer.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { modelsMeant } from "../nearest.ts";
import { type Blame, blameIn } from "./blame.ts";
import type { FileAccess } from "./files.ts";
import type { PlatformEntry, PlatformFields } from "./manifest.ts";
import type { Platform } from "./plan.ts";
import { readText } from "./read.ts";
import { pointerStep } from "./source-map.ts";
import { validateText } from "./validate.ts";
import { readU64 } from "./values.ts";

/** More sets and files than this are a mistake, or meant to take for ever. */
const MOST_SOURCES = 256;
/** A platform file is a page of text, not an image. */
const MAX_FILE_SIZE = 1024 * 1024;

/** Fields that are text in files and 64-bit numbers in a plan. */
const U64_FIELDS: ReadonlySet<string> = new Set([
  "featureRegister0",
  "ramSize",
  "kaslrSeed",
  "secureKaslrSeed",
]);

/** Not part of what a platform offers. */
const NOT_OFFERED: ReadonlySet<string> = new Set(["extends", "description", "$schema"]);

/** What feature register 0 states: one that is given replaces what earlier sets said about these. */
const IN_REGISTER: readonly string[] = [
  "breakpoints",
  "watchpoints",
  "pmuCounters",
  "sveVectorBits",
  "maxIpaBits",
  "lpa2",
];

type Fields = Record<string, unknown>;

/** Where an entry stands: its text for errors, its folder for relative files. */
interface Scope {
  readonly blame: Blame;
  readonly folder: string;
  /** Sets and files that are being read, outermost first. */
  readonly chain: readonly string[];
}

function isFile(name: string): boolean {
  return /[/\\]|\.(?:json|ya?ml)$/.test(name);
}

function joinPath(folder: string, path: string): string {
  const short = path.replace(/^(?:\.\/)+/, "");
  return folder === "" || path.startsWith("/") ? short : `${folder}/${short}`;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : "";
}

class Stack {
  readonly #access: FileAccess;
  readonly #schema: string;
  readonly fields: Fields = {};
  #sources = 0;

  constructor(access: FileAccess, schema: string) {
    this.#access = access;
    this.#schema = schema;
  }

  async add(entry: PlatformEntry, pointer: string, scope: Scope): Promise<void> {
    if (typeof entry !== "string") return this.#addFields(entry, pointer, scope);
    return isFile(entry)
      ? this.#addFile(entry, pointer, scope)
      : this.#addNamed(entry, pointer, scope);
  }

  async #addFields(entry: PlatformFields, pointer: string, scope: Scope): Promise<void> {
    const bases = entry.extends ?? [];
    if (typeof bases === "string") await this.add(bases, `${pointer}/extends`, scope);
    else {
      for (const [index, base] of bases.entries()) {
        await this.add(base, `${pointer}/extends${pointerStep(index)}`, scope);
      }
    }
    if (entry.featureRegister0 !== undefined) {
      for (const field of IN_REGISTER) delete this.fields[field];
    }
    for (const [field, value] of Object.entries(entry)) {
      if (NOT_OFFERED.has(field)) continue;
      const isU64 = U64_FIELDS.has(field) && typeof value === "string";
      this.fields[field] = isU64
        ? readU64(value, pointer + pointerStep(field), scope.blame)
        : value;
    }
  }

  async #addNamed(name: string, pointer: string, scope: Scope): Promise<void> {
    const path = `platforms/${name}.json`;
    const text = /^[\w.-]+$/.test(name) ? this.#access.packageText(path) : undefined;
    if (text === undefined) {
      const names = this.#access
        .packageNames("platforms")
        .filter((file) => file.endsWith(".json"))
        .map((file) => file.slice(0, -".json".length));
      const meant = modelsMeant(name, names).map((set) => `"${set}"`);
      throw scope.blame("HOST_PLATFORM", pointer, `there is no platform set "${name}"`, {
        hint:
          meant.length === 0
            ? `sets: ${names.join(", ")}; a file is named with its ending, e.g. ./host.yaml`
            : `did you mean ${meant.join(" or ")}?`,
      });
    }
    await this.#addText(text, { path, folder: "", pointer }, scope);
  }

  async #addFile(path: string, pointer: string, scope: Scope): Promise<void> {
    const full = joinPath(scope.folder, path);
    const text = this.#readFile(full, pointer, scope);
    await this.#addText(text, { path: full, folder: folderOf(full), pointer }, scope);
  }

  #readFile(path: string, pointer: string, scope: Scope): string {
    try {
      const source = this.#access.open(path);
      if (source.size > MAX_FILE_SIZE) {
        throw new CcaRimError("FILE_FORMAT", `"${path}" is too long for a platform`);
      }
      const bytes = new Uint8Array(source.size);
      source.read(0, bytes);
      return new TextDecoder().decode(bytes);
    } catch (error) {
      if (!(error instanceof CcaRimError)) throw error;
      throw scope.blame(error.code, pointer, error.message, {
        hint: error.hint ?? "paths are relative to the folder of the file that names them",
      });
    }
  }

  /** @param place where the text lies, and what names it. */
  async #addText(
    text: string,
    place: { readonly path: string; readonly folder: string; readonly pointer: string },
    { chain, blame }: Scope,
  ): Promise<void> {
    const { path, folder, pointer } = place;
    const shown = this.#access.shownPath?.(path) ?? path;
    if (chain.includes(path)) {
      throw blame("MANIFEST_VALUE", pointer, `${shown} extends itself`, {
        hint: "remove one of the extends",
      });
    }
    this.#sources += 1;
    if (this.#sources > MOST_SOURCES) {
      throw blame("MANIFEST_VALUE", pointer, `more than ${MOST_SOURCES} platforms are stacked`, {
        hint: "write the fields that are meant",
      });
    }
    const document = await readText(text, shown);
    await validateText(document, this.#schema);
    const scope = { blame: blameIn(document.places), folder, chain: [...chain, path] };
    await this.#addFields(document.value as PlatformFields, "", scope);
  }
}

/**
 * Stacks the entries of `platform`.
 *
 * @throws CcaRimError HOST_PLATFORM (unknown set), FILE_* (a file), MANIFEST_* (its content)
 */
export async function resolvePlatform(
  entries: PlatformEntry | readonly PlatformEntry[] | undefined,
  access: FileAccess,
  blame: Blame,
): Promise<Platform> {
  if (entries === undefined) return {};
  const schema = access.packageText("schemas/platform.schema.json");
  if (schema === undefined) {
    throw new CcaRimError("BUG_INTERNAL", "this package lacks schemas/platform.schema.json");
  }
  const stack = new Stack(access, schema);
  const scope = { blame, folder: "", chain: [] };
  if (typeof entries === "string" || !isList(entries)) {
    await stack.add(entries, "/platform", scope);
  } else {
    for (const [index, entry] of entries.entries()) {
      await stack.add(entry, `/platform${pointerStep(index)}`, scope);
    }
  }
  return stack.fields as Platform;
}

/** Array.isArray does not narrow a readonly array. */
function isList(
  entries: PlatformFields | readonly PlatformEntry[],
): entries is readonly PlatformEntry[] {
  return Array.isArray(entries);
}
