/**
 * RMI_REC_CREATE and RMI_REC_DESTROY in RMM 2.0: operations of several calls, in which the host
 * donates the auxiliary granules of a REC and gets them back.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rec.c:352-720, lib/sro_context/src/sro_aux.c
 * @module
 */
import { ADDRESS_LIST_MAX, AddressList } from "../address-range.ts";
import {
  edited,
  type Failure,
  inputError,
  type OperationAnswer,
  type RmiCommand,
} from "../command.ts";
import {
  type Operation,
  operationsError,
  refusal,
  waitForDonation,
  waitForReclaim,
  waitToContinue,
} from "../operations.ts";
import type { RmiOutputs } from "../rmi.ts";
import type { Rmm } from "../rmm.ts";
import { RTT_PAGE_LEVEL } from "../rtt.ts";
import { createRec, RecCreateContext, recCreatePage } from "./rec-create.ts";
import { type RecDestroyContext, recDestroy } from "./rec-destroy.ts";

/** Context of RMI_REC_CREATE, RMM 2.0. */
export class DonatedRecCreateContext extends RecCreateContext {
  /** PAs of the granules that the host offers at the moment. */
  offered: readonly number[] = [];
}

type C = DonatedRecCreateContext;

const isDelegated = (rmm: Rmm, pa: number): boolean =>
  rmm.granules.stateOf(BigInt(pa) as never) === "DELEGATED";

/** Returns auxiliary granules to the host as it makes room for them, then the object's own. */
function* giveBack(
  rmm: Rmm,
  object: number,
  granules: readonly number[],
  answer: OperationAnswer,
): Operation {
  const left = [...granules];
  let outputs: RmiOutputs = {};
  // Without room nothing happens, even if there is nothing to return (runtime/rmi/sro.c:294).
  for (let room = 0; room === 0 || left.length > 0; ) {
    ({ room } = yield waitForReclaim(left.length, outputs));
    const list = new AddressList(ADDRESS_LIST_MAX, RTT_PAGE_LEVEL);
    for (const pa of left.splice(0, room)) {
      rmm.granules.set(pa, "DELEGATED");
      list.add(pa);
    }
    outputs = { reclaimed: list.descriptors.length };
  }
  yield waitToContinue(outputs);
  rmm.granules.set(object, "DELEGATED");
  return { operation: answer };
}

/** Asks for auxiliary granules, then creates the REC. */
function* create(c: C, later: readonly Failure<C>[]): Operation {
  const { rmm } = c;
  const rec = Number(c.input.rec);
  const donated: number[] = [];
  let outputs: RmiOutputs = {};
  while (donated.length < rmm.spec.recAuxCount) {
    c.offered = (yield waitForDonation(rmm.spec.recAuxCount - donated.length, outputs)).blocks;
    const refused = refusal(later, "donate", c);
    if (refused !== undefined) return yield* giveBack(rmm, rec, donated, refused);
    const before = donated.length;
    // The first granule that is not delegated, or offered again, ends the donation; the host is
    // asked for the rest.
    for (const pa of c.offered) {
      if (!isDelegated(rmm, pa)) break;
      rmm.granules.set(pa, "REC_AUX");
      donated.push(pa);
    }
    outputs = { donated: donated.length - before };
  }
  yield waitToContinue(outputs);
  const refused = refusal(later, "continue", c);
  if (refused !== undefined) return yield* giveBack(rmm, rec, donated, refused);
  const operation = { status: "RMI_SUCCESS", index: 0, rd: c.input.rd } as const;
  return { ...createRec(c, donated), operation };
}

const OBJECT_IDS: ReadonlySet<string> = new Set(["rec_align", "rec_bound", "rec_state"]);

/** Only the REC granule is looked at before the host has donated. */
const staged = recCreatePage.map(
  (failure): Failure<C> =>
    OBJECT_IDS.has(failure.id) ? failure : { ...failure, stage: "continue" },
);

export const recCreateDonated: RmiCommand<"RMI_REC_CREATE", C> = {
  name: "RMI_REC_CREATE",
  section: "(TF-RMM runtime/rmi/rec.c:572)",
  context: DonatedRecCreateContext,
  failures: edited(staged, [
    {
      add: operationsError(),
      before: "rd_align",
      because: "rec.c:591 reserves a context; all of them can be in use",
    },
    {
      add: {
        ...inputError<C>("tfrmm_aux_state", ({ rmm, offered }) =>
          offered.slice(0, 1).some((pa) => !isDelegated(rmm, pa)),
        ),
        stage: "donate",
      },
      before: "rd_align",
      because: "lib/sro_context/src/sro_aux.c:143 gives up if the first granule is not delegated",
    },
    {
      move: "num_recs",
      before: "realm_state",
      because: "rec.c:439 looks at the RD's reference count before it maps the RD",
    },
  ]),
  apply(c, later) {
    c.rmm.granules.set(Number(c.input.rec), "PARTIAL");
    return c.rmm.operations.start(create(c, later));
  },
};

export const recDestroyReclaimed: RmiCommand<"RMI_REC_DESTROY", RecDestroyContext> = {
  ...recDestroy,
  section: "(TF-RMM runtime/rmi/rec.c:618)",
  failures: edited(recDestroy.failures, [
    {
      add: operationsError(),
      before: "rec_align",
      because: "rec.c:637 reserves a context before it looks at the granule",
    },
  ]),
  apply(c) {
    const { rmm, rec } = c;
    const pa = Number(c.input.rec);
    rmm.granules.set(pa, "PARTIAL");
    rmm.recs.delete(pa);
    const realm = rmm.realms.get(rec.owner);
    if (realm !== undefined) realm.numRecs -= 1;
    const done = { status: "RMI_SUCCESS", index: 0 } as const;
    return rmm.operations.start(giveBack(rmm, pa, rec.aux, done));
  },
};
