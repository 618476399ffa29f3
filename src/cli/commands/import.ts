/**
 * `import`: a VMM's command line becomes a manifest.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { type Command, defineCommand } from "../command.ts";
import { completeModels } from "../options.ts";

/** Makes sure that the options name models. @throws CcaRimError USAGE_ARGUMENT */
async function requireModels(
  vmmName: string | undefined,
  { vmm, hypervisor, rmm }: Readonly<Record<"vmm" | "hypervisor" | "rmm", string | undefined>>,
): Promise<void> {
  const { requireModel } = await import("../model-names.ts");
  requireModel("vmm", vmm);
  if (vmm !== undefined && !vmm.startsWith(`${vmmName}/`)) {
    throw new CcaRimError("USAGE_ARGUMENT", `--vmm: ${vmm} is no version of ${vmmName}`, {
      hint: `cca-rim models ${vmmName} lists them`,
    });
  }
  requireModel("hypervisor", hypervisor);
  requireModel("rmm", rmm);
}

/** The command. */
export const importLine: Command = defineCommand({
  name: "import",
  summary: "Turns a VMM's command line into a commented launch manifest.",
  details: [
    "What the line alone does not tell is a guess, and the comments say so: the version of the VMM, the KVM series, the RMM version, what CPU and RMM offer.",
  ],
  operands: [
    { name: "VMM", summary: "whose line it is", choices: ["kvmtool", "qemu"] },
    { name: "ARGV", summary: "the line, after --: the program's name first", many: true },
  ],
  options: {
    vmm: {
      type: "string",
      value: "MODEL",
      summary: "the VMM's version, e.g. kvmtool/v3 or qemu/9.1.91+rfc-v3",
      complete: completeModels("vmm"),
    },
    hypervisor: {
      type: "string",
      value: "MODEL",
      summary: "the KVM series, e.g. linux-kvm/v7",
      complete: completeModels("hypervisor"),
    },
    rmm: {
      type: "string",
      value: "VERSION",
      summary: "the RMM version, e.g. 1.0-rel0",
      complete: completeModels("rmm"),
    },
  },
  examples: [
    {
      line: "cca-rim import kvmtool -- lkvm run --realm -c 2 -m 512M -k Image -i initrd.gz",
      does: "prints a manifest of that launch; everything after -- belongs to the line",
    },
    {
      line: "cca-rim import --vmm kvmtool/v3 -o guest.yaml kvmtool -- lkvm run --realm -k Image",
      does: "writes the manifest, for a version that is known",
    },
    {
      line: "cca-rim import qemu -- qemu-system-aarch64 -M virt,confidential-guest-support=r -object rme-guest,id=r -cpu host -accel kvm -kernel Image",
      does: "prints a manifest of QEMU's launch, with the realm series that most likely takes it",
    },
  ],
  async *run({ operands: [vmmName, ...argv], options: { vmm, hypervisor, rmm } }, { json }) {
    const { importVmmLine } = await import("../../host/vmm/import.ts");
    await requireModels(vmmName, { vmm, hypervisor, rmm });
    try {
      const imported = importVmmLine(vmmName === "qemu" ? "qemu" : "kvmtool", argv, {
        ...(vmm === undefined ? {} : { vmm }),
        ...(hypervisor === undefined ? {} : { hypervisor }),
        ...(rmm === undefined ? {} : { rmm }),
      });
      if (json) {
        const { jsonDocument } = await import("../../report/json.ts");
        yield jsonDocument({ manifest: imported.manifest, comments: imported.comments });
      } else {
        const { manifestText } = await import("../../manifest/write.ts");
        yield await manifestText(imported);
      }
      return 0;
    } catch (error) {
      if (error instanceof RangeError) {
        const message = error.message.replace('"vmm"', "--vmm");
        throw new CcaRimError("USAGE_ARGUMENT", message, {
          hint: `cca-rim models ${vmmName} lists them`,
          cause: error,
        });
      }
      throw error;
    }
  },
});
