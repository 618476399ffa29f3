/**
 * `matrix`: every combination of a manifest's axes.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { MatrixReport, Shard } from "../../report/matrix.ts";
import { type Command, type Context, defineCommand } from "../command.ts";

/** Reads `i/n`. @throws CcaRimError USAGE_ARGUMENT */
function shardOf(text = "1/1"): Shard {
  const [, index, count] = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (index !== undefined && shard.index <= shard.count) return shard;
  throw new CcaRimError("USAGE_ARGUMENT", `--shard must be i/n with i from 1 to n, not "${text}"`, {
    hint: "--shard 2/4 measures the second of four parts",
  });
}

async function render(
  report: MatrixReport,
  format: "text" | "csv",
  { json, style }: Context,
): Promise<string> {
  if (json) return (await import("../../report/json.ts")).jsonDocument(report);
  const { matrixCsv, matrixText } = await import("../../report/matrix.ts");
  return format === "csv" ? matrixCsv(report) : matrixText(report, style);
}

/** The command. */
export const matrix: Command = defineCommand({
  name: "matrix",
  summary: "Measures every combination of the axes that a manifest declares.",
  details: [
    "The axes stand in the manifest: matrix: {cpus: [1..8], ram: [512M, 1G], exclude: [...]}; others are rmm, vmm and hypervisor. Files are hashed once for all combinations.",
    "A combination that the axes name twice is marked as a duplicate, one with the RIM of another as an overlap. Combinations that cannot be measured are told with the reason; exclude them.",
    "cca-rim export writes the values of all combinations into one document for a verifier, cca-rim gate guards each of them.",
  ],
  operands: [
    { name: "MANIFEST", summary: "launch manifest with a matrix, YAML or JSON", complete: "file" },
  ],
  options: {
    shard: { type: "string", value: "I/N", summary: "measure only the I-th of N equal parts" },
    format: { type: "string", choices: ["text", "csv"], summary: "text (the default), or CSV" },
    csv: { type: "boolean", summary: "the same as --format csv" },
  },
  examples: [
    { line: "cca-rim matrix guest.yaml", does: "prints a table, one line a combination" },
    {
      line: "cca-rim matrix --shard 2/4 --csv -o part2.csv guest.yaml",
      does: "writes a quarter of the combinations, for a CI system that spreads the work",
    },
  ],
  verdict: "some combination cannot be measured",
  async *run({ operands: [path = ""], options }, context) {
    const shard = shardOf(options.shard);
    const { matrixOf, newDigests, openManifest } = await import("../open-manifest.ts");
    const { measureMatrix } = await import("../measure-matrix.ts");
    const manifest = await openManifest(path, await newDigests());
    try {
      const spread = matrixOf(manifest);
      if (spread === undefined) {
        throw new CcaRimError("MANIFEST_VALUE", "the manifest has no matrix", {
          where: { file: path },
          hint: "add matrix: {cpus: [1..8], ram: [512M, 1G]}, or use cca-rim measure",
        });
      }
      const report = await measureMatrix(manifest, spread, shard, context.onProgress);
      yield await render(report, options.csv ? "csv" : (options.format ?? "text"), context);
      return report.rows.every(({ error }) => error === null) ? 0 : 1;
    } finally {
      manifest.files.close();
    }
  },
});
