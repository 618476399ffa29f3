/**
 * RMI_REALM_ACTIVATE: freezes the RIM and lets the Realm run. Not measured.
 *
 * @see RMM 1.0-rel0 B4.3.8
 * @module
 */
import {
  type Failure,
  granuleErrors,
  RealmContext,
  type RmiCommand,
  realmError,
} from "../command.ts";

type C = RealmContext<"RMI_REALM_ACTIVATE">;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  realmError("realm_state", (c) => c.realm.state !== "REALM_NEW"),
];

export const realmActivate: RmiCommand<"RMI_REALM_ACTIVATE", C> = {
  name: "RMI_REALM_ACTIVATE",
  section: "B4.3.8",
  context: RealmContext,
  failures,
  apply(c) {
    c.realm.state = "REALM_ACTIVE";
    return {};
  },
};
