/**
 * Reads YAML or JSON text into plain values, with the place of each of them. One parser for both,
 * since it counts lines and sees duplicate keys, which JSON.parse does not.
 *
 * What YAML can do and a manifest does not need is refused: tags, keys that are no strings,
 * several documents, documents that grow through aliases.
 *
 * @see YAML 1.2.2, core schema
 * @module
 */
import type { Alias, CST, Document, Node, Pair, YAMLMap } from "yaml";
import { CcaRimError } from "../errors.ts";
import { pointerStep, SourceMap } from "./source-map.ts";
import type { Yaml } from "./yaml.ts";

/** Texts longer than this many UTF-16 units are refused. */
export const MAX_TEXT: number = 1024 * 1024;
/** Values nested deeper than this are refused. */
export const MAX_DEPTH = 64;
/** A document of more values than this, aliases expanded, is refused. */
export const MAX_VALUES = 100_000;
/** Words, punctuation and white space: bounds the memory that the parser takes. */
const MAX_LEXEMES = 500_000;

const EMPTY = "`cca-rim schema manifest` tells what it holds; `cca-rim import` makes one";
const TOO_DEEP = `nested more than ${MAX_DEPTH} levels deep`;

/** A document as plain values: objects without a prototype, arrays, strings, numbers, ... */
export interface SourceText {
  readonly value: unknown;
  readonly places: SourceMap;
}

function syntaxError(
  places: SourceMap,
  offset: number,
  message: string,
  hint?: string,
): CcaRimError {
  const where = places.at(Math.min(offset, places.text.length));
  return new CcaRimError("MANIFEST_SYNTAX", message, {
    where,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Walks the parsed nodes once: builds the values, notes the places, refuses what is not wanted. */
class Reader {
  readonly #yaml: Yaml;
  readonly #places: SourceMap;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;
  /** Offset of the outermost alias that is being expanded. */
  #alias: number | undefined;

  constructor(yaml: Yaml, places: SourceMap) {
    this.#yaml = yaml;
    this.#places = places;
  }

  value(node: Node | null, pointer: string, depth: number, key?: number): unknown {
    const start = node?.range?.[0] ?? key ?? 0;
    this.#places.add(pointer, {
      ...(key === undefined ? {} : { key }),
      value: start,
      end: node?.range?.[1] ?? start,
    });
    this.#values += 1;
    if (this.#values > MAX_VALUES) {
      throw syntaxError(this.#places, this.#alias ?? start, `more than ${MAX_VALUES} values`);
    }
    if (depth > MAX_DEPTH) {
      throw syntaxError(this.#places, start, TOO_DEEP);
    }
    if (node === null) return null;
    if (this.#yaml.isAlias(node)) return this.#aliased(node, pointer, depth);
    this.#refuseTag(node, start);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (this.#yaml.isScalar(node)) return node.value;
    return this.#collection(node, pointer, depth);
  }

  #aliased(alias: Alias, pointer: string, depth: number): unknown {
    const outer = this.#alias;
    this.#alias ??= alias.range?.[0];
    const value = this.value(this.#target(alias), pointer, depth + 1);
    this.#alias = outer;
    return value;
  }

  #collection(node: Node, pointer: string, depth: number): unknown {
    this.#open.add(node);
    let value: unknown;
    if (this.#yaml.isSeq(node)) {
      const items = node.items as (Node | null)[];
      value = items.map((item, index) => this.value(item, pointer + pointerStep(index), depth + 1));
    } else {
      value = this.#mapping(node as YAMLMap<Node | null, Node | null>, pointer, depth);
    }
    this.#open.delete(node);
    return value;
  }

  #mapping(node: YAMLMap<Node | null, Node | null>, pointer: string, depth: number): unknown {
    const object: Record<string, unknown> = Object.create(null);
    for (const pair of node.items) {
      const { name, offset } = this.#key(pair, node);
      if (Object.hasOwn(object, name)) {
        throw syntaxError(
          this.#places,
          offset,
          `the key "${name}" is there twice`,
          "remove one of them, or give it another name",
        );
      }
      object[name] = this.value(pair.value, pointer + pointerStep(name), depth + 1, offset);
    }
    return object;
  }

  #key(pair: Pair<Node | null, Node | null>, node: Node): { name: string; offset: number } {
    const { key } = pair;
    const offset = key?.range?.[0] ?? node.range?.[0] ?? 0;
    if (key !== null) this.#refuseTag(key, offset);
    if (this.#yaml.isScalar(key) && typeof key.value === "string") {
      return { name: key.value, offset };
    }
    const written = this.#yaml.isScalar(key) ? key.source : undefined;
    throw syntaxError(
      this.#places,
      offset,
      "a key must be a string",
      written ? `put it in quotes: "${written}"` : 'write it as name: value, or "name": value',
    );
  }

  #target(alias: Alias): Node {
    const target = this.#anchors.get(alias.source);
    const offset = alias.range?.[0] ?? 0;
    if (target === undefined) {
      throw syntaxError(
        this.#places,
        offset,
        `the alias *${alias.source} has no anchor &${alias.source} before it`,
        'a text that starts with * must be in quotes: "*..."',
      );
    }
    if (this.#open.has(target)) {
      throw syntaxError(this.#places, offset, `the alias *${alias.source} contains itself`);
    }
    return target;
  }

  #refuseTag(node: Node, offset: number): void {
    if (node.tag === undefined) return;
    throw syntaxError(
      this.#places,
      offset,
      "a YAML tag (!...) has no meaning here",
      'remove it; a text that starts with ! must be in quotes: "!..."',
    );
  }
}

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "lines of one mapping or list start in the same column; brackets must be closed",
  MISSING_CHAR: "close the quote, or add the missing character",
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it must be in quotes',
};

