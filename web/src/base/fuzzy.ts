/** Whether a text is what somebody means by a few letters. */

/** True if the letters of `wanted` come in this order in `text`, case aside. */
export function fuzzy(wanted: string, text: string): boolean {
  const letters = wanted.toLowerCase().replaceAll(/\s+/g, "");
  const within = text.toLowerCase();
  let at = 0;
  for (const letter of letters) {
    at = within.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
