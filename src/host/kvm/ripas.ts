/**
 * INIT_RIPAS: the loop between KVM and the RMM. How large the entries are that become RAM, and so
 * what is measured, is what this loop yields; there is no formula for it.
 *
 * @module
 */
import { GRANULE_SIZE, type Ipa } from "../../units.ts";
import { turnOf } from "../rmi-calls.ts";
import { largestFittingLevel } from "../stage2.ts";
import { createTables } from "./calls.ts";
import { type KvmPart, type KvmRefusal, refuse, refuseFor, refuseOrder } from "./refusal.ts";
import type { KvmVm } from "./vm.ts";

const PAGE = BigInt(GRANULE_SIZE);

/** Makes [base, top) RAM, as far as the RMM lets it. */
export function* initRipas(vm: KvmVm, base: Ipa, top: Ipa, origin: string | undefined): KvmPart {
  let at = base;
  while (at < top) {
    const turn = turnOf(
      { command: "RMI_RTT_INIT_RIPAS", input: { rd: vm.rd, base: at, top } },
      origin,
    );
    const result = yield turn;
    if (result.status === "RMI_SUCCESS") {
      at = BigInt(result.outputs["out_top"] ?? top) as Ipa;
      continue;
    }
    if (result.status !== "RMI_ERROR_RTT") return refuseFor("ENXIO", turn, result);
    const level = largestFittingLevel(at, top, vm.startLevel);
    if (result.index < level) {
      const refusal = yield* createTables(vm, at, result.index, level, origin);
      if (refusal !== undefined) return refusal;
    } else if (vm.facts.ripasStuck === "skip") {
      at = (at + PAGE) as Ipa;
    } else if (vm.facts.ripasStuck === "repeat") {
      return stuckForever();
    } else {
      return {
        ...refuseFor(vm.facts.ripasStuck, turn, result),
        outOfOrder: true,
        hint: `${vm.name} sets RIPAS before content is populated, not over it`,
      };
    }
  }
  return undefined;
}

function stuckForever(): KvmRefusal {
  return refuseOrder(
    "EINVAL",
    "KVM would repeat RMI_RTT_INIT_RIPAS without end, since the RMM does not change the entry",
  );
}

/** The request INIT_RIPAS of a VMM. */
export function* initRipasRequest(
  vm: KvmVm,
  base: Ipa,
  size: bigint,
  origin: string | undefined,
): KvmPart {
  if (base + size >= 1n << 64n) return refuse("EINVAL", "the range ends above 2^64");
  if (vm.state !== "NEW") return refuseOrder(vm.facts.wrongState, notNew(vm));
  return yield* initRipas(vm, base, (base + size) as Ipa, origin);
}

/** Why a request that needs a Realm under construction is refused. */
export function notNew(vm: KvmVm): string {
  return vm.state === "NONE" ? "there is no Realm yet" : "the Realm is active already";
}
