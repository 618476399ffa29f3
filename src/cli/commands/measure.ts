/**
 * `measure`: RIM and REM of a launch.
 *
 * @module
 */
import { type Command, defineCommand } from "../command.ts";
import { threadsOf } from "../threads.ts";

/** The command. */
export const measure: Command = defineCommand({
  name: "measure",
  summary: "Prints RIM and REM0-3 of the Realm that a launch manifest describes.",
  details: [
    "The launch is replayed: a model of the host asks, a model of the RMM answers, and the RIM is read out of the modelled Realm Descriptor. The classes in parentheses say what proves each model; cca-rim models explains them.",
  ],
  operands: [{ name: "MANIFEST", summary: "launch manifest, YAML or JSON", complete: "file" }],
  options: {
    quiet: {
      type: "boolean",
      short: "q",
      summary: "print the RIM and nothing else; no progress, no warnings",
    },
    encoding: {
      type: "string",
      choices: ["hex", "base64"],
      summary: "how RIM and REM are written (default: hex)",
    },
    hash: {
      type: "string",
      choices: ["noble", "node"],
      summary: "who hashes: pure JavaScript, or OpenSSL through Node (the default); same values",
    },
    threads: {
      type: "string",
      value: "N",
      summary:
        "threads that hash, 1 to 64 (default: what the machine has and the images are worth)",
    },
  },
  examples: [
    { line: "cca-rim measure guest.yaml", does: "prints RIM and REM0-3, and what they rest on" },
    {
      line: "cca-rim measure -q --encoding base64 guest.yaml",
      does: "prints the RIM alone, as CoMID reference values write it",
    },
  ],
  async *run({ operands: [path = ""], options }, { json, quiet, style, warn, onProgress }) {
    const { ManifestSession } = await import("../manifest-session.ts");
    const { encodeBytes, guesses, measurementReport } = await import("../../report/measurement.ts");
    const { encoding = "hex", hash } = options;
    const threads = threadsOf(options.threads);
    const session = await ManifestSession.open(path, { provider: hash, threads });
    try {
      await session.startHashing(onProgress);
      const launch = await session.measure();
      const report = measurementReport(session.plan, launch, encoding);
      for (const warning of report.warnings ?? []) warn(warning);
      for (const model of guesses(report)) warn(`${model} is a guess: nothing confirms it`);
      for (const { pointer, message } of report.refused ?? []) {
        warn(`${pointer}: ${message}; the launch goes on without it`);
      }
      let text = `${encodeBytes(launch.rim, encoding)}\n`;
      if (json) text = (await import("../../report/json.ts")).jsonDocument(report);
      else if (!quiet) text = (await import("../../report/text.ts")).measurementText(report, style);
      session.verifyUnchanged();
      yield text;
      return 0;
    } finally {
      session.close();
    }
  },
});
