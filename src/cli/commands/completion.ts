/**
 * `completion`: scripts that let a shell complete cca-rim's commands, options and names.
 *
 * @module
 */
import { basename } from "node:path";
import { CcaRimError } from "../../errors.ts";
import { jsonDocument } from "../../report/json.ts";
import { type Command, defineCommand } from "../command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** The command. */
export const completion: Command = defineCommand({
  name: "completion",
  summary: "Prints a script that completes commands, options, model names, formats and files.",
  details: [
    "The script asks cca-rim itself what fits, so it stays right when cca-rim is updated. Without SHELL, the shell that $SHELL names.",
  ],
  operands: [
    { name: "SHELL", summary: SHELLS.join(", "), optional: true, choices: SHELLS },
    { name: "WORD", summary: "", optional: true, many: true, hidden: true },
  ],
  options: {
    complete: {
      type: "boolean",
      summary: "what fits after WORD...; used by the script",
      hidden: true,
    },
  },
  examples: [
    { line: "cca-rim completion bash >> ~/.bashrc", does: "completes in every new bash" },
    {
      line: "cca-rim completion fish -o ~/.config/fish/completions/cca-rim.fish",
      does: "completes in fish",
    },
  ],
  async *run({ operands: [named, ...words], options }, { json, commands }) {
    const shell =
      SHELLS.find((s) => s === (named ?? basename(process.env["SHELL"] ?? ""))) ?? "bash";
    if (options.complete) {
      const { completions } = await import("../complete.ts");
      const found = await completions(commands, words, shell);
      yield found.map(({ value, summary }) => `${value}\t${summary}\n`).join("");
      return 0;
    }
    if (words.length > 0) {
      throw new CcaRimError("USAGE_ARGUMENT", `unexpected argument "${words[0]}"`);
    }
    const { SCRIPTS } = await import("../completion-scripts.ts");
    yield json ? jsonDocument({ shell, script: SCRIPTS[shell] }) : SCRIPTS[shell];
    return 0;
  },
});
