/** The pages in a real browser, where there is one. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { run } from "../cli/run.ts";
import { temporaryFolders } from "../cli/temporary.ts";

const newFolder = temporaryFolders();
const NAMES = [process.env["CHROMIUM"] ?? "", "chromium", "chromium-browser", "google-chrome"];
const browser = NAMES.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);

/** What the page looks like from the inside; runs in the browser. */
const PROBE = `
const luminance = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => {
    const s = v / 255;
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element) => {
  for (let e = element; e !== null; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(color)) return color;
  }
  return "rgb(255, 255, 255)";
};
const contrast = (element) => {
  const [a, b] = [luminance(getComputedStyle(element).color), luminance(background(element))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const texts = [...document.querySelectorAll("body *")].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "") && !e.closest("svg, style, script"),
);
const wide = [...document.querySelectorAll("body *")].filter(
  (e) => !e.closest("svg, thead, .skip") && e.getBoundingClientRect().right > innerWidth + 1,
);
document.documentElement.dataset.probe = JSON.stringify({
  width: innerWidth,
  scrollWidth: document.documentElement.scrollWidth,
  wide: wide.map((e) => e.outerHTML.slice(0, 80)),
  contrast: Math.min(...texts.map(contrast)),
  paper: getComputedStyle(document.body).backgroundColor,
  resources: performance.getEntriesByType("resource").length,
  focusable: [...document.querySelectorAll("a[href], [tabindex='0']")].every((e) => e.tabIndex === 0),
  maps: [...document.querySelectorAll("svg.map")].map((e) => e.getBoundingClientRect().height),
  cut: [...document.querySelectorAll("svg.map text, .strip span")].filter((e) => {
    const [box, room] = [e.getBoundingClientRect(), e.closest("svg, .strip").getBoundingClientRect()];
    return box.left < room.left - 1 || box.right > room.right + 1;
  }).map((e) => e.textContent),
  overlaps: [...document.querySelectorAll("svg.map")].flatMap((map) => {
    const boxes = [...map.querySelectorAll("text")].map((e) => e.getBoundingClientRect());
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3));
  }).length,
});
`;

interface Probe {
  readonly width: number;
  readonly scrollWidth: number;
  readonly wide: readonly string[];
  readonly contrast: number;
  readonly paper: string;
  readonly resources: number;
  readonly focusable: boolean;
  readonly maps: readonly number[];
  readonly cut: readonly string[];
  readonly overlaps: number;
}

async function look(page: string, width: number, dark: boolean): Promise<Probe> {
  const folder = newFolder();
  const text = readFileSync(page, "utf8");
  const probed = text
    .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "")
    .replace("</body>", `<script>${PROBE}</script></body>`);
  expect(probed.length).toBeGreaterThan(text.length);
  // Windows of a browser have a least width, frames do not.
  const frame = join(folder, "frame.html");
  writeFileSync(
    frame,
    `<iframe style="width:${width}px;height:900px;border:0" srcdoc="${probed.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>
<script>onload = () => { document.documentElement.dataset.probe = frames[0].document.documentElement.dataset.probe; };</script>`,
  );
  const { stdout } = await promisify(execFile)(
    browser ?? "",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${join(folder, "profile")}`,
      "--window-size=1600,1000",
      `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
      "--virtual-time-budget=2000",
      "--dump-dom",
      pathToFileURL(frame).href,
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const found = /<html[^>]* data-probe="([^"]*)"/.exec(stdout)?.[1] ?? "";
  return JSON.parse(
    found
      .replaceAll("&quot;", '"')
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&"),
  ) as Probe;
}

/** A launch of many pieces with long names, above 4 GiB, some of them not measured. */
function manyPieces(folder: string): string {
  const pieces = Array.from({ length: 90 }, (_, i) => {
    const ipa = 2 ** 36 + i * 0x20_0000;
    const name = `a-long-name-of-a-firmware-volume-${i}.fd`;
    writeFileSync(join(folder, name), new Uint8Array(4096 * (1 + (i % 5))).fill(i));
    return { data: { file: name, ipa: `0x${ipa.toString(16)}`, measure: i % 3 > 0 } };
  });
  const path = join(folder, "many.json");
  const top = `0x${(2 ** 36 + 0x1000_0000).toString(16)}`;
  writeFileSync(
    path,
    JSON.stringify({
      manifest: 1,
      rmm: "1.0-rel0",
      host: { vmm: "none", hypervisor: "direct" },
      realm: { hashAlgo: "sha-512", s2sz: 40, numBps: 1, numWps: 1 },
      launch: [
        { ripas: { base: `0x${(2 ** 36).toString(16)}`, top } },
        ...pieces,
        { activate: true },
      ],
    }),
  );
  return path;
}

/** Pages of the sample, of the sample beside another one, and of many pieces. */
async function pages(): Promise<readonly string[]> {
  const folder = newFolder();
  const sample = "golden/self/sample/launch.yaml";
  const other = "test/report/other-sample.yaml";
  const paths = ["one.html", "two.html", "many.html"].map((name) => join(folder, name));
  const [first = "", second = "", third = ""] = paths;
  const one = await run(["report", sample, "-o", first]);
  const two = await run(["report", sample, other, "-o", second]);
  const many = await run(["report", manyPieces(folder), "-o", third]);
  expect([one, two, many].map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
    [0, ""],
  ]);
  return paths;
}

describe.skipIf(browser === undefined)("in a browser (skipped where there is none)", () => {
  test.each([
    [360, false],
    [390, true],
    [1280, false],
    [1280, true],
  ])("%i pixels wide, dark: %s", async (width, dark) => {
    for (const page of await pages()) {
      const probe = await look(page, width, dark);
      expect(probe.width).toBe(width);
      expect(probe.wide).toEqual([]);
      expect(probe.scrollWidth).toBeLessThanOrEqual(width);
      expect(probe.contrast).toBeGreaterThanOrEqual(4.5);
      expect(probe.paper).toBe(dark ? "rgb(16, 20, 24)" : "rgb(255, 255, 255)");
      expect(probe.resources).toBe(0);
      expect(probe.focusable).toBe(true);
      expect(probe.maps.length).toBeGreaterThan(0);
      expect(Math.min(...probe.maps)).toBeGreaterThan(200);
      expect(probe.cut).toEqual([]);
      expect(probe.overlaps).toBe(0);
    }
  });
});
