import type { Options } from "ajv";
import type { Plugin } from "rolldown";

export declare function compiledSchemas(compiler: string, options: Options): Plugin;
