/**
 * What is used of the YAML package, so that a bundle need not hold the rest.
 *
 * @module
 */
import { Composer, isAlias, isScalar, isSeq, Lexer, Parser } from "yaml";

/** The parts of the package that reading a text takes. */
export type Yaml = Pick<
  typeof import("yaml"),
  "Composer" | "isAlias" | "isScalar" | "isSeq" | "Lexer" | "Parser"
>;

/** The same, loaded. */
export const yaml: Yaml = { Composer, isAlias, isScalar, isSeq, Lexer, Parser };
