/**
 * Compiles JSON Schemas to validators when something is bundled, so that nobody has to do it at run
 * time: ajv takes longer to load and compile than a small launch takes to measure.
 */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";

/** Schemas of what is read: those of answers are for others to validate with. */
const READ = ["manifest", "platform", "report"];
const PREFIX = "compiled-schema:";

function schemaOf(name) {
  const file = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** A validator as source text. */
function validatorOf(name, options) {
  const ajv = new Ajv2020({ ...options, code: { source: true, esm: true } });
  return standaloneCode.default(ajv, ajv.compile(schemaOf(name)));
}

/** What takes the place of the schema compiler: what was compiled by now, else the compiler. */
function lookUp(original) {
  const compiled = READ.map((name) => {
    const { $id } = schemaOf(name);
    return `${JSON.stringify($id)}: () => import(${JSON.stringify(PREFIX + name)}),`;
  });
  return `
    import { compileSchema as compile } from ${JSON.stringify(original)};
    const COMPILED = {${compiled.join("\n")}};
    export async function compileSchema(text) {
      const load = COMPILED[JSON.parse(text).$id];
      return load === undefined ? compile(text) : (await load()).default;
    }`;
}

/**
 * A plugin for rolldown.
 *
 * @param compiler path of the module `manifest/schema-compiler`, which is replaced.
 * @param options how it compiles.
 */
export function compiledSchemas(compiler, options) {
  const original = `${compiler}?at-run-time`;
  return {
    name: "compiled-schemas",
    resolveId: (id) => (id === original || id.startsWith(PREFIX) ? id : undefined),
    load(id) {
      if (id === compiler) return { code: lookUp(original), moduleType: "js" };
      if (id === original) {
        return { code: readFileSync(compiler, "utf8"), moduleType: extname(compiler).slice(1) };
      }
      return id.startsWith(PREFIX) ? validatorOf(id.slice(PREFIX.length), options) : undefined;
    },
  };
}
