/**
 * RMI_REALM_TERMINATE (RMM 2.0): ends a Realm, which can be destroyed afterwards.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/realm.c:805
 * @module
 */
import {
  type Failure,
  granuleErrors,
  RealmContext,
  type RmiCommand,
  realmError,
} from "../command.ts";

type C = RealmContext<"RMI_REALM_TERMINATE">;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  // A running REC keeps its Realm alive (realm.c:825); the model has no RMI_REC_ENTER.
  realmError("tfrmm_rec_running", () => false),
];

export const realmTerminate: RmiCommand<"RMI_REALM_TERMINATE", C> = {
  name: "RMI_REALM_TERMINATE",
  section: "(TF-RMM runtime/rmi/realm.c:805)",
  context: RealmContext,
  failures,
  apply({ realm }) {
    realm.state = "REALM_ZOMBIE";
    return {};
  },
};
