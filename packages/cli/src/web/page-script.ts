/// <reference lib="dom" />

/**
 * Runs in the browser: asks for a verdict whenever the form changes, and for the plots that take a while. What comes
 * back is markup in which everything that a stranger wrote is escaped, and the page's policy runs no script but this.
 */
function runPage(): void {
  const form = document.querySelector('form')!;
  const parts = new Map<Element, AbortController>();

  /** Shows a part of the page anew; an answer that was overtaken by a later question is dropped. */
  const show = async (place: Element, body: URLSearchParams): Promise<void> => {
    parts.get(place)?.abort();
    const controller = new AbortController();
    parts.set(place, controller);
    place.setAttribute('aria-busy', 'true');
    try {
      const name = place.getAttribute('data-part')!;
      const response = await fetch(name, { method: 'POST', body, signal: controller.signal });
      const text = await response.text();
      if (response.ok) place.innerHTML = text;
      else place.textContent = text;
    } catch (error) {
      if (controller.signal.aborted) return;
      place.textContent = `No answer (${String(error)}). Is postern web still running?`;
    }
    place.removeAttribute('aria-busy');
  };

  const verdict = document.querySelector('[data-part=verdict]')!;
  const formBody = (): URLSearchParams => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
    return body;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void show(verdict, formBody()), 150);
  });
  form.addEventListener('submit', (event) => event.preventDefault());

  for (const button of document.querySelectorAll('button[data-shows]')) {
    const place = document.querySelector(`[data-part=${button.getAttribute('data-shows')}]`)!;
    button.addEventListener('click', () => void show(place, new URLSearchParams()));
  }
  void show(verdict, formBody());
  for (const place of document.querySelectorAll('[data-part][data-at-once]'))
    void show(place, new URLSearchParams());
}

/** The script as it stands in the page. */
export const pageScript: string = `(${runPage.toString()})()`;
