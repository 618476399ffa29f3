/** Lines of a few words, for tests of one rule each. */

/** Words of a line: those of a text between blanks, then those given one by one. */
export function argvOf(line: string, words: readonly string[] = []): readonly string[] {
  const own = line.split(" ").filter((word) => word !== "");
  return ["qemu-system-aarch64", ...own, ...words];
}
