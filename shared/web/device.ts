/**
 * Small choices that this device keeps (language, theme). Never anything about a person.
 */

/** What was kept under a name; undefined where nothing was, or where the browser keeps nothing. */
export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(`truyvet.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a choice, where the browser keeps anything. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`truyvet.${name}`, value);
  } catch {
    // A private window: the choice lasts as long as the page.
  }
}
