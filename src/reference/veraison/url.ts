/**
 * What Go's net/url.Parse refuses.
 *
 * @module
 */

/** What is wrong with a URI that must not be empty. */
export function uriProblem(text: string): string | undefined {
  if (text === "") return "empty URI";
  const [, body = "", fragment = ""] = /^([^#]*)#?(.*)$/s.exec(text) ?? [];
  if (/\p{Cc}/u.test(body.replaceAll(/[\u{80}-\u{9f}]/gu, ""))) {
    return "invalid control character in URL";
  }
  return bodyProblem(body) ?? escapeProblem(fragment);
}

function bodyProblem(body: string): string | undefined {
  if (body === "*") return undefined;
  if (body.startsWith(":")) return "missing protocol scheme";
  const [, scheme, rest = ""] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(body) ?? [];
  const [path = ""] = rest.split("?", 1);
  if (!path.startsWith("/")) {
    if (scheme !== undefined) return undefined;
    const [segment = ""] = path.split("/", 1);
    return segment.includes(":")
      ? "first path segment in URL cannot contain colon"
      : escapeProblem(path);
  }
  const hasAuthority = scheme !== undefined || !path.startsWith("///");
  if (!path.startsWith("//") || !hasAuthority) return escapeProblem(path);
  const [authority = ""] = path.slice(2).split("/", 1);
  return (
    authorityProblem(authority, scheme?.toLowerCase() ?? "") ??
    escapeProblem(path.slice(2 + authority.length))
  );
}

function authorityProblem(authority: string, scheme: string): string | undefined {
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(at, 0));
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return "net/url: invalid userinfo";
  return hostProblem(authority.slice(at + 1), scheme) ?? escapeProblem(user);
}

function hostProblem(host: string, scheme: string): string | undefined {
  const open = host.lastIndexOf("[");
  if (open > 0) return "invalid IP-literal";
  if (open === 0) return literalProblem(host);
  const first = host.indexOf(":");
  const isWeb = scheme === "http" || scheme === "https";
  const port = first < 0 ? "" : host.slice(isWeb ? first : host.lastIndexOf(":"));
  if (!/^(?::\d*)?$/.test(port)) return `invalid port "${port}" after host`;
  return hostCharacters(host);
}

/** An IPv6 address in brackets. */
function literalProblem(host: string): string | undefined {
  const close = host.lastIndexOf("]");
  if (close < 0) return "missing ']' in host";
  const port = host.slice(close + 1);
  if (!/^(?::\d*)?$/.test(port)) return `invalid port "${port}" after host`;
  const [address = ""] = host.slice(1, close).split("%25", 1);
  const groups = address.split("::").flatMap((half) => (half === "" ? [] : half.split(":")));
  const isShort = address.includes("::");
  const areHex = groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
  const fits = isShort ? groups.length <= 7 : groups.length === 8;
  return areHex && fits && address.split("::").length <= 2 ? undefined : "invalid host";
}

function hostCharacters(host: string): string | undefined {
  // Escapes stand for bytes outside ASCII only.
  if (/%(?![89a-fA-F][0-9a-fA-F])/.test(host)) return "invalid URL escape in host";
  return /[ \\^`{|}]/.test(host) ? "invalid character in host name" : undefined;
}

function escapeProblem(text: string): string | undefined {
  return /%(?![0-9a-fA-F]{2})/.test(text) ? "invalid URL escape" : undefined;
}
