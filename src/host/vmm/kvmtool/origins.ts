/**
 * Which argument leads to a request, so that an objection to the request points at it.
 *
 * @module
 */
import type { VmmRequest } from "../../requests.ts";
import type { KvmtoolConfig } from "./config.ts";
import { LINE_POINTER, optionPointer } from "./refusal.ts";

/** Options behind configuration items; the first one that is given counts. */
const CONFIG_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  hash_algo: ["measurement-algo"],
  rpv: ["realm-pv", "realm-pv-hex"],
  sve: ["sve-vl"],
  pmu: ["pmu-counters"],
};

/** Options behind a request; the first one that is given counts. */
function optionsBehind(request: VmmRequest): readonly string[] {
  switch (request.request) {
    case "create_vm":
    case "memslot":
    case "init_ripas":
      return ["mem"];
    case "config":
      return CONFIG_OPTIONS[request.name] ?? [];
    case "populate":
      // What is loaded goes by the name of its option.
      return [request.label];
    case "vcpu_setup":
    case "vcpu_finalize":
      return ["cpus"];
    default:
      return [];
  }
}

/** The request with a pointer to the argument that leads to it, else to the whole line. */
export function withOrigin(config: KvmtoolConfig, request: VmmRequest): VmmRequest {
  const option = optionsBehind(request).find((name) => config.at.has(name));
  const origin = option === undefined ? LINE_POINTER : optionPointer(config, option);
  return { origin, ...request };
}
