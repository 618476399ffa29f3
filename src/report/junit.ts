/**
 * Verdicts of the gate as JUnit XML, the dialect that Jenkins, GitLab and others read: no times, no
 * host names, so that the same verdicts are the same bytes.
 *
 * @see https://github.com/jenkinsci/xunit-plugin (junit-10.xsd)
 * @module
 */
import type { Verdict } from "../gate/judge.ts";
import { manifestOf } from "../gate/lock.ts";
import { advice, changeLines, type GateReport, gateCounts, placeOf } from "./gate.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
  "\r": "&#13;",
};

/** Characters that XML 1.0 cannot hold become a question mark. @see XML 1.0 section 2.2 */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
    .replaceAll(/[&<>"\n\t\r]/g, (character) => ENTITIES[character] ?? character);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join("");
}

function testCase(verdict: Verdict): string {
  const { kind, launch, message } = verdict;
  const name = launch ?? "lock";
  const head = `    <testcase${attributes({ name, classname: launch === null ? "cca-rim.lock" : manifestOf(launch) })}`;
  if (kind === "ok") return `${head}/>\n`;
  const body = [placeOf(verdict), message, ...changeLines(verdict), advice(verdict) ?? ""];
  const text = body
    .filter((line) => line !== "")
    .map((line) => xmlText(line))
    .join("\n");
  return `${head}>\n      <failure${attributes({ message: `${kind}: ${message}`, type: kind })}>${text}</failure>\n    </testcase>\n`;
}

/** Writes the verdicts as JUnit XML. */
export function junitXml(report: GateReport): string {
  const { failed } = gateCounts(report);
  const counts = {
    name: "cca-rim gate",
    tests: report.verdicts.length,
    failures: failed,
    errors: 0,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites${attributes(counts)}>\n`,
    `  <testsuite${attributes({ ...counts, skipped: 0 })}>\n`,
    ...report.verdicts.map(testCase),
    "  </testsuite>\n</testsuites>\n",
  ].join("");
}
