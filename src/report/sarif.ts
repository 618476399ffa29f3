/**
 * Verdicts of the gate as SARIF, which code scanning shows beside the manifest's line.
 *
 * @see SARIF 2.1.0 (OASIS)
 * @module
 */
import { VERDICTS, type Verdict, type VerdictKind } from "../gate/judge.ts";
import { advice, changeLines, type GateReport } from "./gate.ts";

const RULES: readonly VerdictKind[] = (Object.keys(VERDICTS) as VerdictKind[]).filter(
  (kind) => kind !== "ok",
);

/** A relative URI reference. @see RFC 3986 section 4.2 */
function uri(path: string): string {
  return path
    .replaceAll(/\p{Surrogate}/gu, "\ufffd")
    .split("/")
    .map((step) => encodeURIComponent(step))
    .join("/");
}

function result(verdict: Verdict): object {
  const { kind, launch, message, where } = verdict;
  const { file = "cca-rim.lock", line = 1, column = 1 } = where;
  const text = [`${launch ?? "lock"}: ${message}`, ...changeLines(verdict), advice(verdict) ?? ""];
  return {
    ruleId: kind,
    ruleIndex: RULES.indexOf(kind),
    level: "error",
    message: { text: text.filter((part) => part !== "").join("\n") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uri(file), uriBaseId: "%SRCROOT%" },
          region: { startLine: line, startColumn: column },
        },
        ...(launch === null ? {} : { logicalLocations: [{ fullyQualifiedName: launch }] }),
      },
    ],
    partialFingerprints: { "launchVerdict/v1": `${launch ?? ""}:${kind}` },
  };
}

/** Writes the verdicts as SARIF. */
export function sarifJson({ verdicts, tool }: GateReport): string {
  const driver = {
    name: "cca-rim",
    version: tool,
    semanticVersion: tool,
    rules: RULES.map((id) => ({
      id,
      shortDescription: { text: VERDICTS[id] },
      defaultConfiguration: { level: "error" },
    })),
  };
  const document = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        columnKind: "utf16CodeUnits",
        results: verdicts.filter(({ kind }) => kind !== "ok").map(result),
      },
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
