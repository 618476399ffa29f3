/**
 * The reports that a run of the gate leaves for CI systems.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import { CcaRimError } from "../errors.ts";
import type { GateReport } from "../report/gate.ts";
import { fileSink } from "./output.ts";

/** Where reports go. */
export interface GateOutputs {
  readonly junit: string | undefined;
  readonly sarif: string | undefined;
  readonly summary: string | undefined;
  readonly annotations: "auto" | "github" | "none" | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

async function write(path: string, text: string): Promise<void> {
  const sink = fileSink(path);
  await sink.write(text);
  sink.close();
}

/** A job's summary collects what its steps say. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CcaRimError("USAGE_OUTPUT", `cannot write to ${path}: ${reason}`, { cause: error });
  }
}

/** Writes what was asked for, and what GitHub Actions asks for. @throws CcaRimError USAGE_OUTPUT */
export async function writeGateReports(
  report: GateReport,
  { junit, sarif, summary, annotations = "auto" }: GateOutputs,
  environment: Environment,
): Promise<void> {
  const onGithub = environment["GITHUB_ACTIONS"] === "true";
  const summaryFile = summary ?? (onGithub ? environment["GITHUB_STEP_SUMMARY"] : undefined);
  if (junit !== undefined) {
    await write(junit, (await import("../report/junit.ts")).junitXml(report));
  }
  if (sarif !== undefined) {
    await write(sarif, (await import("../report/sarif.ts")).sarifJson(report));
  }
  if (summaryFile !== undefined && summaryFile !== "") {
    append(summaryFile, (await import("../report/github.ts")).gateMarkdown(report));
  }
  if (annotations === "github" || (annotations === "auto" && onGithub)) {
    const { githubAnnotations } = await import("../report/github.ts");
    process.stderr.write(githubAnnotations(report));
  }
}
