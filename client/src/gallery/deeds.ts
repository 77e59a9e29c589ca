/** What somebody does to bring a page into a state: presses, types, and waits until it is seen. */
export type Deed = { press: string } | { into: string; type: string } | { see: string };

const WITHIN_MS = 10_000;

/** Does all of it, one after the other; rejects when something that is needed does not appear. */
export async function perform(deeds: readonly Deed[]): Promise<void> {
  for (const deed of deeds) {
    if ('see' in deed) await find(deed.see);
    else if ('press' in deed)
      (await find(`${deed.press}:not(:disabled, [aria-disabled=true])`)).click();
    else type(await find(deed.into), deed.type);
  }
}

/** As a keyboard would: React hears of it by the event, once the value is another. */
function type(field: HTMLElement, text: string): void {
  const prototype = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(prototype.prototype, 'value')?.set?.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The first that fits, now or as soon as there is one. */
function find(selector: string): Promise<HTMLElement> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = document.querySelector<HTMLElement>(selector);
      if (!found) return;
      stop();
      resolve(found);
    };
    const observer = new MutationObserver(look);
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`the gallery waits for ${selector}`));
    }, WITHIN_MS);
    const stop = () => {
      observer.disconnect();
      clearTimeout(timer);
    };
    observer.observe(document, { childList: true, subtree: true, attributes: true });
    look();
  });
}
