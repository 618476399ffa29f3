/**
 * RMI_RTT_INIT_RIPAS in RMM 2.0: not measured, and it passes over what is assigned already.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rtt.c:1236
 * @module
 */
import { ipa } from "../../units.ts";
import { edited, type RmiCommand } from "../command.ts";
import { isLive, RTTE, type Rtte, rttLevelSize } from "../rtt.ts";
import { InitRipasContext, rttInitRipas } from "./rtt-init-ripas.ts";

/** Context of RMI_RTT_INIT_RIPAS, RMM 2.0. */
export class PassingInitRipasContext extends InitRipasContext {
  override isInitialisable(entry: Rtte): boolean {
    const isAssigned = entry === RTTE.ASSIGNED_EMPTY || entry === RTTE.ASSIGNED_RAM;
    return isAssigned || super.isInitialisable(entry);
  }
}

export const rttInitRipasUnmeasured: RmiCommand<"RMI_RTT_INIT_RIPAS", PassingInitRipasContext> = {
  ...rttInitRipas,
  context: PassingInitRipasContext,
  failures: edited(rttInitRipas.failures, [
    { remove: "rtte_state", because: "rtt.c:1319 accepts ASSIGNED EMPTY and ASSIGNED RAM, too" },
  ]),
  apply(c) {
    const { table, index, level } = c.walk;
    const entries = (c.walkTop - Number(c.input.base)) / rttLevelSize(level);
    for (let i = index; i < index + entries; i++) {
      const ram = isLive(table.state(i)) ? RTTE.ASSIGNED_RAM : RTTE.UNASSIGNED_RAM;
      table.set(i, ram, table.address(i));
    }
    return { outputs: { out_top: ipa(c.walkTop) } };
  },
};
