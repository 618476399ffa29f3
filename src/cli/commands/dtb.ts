/**
 * `dtb`: the device tree of a launch.
 *
 * @module
 */
import { type Command, defineCommand } from "../command.ts";

/** The command. */
export const dtb: Command = defineCommand({
  name: "dtb",
  summary: "Writes the device tree that the VMM puts into guest memory, byte for byte.",
  details: [
    "The tree comes with the bytes behind it that are measured: 64 KiB under kvmtool, 1 MiB under QEMU. It works for ordinary virtual machines of the same VMM, too, since those are what real binaries can be compared with.",
    "--json prints the address, the size and the SHA-256 of the tree instead of its bytes.",
  ],
  operands: [{ name: "MANIFEST", summary: "launch manifest, YAML or JSON", complete: "file" }],
  options: {
    dts: { type: "boolean", summary: "print the tree as device tree source" },
  },
  examples: [
    { line: "cca-rim dtb guest.yaml -o guest.dtb", does: "writes the tree to a file" },
    { line: "cca-rim dtb --dts guest.yaml | less", does: "shows the tree as text" },
  ],
  async *run({ operands: [path = ""], options: { dts } }, { json, warn }) {
    const { ManifestSession } = await import("../manifest-session.ts");
    const session = await ManifestSession.open(path, { purpose: "dtb" });
    try {
      const tree = session.tree();
      for (const warning of tree.warnings ?? []) warn(warning);
      if (dts) {
        const { readFdt } = await import("../../formats/fdt/reader.ts");
        const { toDts } = await import("../../formats/fdt/dts.ts");
        yield toDts(readFdt(tree.bytes));
      } else if (json) {
        const { jsonDocument } = await import("../../report/json.ts");
        const { treeReport } = await import("../../report/tree.ts");
        const { nodeHashes } = await import("../../hash/node.ts");
        yield jsonDocument(treeReport(tree, nodeHashes));
      } else yield tree.bytes;
      session.verifyUnchanged();
      return 0;
    } finally {
      session.close();
    }
  },
});
