/** Measures and announcements above the page, one after the other, until the candidate has read them. */

import { instant } from "./clock.js";
import { fact, on, part } from "./view.js";

export class BulletinBar {
  /** `page` is `{note(code, facts), clock}`: what is shown and read goes to the room with the next call. */
  constructor(page) {
    this.page = page;
    this.root = document.getElementById("bulletin");
    this.all = [];
    this.shown = new Set();
    on(this.root, "bulletin-read", () => this.dismiss());
    document.addEventListener("visibilitychange", () => this.draw());
  }

  /** Take over what a call's answer says: all bulletins of the attempt; undefined where it says nothing of them. */
  hear(bulletins, nonce) {
    if (bulletins === undefined) return;
    this.key = `oneseat-bulletins-${nonce}`;
    this.all = bulletins;
    this.draw();
  }

  stop() {
    this.all = [];
    this.root.hidden = true;
  }

  /** What was read in this window, which a reload keeps. */
  get read() {
    return JSON.parse(sessionStorage.getItem(this.key) || "[]");
  }

  draw() {
    const { root } = this;
    const read = this.all.length ? this.read : [];
    const unread = this.all.filter((each) => !read.includes(each.id));
    const current = unread[0];
    root.hidden = !current;
    this.current = current;
    if (!current) return;
    const isMeasure = current.id.startsWith("m");
    part(root, "measure", isMeasure);
    const isIncident = current.id.startsWith("i");
    part(root, "incident", isIncident);
    part(root, "announcement", !isMeasure && !isIncident);
    part(root, "more", unread.length > 1);
    fact(root, "more", String(unread.length - 1));
    fact(root, "zh", current.zh);
    fact(root, "en", current.en === current.zh ? "" : current.en);
    const { between } = root.querySelector('[data-fact="names"]').dataset;
    fact(root, "names", current.names.join(between));
    fact(root, "at", this.page.clock.wall(instant(current.at)));
    if (document.visibilityState === "visible") this.tell("bulletin-shown", current);
  }

  dismiss() {
    sessionStorage.setItem(this.key, JSON.stringify([...this.read, this.current.id]));
    this.page.note("bulletin-read", { bulletin: this.current.id });
    this.draw();
  }

  tell(code, { id }) {
    if (this.shown.has(id)) return;
    this.shown.add(id);
    this.page.note(code, { bulletin: id });
  }
}
