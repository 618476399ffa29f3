/**
 * `gate`: the launches of a project against what was accepted.
 *
 * @module
 */
import type { GateReport } from "../../report/gate.ts";
import { type Command, type Context, defineCommand } from "../command.ts";

async function render(report: GateReport, { json, style }: Context): Promise<string> {
  if (json) return (await import("../../report/json.ts")).jsonDocument(report);
  return (await import("../../report/gate.ts")).gateText(report, style);
}

/** The command. */
export const gate: Command = defineCommand({
  name: "gate",
  summary: "Compares every launch of a project with a committed lock file.",
  details: [
    "Everything is computed anew, and whatever is not exactly what was accepted closes the gate: a missing lock, a missing file, a new or a removed launch, a changed value, model or input, another version of this program. Each verdict comes with the command that accepts it.",
    "Without MANIFEST, all launch manifests below the folder of the lock are looked at, as the patterns in the lock say (*.yaml, *.yml and *.json at first). A manifest with a matrix counts as one launch for each combination.",
    "-u accepts: it rewrites the lock. It refuses to under CI. The lock is replaced as a whole, whatever happens meanwhile.",
  ],
  operands: [
    {
      name: "MANIFEST",
      summary: "look at these manifests only",
      optional: true,
      many: true,
      complete: "file",
    },
  ],
  options: {
    update: { type: "boolean", short: "u", summary: "accept what is there now" },
    lock: {
      type: "string",
      value: "FILE",
      summary: "the lock file (default: cca-rim.lock)",
      complete: "file",
    },
    junit: {
      type: "string",
      value: "FILE",
      summary: "also write the verdicts as JUnit XML",
      complete: "file",
    },
    sarif: {
      type: "string",
      value: "FILE",
      summary: "also write the verdicts as SARIF 2.1.0",
      complete: "file",
    },
    summary: {
      type: "string",
      value: "FILE",
      summary: "also append a summary in Markdown (under GitHub Actions: $GITHUB_STEP_SUMMARY)",
      complete: "file",
    },
    annotations: {
      type: "string",
      choices: ["auto", "github", "none"],
      summary: "workflow commands on standard error (default: under GitHub Actions)",
    },
  },
  examples: [
    { line: "cca-rim gate", does: "exits with 0 if every launch is as it was accepted" },
    { line: "cca-rim gate -u", does: "accepts what is there now, and says what changed" },
    {
      line: "cca-rim gate --junit gate.xml --sarif gate.sarif",
      does: "leaves reports for a CI system",
    },
  ],
  verdict: "something is not as it was accepted",
  async *run({ operands, options }, context) {
    const { runGate } = await import("../run-gate.ts");
    const { lock = "cca-rim.lock", update } = options;
    const report = await runGate({ lock, update, manifests: operands }, context.onProgress);
    const { writeGateReports } = await import("../gate-reports.ts");
    await writeGateReports(report, options, process.env);
    yield await render(report, context);
    return report.passed ? 0 : 1;
  },
});
