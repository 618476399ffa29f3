/**
 * RMI_REALM_DESTROY: destroys a Realm without RECs and mappings.
 *
 * @see RMM 1.0-rel0 B4.3.10
 * @module
 */
import {
  type Failure,
  granuleErrors,
  RealmContext,
  type RmiCommand,
  realmError,
} from "../command.ts";
import type { Realm } from "../realm.ts";

type C = RealmContext<"RMI_REALM_DESTROY">;

/** Whether RECs or granules hang on the Realm. @see RMM 1.0-rel0 A2.1.4 Realm liveness */
export function isRealmLive(realm: Realm): boolean {
  const tables = [...realm.stage2.roots, ...realm.auxRoots];
  return realm.numRecs > 0 || tables.some((root) => root.references > 0);
}

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  realmError("realm_live", ({ realm }) => isRealmLive(realm)),
];

export const realmDestroy: RmiCommand<"RMI_REALM_DESTROY", C> = {
  name: "RMI_REALM_DESTROY",
  section: "B4.3.10",
  context: RealmContext,
  failures,
  apply({ rmm, realm, input }) {
    const rd = Number(input.rd);
    const tables = [...realm.stage2.roots, ...realm.auxRoots];
    for (const root of tables) rmm.granules.set(root.pa, "DELEGATED");
    for (const vmid of realm.vmids) rmm.vmids.delete(vmid);
    if (realm.mecid !== undefined) rmm.mecids.delete(realm.mecid);
    rmm.realms.delete(rd);
    rmm.granules.set(rd, "DELEGATED");
    return {};
  },
};
