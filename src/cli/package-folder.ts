/**
 * Where this package lies on the disk.
 *
 * @module
 */

/**
 * The package's folder. Other modules of the command line build on this: bundled, they may end up
 * at another depth than this one has, which is two folders deep both in `src` and when bundled.
 */
export const PACKAGE: URL = new URL("../../", import.meta.url);
