import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rmmSpec } from "../../../src/rmm/spec/index.ts";
import {
  launchSteps,
  modelledForm,
  type RecordedLaunch,
  readLaunches,
  recordedForm,
  runRecorded,
} from "./recorded-launch.ts";

const SERIES = ["v7", "v11", "v12", "v14", "v15"] as const;
const GOLDEN = fileURLToPath(new URL("../../../golden/oracle/kvm/", import.meta.url));
const SHARED = fileURLToPath(new URL("../../../../shared/vectors/kvm/", import.meta.url));

const ERRNO: Readonly<Record<number, string>> = {
  6: "ENXIO",
  14: "EFAULT",
  16: "EBUSY",
  17: "EEXIST",
  22: "EINVAL",
};

function check(recorded: RecordedLaunch): void {
  const model = runRecorded(recorded);
  const steps = launchSteps(recorded);
  const got = model.calls.map((call) => modelledForm(call, model.spec));
  expect(got).toEqual(steps.map((step, i) => recordedForm(step, got[i] ?? { args: {} })));
  expect(model.calls.length).toBe(steps.length);
  expect(model.activated).toBe(recorded.activated);
  if (recorded.activated) expect(model.rim).toBe(recorded.finalRim);
  const failures = recorded.apiCalls.filter(({ ret }) => ret < 0);
  expect(model.refused.map(({ refusal }) => refusal.errno)).toEqual(
    failures.map(({ ret }) => ERRNO[-ret]),
  );
}

function describeLaunches(title: string, folder: string): void {
  describe.skipIf(!existsSync(folder))(title, () => {
    for (const series of SERIES) {
      const path = `${folder}${series}/launches.jsonl.gz`;
      const launches = existsSync(path) ? readLaunches(path) : [];
      const modelled = launches.filter(({ rmm }) => rmmSpec(rmm) !== undefined);
      describe.skipIf(modelled.length === 0)(`linux-kvm/${series}`, () => {
        test.each(modelled.map((launch) => [launch.id, launch.launch.name, launch] as const))(
          "%s %s",
          (_id, _name, launch) => {
            check(launch);
          },
        );
      });
    }
  });
}

describeLaunches("recorded launches", GOLDEN);
describeLaunches("all recorded launches (shared vectors)", SHARED);
