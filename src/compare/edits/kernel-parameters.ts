/**
 * Kernel parameters that people and scripts add, forget or repeat.
 *
 * @module
 */

/** Parameters beside those of the console. */
const COMMON: readonly string[] = [
  "earlycon",
  "root=/dev/vda",
  "root=/dev/vda1",
  "root=/dev/vda2 rw",
  "rdinit=/bin/sh",
  "rdinit=/init",
  "rw",
  "quiet",
  "debug",
  "nokaslr",
  "panic=-1",
];

function withParameter(given: string, more: string): readonly string[] {
  return [`${given} ${more}`, `${more} ${given}`];
}

/**
 * Other command lines: with something added, with one word less, with other spaces.
 *
 * @param given the line as it is; undefined if there is none.
 * @param consoles names of consoles, e.g. "ttyS0".
 */
export function parameterLines(
  given: string | undefined,
  consoles: readonly string[],
): readonly string[] {
  const [first = ""] = consoles;
  const parameters = [
    ...consoles.map((name) => `console=${name}`),
    ...COMMON,
    `earlycon console=${first}`,
    `console=${first} root=/dev/vda`,
    `console=${first} root=/dev/vda rw`,
  ];
  if (given === undefined) return ["", ...parameters];
  const words = given.split(" ");
  const shorter = words.map((_, i) => words.filter((__, j) => j !== i).join(" "));
  return [
    ...(words.length > 1 ? shorter : []),
    given.trim(),
    `${given} `,
    "",
    ...parameters.flatMap((more) => withParameter(given, more)),
    ...parameters,
  ];
}

const ROOTS: readonly string[] = ["/dev/vda", "/dev/vda1", "/dev/vda2", "/dev/sda", "/dev/sda1"];

/**
 * Whole command lines that people write: a root file system, how it is mounted, a console.
 *
 * @param consoles names of consoles, e.g. "ttyS0".
 */
export function wholeLines(consoles: readonly string[]): readonly string[] {
  const outputs = ["", ...consoles.map((name) => `console=${name}`)];
  const inOrder = (words: readonly string[]): string =>
    words.filter((word) => word !== "").join(" ");
  return ROOTS.flatMap((root) =>
    ["", "rw", "ro"].flatMap((mode) =>
      ["", "quiet", "rootwait"].flatMap((more) =>
        outputs.flatMap((output) => [
          inOrder([output, `root=${root}`, mode, more]),
          inOrder([`root=${root}`, mode, more, output]),
          inOrder(["earlycon", output, `root=${root}`, mode, more]),
        ]),
      ),
    ),
  );
}
