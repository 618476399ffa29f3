/**
 * `inspect`: any file of the field, decoded.
 *
 * @module
 */
import { type Command, defineCommand } from "../command.ts";

/** The command. */
export const inspect: Command = defineCommand({
  name: "inspect",
  summary: "Prints a token, CoRIM, event log, device tree or Image header, decoded with names.",
  details: [
    "What the file is, is told by its content. Nothing is verified: values are shown as they stand there.",
  ],
  operands: [{ name: "FILE", summary: "the file to decode", complete: "file" }],
  options: {},
  examples: [
    { line: "cca-rim inspect token.cbor", does: "prints both parts of a token, claim by claim" },
    {
      line: "cca-rim inspect ccel.bin",
      does: "lists the events of a log, and the REMs that a Realm has after it",
    },
  ],
  async *run({ operands: [file = ""] }, { json }) {
    const { inFile, readBytes } = await import("../read-file.ts");
    const { inspectBytes } = await import("../../evidence/inspect/inspect.ts");
    const { nodeHashes } = await import("../../hash/node.ts");
    const bytes = readBytes(file);
    const { kind, nodes } = inFile(file, () => inspectBytes(bytes, nodeHashes));
    if (json) {
      const { jsonDocument } = await import("../../report/json.ts");
      yield jsonDocument({ file, kind, nodes });
    } else {
      const { inspectLines } = await import("../../report/inspection.ts");
      yield `${kind}\n${inspectLines(nodes)}`;
    }
    return 0;
  },
});