function refuseErrors(document: Document, places: SourceMap): void {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return;
  const message = firstLower(error.message.split("\n", 1)[0] ?? "");
  throw syntaxError(places, error.pos[0], message, HINTS[error.code]);
}

/**
 * Splits the text into tokens, and refuses deep nesting before anything recurses into it: a parser
 * that runs out of stack throws, which could be caught, but a regular expression that is first
 * compiled just then ends the process.
 */
function tokenize(yaml: Yaml, text: string, places: SourceMap): CST.Token[] {
  const parser = new yaml.Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new yaml.Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) {
      throw syntaxError(places, parser.offset, "too many words", "is this the right file?");
    }
    // Document and scalar are on the stack, too; the exact depth is counted when values are made.
    if (parser.stack.length > MAX_DEPTH + 8) {
      throw syntaxError(places, parser.offset - lexeme.length, TOO_DEEP);
    }
  }
  tokens.push(...parser.end());
  return tokens;
}

function compose(yaml: Yaml, text: string, places: SourceMap): Document {
  const tokens = tokenize(yaml, text, places);
  // Duplicate keys are found by the walk: the composer's own search takes quadratic time.
  const composer = new yaml.Composer({ schema: "core", uniqueKeys: false, prettyErrors: false });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw syntaxError(places, 0, "the file is empty", EMPTY);
  if (second !== undefined && document.errors.length === 0) {
    const hint = 'one file holds one document: remove the second "---"';
    throw syntaxError(places, second.range[0], "a second document starts here", hint);
  }
  return document;
}

function firstLower(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/**
 * Reads one YAML or JSON document.
 *
 * @param fileName what errors call the text.
 * @throws CcaRimError MANIFEST_SYNTAX with line and column
 */
export async function readText(text: string, fileName: string): Promise<SourceText> {
  const clean = text.startsWith("\ufeff") ? text.slice(1) : text;
  const places = new SourceMap(fileName, clean);
  if (clean.length > MAX_TEXT) {
    throw syntaxError(places, 0, `longer than ${MAX_TEXT} characters`, "is this the right file?");
  }
  const { yaml } = await import("./yaml.ts");
  const document = compose(yaml, clean, places);
  refuseTagsFirst(document, places);
  refuseErrors(document, places);
  const value = new Reader(yaml, places).value(document.contents, "", 0);
  if (value === null) throw syntaxError(places, 0, "the file is empty", EMPTY);
  return { value, places };
}

/** The parser only warns about an unknown tag, in words that do not help here. */
function refuseTagsFirst(document: Document, places: SourceMap): void {
  const tag = document.warnings.find((warning) => warning.code === "TAG_RESOLVE_FAILED");
  if (tag === undefined || document.errors.length > 0) return;
  throw syntaxError(
    places,
    tag.pos[0],
    "a YAML tag (!...) has no meaning here",
    'remove it; a text that starts with ! must be in quotes: "!..."',
  );
}
