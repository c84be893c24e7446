/** The lead's page: loads its part anew when the room says that it has changed, at most every few seconds. */

const AT_MOST_EVERY_MS = 4000;

class Lead {
  constructor(root) {
    this.root = root;
    this.mark = root.dataset.mark;
    this.loadedAt = performance.now();
    this.timer = null;
    new EventSource(root.dataset.live).onmessage = ({ data }) => this.hear(data);
  }

  hear(mark) {
    if (mark === this.mark || this.timer !== null) return;
    const waitMs = Math.max(0, this.loadedAt + AT_MOST_EVERY_MS - performance.now());
    this.timer = setTimeout(() => this.load(), waitMs);
  }

  async load() {
    this.loadedAt = performance.now();
    try {
      const response = await fetch(location.href, { cache: "no-store" });
      if (response.ok) this.draw(new DOMParser().parseFromString(await response.text(), "text/html"));
    } finally {
      this.timer = null;
    }
  }

  /** Draw the new part; the link that had the focus has it again. */
  draw(page) {
    const next = page.getElementById("lead");
    const focused = this.root.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.mark = next.dataset.mark;
    this.root.replaceChildren(...next.childNodes);
    const link = focused && Array.from(this.root.querySelectorAll("a")).find((each) => each.getAttribute("href") === focused);
    if (link) link.focus();
  }
}

new Lead(document.getElementById("lead"));
