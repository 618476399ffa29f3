/**
 * RMI_FEATURES: reads a feature register.
 *
 * @see RMM 1.0-rel0 B4.3.4
 * @module
 */
import { CommandContext, type RmiCommand } from "../command.ts";
import { encodeFeatures } from "../features.ts";

type C = CommandContext<"RMI_FEATURES">;

export const features: RmiCommand<"RMI_FEATURES", C> = {
  name: "RMI_FEATURES",
  section: "B4.3.4",
  context: CommandContext,
  failures: [],
  apply({ rmm, input }) {
    // Success condition "index": every register that the version does not have reads as zero.
    const register = rmm.spec.featureRegisters[Number(input.index)] ?? {};
    return { outputs: { value: encodeFeatures(register, rmm.features) } };
  },
};
