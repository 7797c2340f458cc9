/** A text that is cut says its whole where the pointer rests on it, unless something else is said. */

/** What has a title from here: it follows the text, which may change. */
const titled = new WeakSet<HTMLElement>();

function rested(event: Event): void {
  let element = event.target instanceof HTMLElement ? event.target : null;
  for (; element && element.localName !== "main"; element = element.parentElement) {
    if (element.title !== "" && !titled.has(element)) return;
    const isCut =
      element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).textOverflow === "ellipsis";
    const whole = isCut ? (element.textContent ?? "").replaceAll(/\s+/g, " ").trim() : "";
    if (element.title !== whole) element.title = whole;
    if (!isCut) continue;
    titled.add(element);
    return;
  }
}

/** Listens until the function that it gives is called. */
export function sayCutTexts(): () => void {
  document.addEventListener("pointerover", rested);
  return () => document.removeEventListener("pointerover", rested);
}
