import type { Style } from "../../src/report/style.ts";

const same = (text: string): string => text;

/** No emphasis. */
export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same };
