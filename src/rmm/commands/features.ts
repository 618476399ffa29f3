/**
 * RMI_FEATURES: reads a feature register.
 *
 * @see RMM 1.0-rel0 B4.3.4
 * @module
 */
import { u64 } from "../../units.ts";
import { CommandContext, type RmiCommand } from "../command.ts";
import { encodeFeatures } from "../features.ts";

type C = CommandContext<"RMI_FEATURES">;

export const features: RmiCommand<"RMI_FEATURES", C> = {
  name: "RMI_FEATURES",
  section: "B4.3.4",
  context: CommandContext,
  failures: [],
  apply({ rmm, input }) {
    // Success condition "index": every other register reads as zero.
    const value =
      input.index === 0n ? encodeFeatures(rmm.spec.featureRegister0, rmm.features) : u64(0);
    return { outputs: { value } };
  },
};
