/**
 * Path patterns of the tidy rules: `*` within a name, `**` across folders, `{a,b}` for alternatives.
 */

/** Whether one of `patterns` matches the whole of `path`. */
export function matchesAny(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => toRegExp(pattern).test(path));
}

const known = new Map<string, RegExp>();

function toRegExp(pattern: string): RegExp {
  const found = known.get(pattern);
  if (found !== undefined) return found;
  const source = pattern.replace(
    /\*\*\/|\*\*|\*|[{},]|[.+^$()|[\]\\]/g,
    (part) => PARTS[part] ?? `\\${part}`,
  );
  const made = new RegExp(`^${source}$`);
  known.set(pattern, made);
  return made;
}

const PARTS: Record<string, string> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '{': '(?:',
  '}': ')',
  ',': '|',
};
