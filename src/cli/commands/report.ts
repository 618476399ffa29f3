/**
 * `report`: a page to look at.
 *
 * @module
 */
import { type Command, type Context, defineCommand } from "../command.ts";

/** The page of one launch, or the data behind it. */
async function one(path: string, { json, onProgress }: Context): Promise<string> {
  const { newDigests } = await import("../open-manifest.ts");
  const { runLaunch } = await import("../launch-page.ts");
  const { session, page } = await runLaunch(path, await newDigests(), onProgress);
  try {
    if (json) return (await import("../../report/json.ts")).jsonDocument({ launches: [page] });
    return (await import("../../report/html/launch.ts")).launchHtml(page);
  } finally {
    session.close();
  }
}

/** The page of two launches, or the data behind it. */
async function two(
  [pathA, pathB]: readonly [string, string],
  { json, onProgress }: Context,
): Promise<string> {
  const { newDigests } = await import("../open-manifest.ts");
  const { runLaunch } = await import("../launch-page.ts");
  const shared = await newDigests();
  const a = await runLaunch(pathA, shared, onProgress);
  try {
    const b = await runLaunch(pathB, shared, onProgress);
    try {
      const { jsonDocument } = await import("../../report/json.ts");
      if (json) return jsonDocument({ launches: [a.page, b.page] });
      const { diffLaunches } = await import("../../compare/diff.ts");
      const { launchDiffAnswer } = await import("../../report/diff.ts");
      const { diffHtml } = await import("../../report/html/diff.ts");
      const one = { plan: a.session.plan, launch: a.launch };
      const other = { plan: b.session.plan, launch: b.launch };
      const diff = diffLaunches(one, other, shared);
      const answer = launchDiffAnswer(diff, a.page.name, b.page.name);
      return diffHtml({ a: a.page, b: b.page, answer });
    } finally {
      b.session.close();
    }
  } finally {
    a.session.close();
  }
}

/** The command. */
export const report: Command = defineCommand({
  name: "report",
  summary: "Writes an HTML page about a launch, or about two and why they differ.",
  details: [
    "One file that loads nothing from elsewhere: measured values, a map of guest memory drawn to scale, the RMI calls with the RIM after each group, inputs with digests, assumptions, and what proves each model. The same inputs give the same bytes.",
  ],
  operands: [
    { name: "MANIFEST", summary: "launch manifest, YAML or JSON", complete: "file" },
    {
      name: "OTHER",
      summary: "a second one: both side by side, the cause of the difference first",
      optional: true,
      complete: "file",
    },
  ],
  options: {
    html: { type: "boolean", summary: "HTML, which is the default" },
  },
  examples: [
    { line: "cca-rim report guest.yaml -o guest.html", does: "writes the page" },
    {
      line: "cca-rim report before.yaml after.yaml -o why.html",
      does: "writes a page that tells why two launches measure differently",
    },
  ],
  async *run({ operands: [path = "", other] }, context) {
    yield other === undefined ? await one(path, context) : await two([path, other], context);
    return 0;
  },
});
