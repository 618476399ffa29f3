/**
 * The page around a report: one file, nothing loaded from elsewhere, no script.
 *
 * @module
 */
import { type Html, type HtmlPart, html } from "./markup.ts";
import { STYLE_SHEET } from "./style-sheet.ts";

/** A section that the table of contents names. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly html: Html;
}

/** A whole document. */
export function page(title: string, lead: HtmlPart, sections: readonly PageSection[]): string {
  const style: Html = { html: STYLE_SHEET };
  const body = html`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${title}</title>
<style>
${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
${lead}<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main id="main" tabindex="-1">
${sections.map((section) => section.html)}</main>
<footer>Made by cca-rim. The values follow from the inputs alone; this page holds no date and loads nothing.</footer>
</body>
</html>
`;
  return `<!doctype html>\n${body.html}`;
}
