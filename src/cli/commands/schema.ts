/**
 * `schema`: the published JSON Schemas.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { CcaRimError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { jsonDocument } from "../../report/json.ts";
import { schemaList } from "../../report/text.ts";
import { type Command, defineCommand } from "../command.ts";
import { PACKAGE } from "../package-folder.ts";

const FOLDER = new URL("schemas/", PACKAGE);
const SUFFIX = ".schema.json";

function names(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .toSorted();
}

function text(name: string): string {
  return readFileSync(new URL(name + SUFFIX, FOLDER), "utf8");
}

/** The schema's file as it is published. @throws CcaRimError USAGE_ARGUMENT */
function find(name: string): string {
  const known = names();
  if (known.includes(name)) return text(name);
  const near = nearest(name, known);
  throw new CcaRimError("USAGE_ARGUMENT", `there is no schema "${name}"`, {
    hint: near === undefined ? `there are: ${known.join(", ")}` : `did you mean ${near}?`,
  });
}

/** The command. */
export const schema: Command = defineCommand({
  name: "schema",
  summary: "Lists the JSON Schemas of the manifest and of every --json answer, or prints one.",
  operands: [
    {
      name: "NAME",
      summary: "the schema to print; without it, the list",
      optional: true,
      complete: () => Promise.resolve(names()),
    },
  ],
  options: {},
  examples: [
    { line: "cca-rim schema", does: "lists the schemas" },
    {
      line: "cca-rim schema manifest -o manifest.schema.json",
      does: "saves the schema of launch manifests, for an editor that completes and checks YAML",
    },
  ],
  async *run({ operands: [name] }, { json, style }) {
    if (name !== undefined) {
      yield find(name);
      return 0;
    }
    const schemas = names().map((known) => {
      const { title } = JSON.parse(text(known)) as { readonly title: string };
      return { name: known, title };
    });
    yield json ? jsonDocument({ schemas }) : schemaList(schemas, style);
    return 0;
  },
});
