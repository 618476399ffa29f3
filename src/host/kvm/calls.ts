/**
 * The small RMI calls that everything else is made of: granules, tables.
 *
 * @module
 */
import type { RmiResult } from "../../rmm/rmi.ts";
import { rttLevelSize } from "../../rmm/rtt.ts";
import { GRANULE_SIZE, type Ipa, type Pa } from "../../units.ts";
import type { HostTurn } from "../process.ts";
import { turnOf } from "../rmi-calls.ts";
import { type KvmPart, refuseFor } from "./refusal.ts";
import type { KvmVm } from "./vm.ts";

/** Delegates `count` granules from `first` on. */
export function* delegate(
  vm: KvmVm,
  first: Pa,
  count: number,
  origin: string | undefined,
): KvmPart {
  for (let i = 0; i < count; i++) {
    const turn = turnOf(vm.calls.delegate((first + BigInt(i * GRANULE_SIZE)) as Pa), origin);
    const result = yield turn;
    if (result.status !== "RMI_SUCCESS") return refuseFor("ENXIO", turn, result);
  }
  return undefined;
}

/** Takes `count` granules from `first` on back, last first. KVM only warns if that fails. */
export function* undelegate(
  vm: KvmVm,
  first: Pa,
  count: number,
  origin: string | undefined,
): Generator<HostTurn, void, RmiResult> {
  for (let i = count - 1; i >= 0; i--) {
    yield turnOf(vm.calls.undelegate((first + BigInt(i * GRANULE_SIZE)) as Pa), origin);
  }
}

/** Creates the tables at levels `from + 1` .. `to` on the way to `ipa`. */
export function* createTables(
  vm: KvmVm,
  ipa: Ipa,
  from: number,
  to: number,
  origin: string | undefined,
): KvmPart {
  for (let level = from + 1; level <= to; level++) {
    const rtt = vm.granules.take();
    const refusal = yield* delegate(vm, rtt, 1, origin);
    if (refusal !== undefined) return refusal;
    const size = BigInt(rttLevelSize(level - 1));
    const base = (ipa - (ipa % size)) as Ipa;
    const turn = turnOf(
      { command: "RMI_RTT_CREATE", input: { rd: vm.rd, rtt, ipa: base, level } },
      origin,
    );
    const result = yield turn;
    if (result.status !== "RMI_SUCCESS") {
      yield* undelegate(vm, rtt, 1, origin);
      return refuseFor("ENXIO", turn, result);
    }
  }
  return undefined;
}
