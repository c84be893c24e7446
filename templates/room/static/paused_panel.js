/** What stands in the place of the questions while the exam is paused. */

import { fact, part } from "./view.js";

const PAUSED = "stage-paused";

export class PausedPanel {
  constructor(root, page) {
    Object.assign(this, { root, page });
    this.isPaused = false;
  }

  /** Show a pause, or with null the questions again. Returns whether that is a change. */
  turn(pause) {
    const turned = Boolean(pause) !== this.isPaused;
    this.isPaused = Boolean(pause);
    if (pause) this.say(pause);
    if (turned) this.change();
    return turned;
  }

  say({ ends, reason, names }) {
    const { root } = this;
    fact(root, "paused-zh", reason.zh || "");
    fact(root, "paused-en", reason.en || "");
    const { between } = root.querySelector('[data-fact="paused-names"]').dataset;
    fact(root, "paused-names", names.join(between));
    fact(root, "resumes", this.page.clock.wall(ends));
  }

  change() {
    const { root, isPaused } = this;
    root.classList.toggle(PAUSED, isPaused);
    part(root, "paused", isPaused);
    for (const sound of root.querySelectorAll("audio")) sound.pause();
    const next = root.querySelector(isPaused ? '[data-part="paused"]' : '[data-part="question"]');
    if (next) next.focus({ preventScroll: true });
    if (isPaused) window.scrollTo(0, 0);
  }
}
