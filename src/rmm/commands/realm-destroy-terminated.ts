/**
 * RMI_REALM_DESTROY in RMM 2.0: only of a Realm that was terminated.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/realm.c:839
 * @module
 */
import { edited, type RealmContext, type RmiCommand, realmError } from "../command.ts";
import { realmDestroy } from "./realm-destroy.ts";

export const realmDestroyTerminated: RmiCommand<
  "RMI_REALM_DESTROY",
  RealmContext<"RMI_REALM_DESTROY">
> = {
  ...realmDestroy,
  failures: edited(realmDestroy.failures, [
    {
      add: realmError("tfrmm_terminated", (c) => c.realm.state !== "REALM_ZOMBIE"),
      before: "realm_live",
      because: "realm.c:864 wants RMI_REALM_TERMINATE first",
    },
  ]),
};
