/** The window of the help button: the form, and what became of the request. */

import { Refused } from "./api.js";
import { instant } from "./clock.js";
import { explain, fact, on, part } from "./view.js";

/** So long a request may be on its way before the hotline is shown. */
const SLOW_MS = 20000;

export class HelpWindow {
  constructor(support) {
    this.support = support;
    this.root = document.getElementById("help-window");
    this.button = document.getElementById("help-button");
    this.form = this.root.querySelector("form");
    this.asksAgain = false;
    this.button.addEventListener("click", () => this.open());
    this.form.addEventListener("submit", (event) => this.submit(event));
    on(this.root, "close", () => this.root.close());
    on(this.root, "withdraw", () => support.call("help/withdraw", {}).catch(() => undefined));
    on(this.root, "again", () => this.again());
  }

  open() {
    this.draw();
    if (!this.root.open) this.root.showModal();
  }

  /** The line that the phone may be touched must be seen at once. */
  giveWay() {
    this.root.close();
  }

  again() {
    this.asksAgain = true;
    this.form.words.value = "";
    this.draw();
    this.form.reason.focus();
  }

  async submit(event) {
    event.preventDefault();
    const { reason, words, callback, text_only: textOnly } = this.form;
    const number = textOnly.checked ? null : callback.value;
    part(this.root, "help-refused", false);
    try {
      await this.support.ask({ reason: reason.value, words: words.value, callback: number });
      this.asksAgain = false;
    } catch (error) {
      if (error instanceof Refused) explain(this.refusal(), error.problem);
    }
    this.draw();
  }

  refusal() {
    const place = this.root.querySelector('[data-part="help-refused"]');
    place.hidden = false;
    setTimeout(() => place.scrollIntoView({ block: "nearest" }));
    return place;
  }

  draw() {
    const { page, kept } = this.support;
    if (!page || !page.attempt) {
      this.onlyHotline();
      return;
    }
    const help = this.asksAgain ? null : this.support.state.help;
    const isSent = Boolean(help) && !kept;
    const answering = page.step === "questions";
    part(this.root, "answering", answering);
    part(this.root, "form", !isSent && !kept);
    part(this.root, "kept", Boolean(kept));
    part(this.root, "stay", answering);
    part(this.root, "sent", isSent && !help.refused);
    part(this.root, "failed", isSent && help.refused);
    part(this.root, "may-ask-again", isSent && !help.open);
    part(this.root, "hotline", this.needsHotline(help, isSent, answering));
    if (isSent) this.sent(help);
    part(this.button, "has-request", Boolean(kept) || (isSent && help.open));
    fact(this.button, "short-state", this.shortState(help, kept));
  }

  /** Before the page has joined and after it is over. */
  onlyHotline() {
    for (const name of ["answering", "form", "kept", "sent", "failed"]) part(this.root, name, false);
    part(this.root, "hotline", true);
  }

  shortState(help, kept) {
    if (kept || !help) return this.root.dataset.keptWords;
    return help.portal ? help.portal.status_words.zh : this.root.dataset.passingWords;
  }

  /** Offline in the answer time the phone is not to be touched: no number is shown then. */
  needsHotline(help, isSent, answering) {
    const { page, kept } = this.support;
    if (page.isAway || kept) return !answering;
    if (!isSent) return false;
    return help.refused || (!help.portal && page.clock.now() - instant(help.made_at) > SLOW_MS);
  }

  sent({ portal, open, withdrawn }) {
    const { root } = this;
    part(root, "passing", !portal && open);
    part(root, "stated", Boolean(portal));
    part(root, "may-withdraw", open && !withdrawn);
    part(root, "phone-rule", open && Boolean(!portal || portal.callback));
    part(root, "by-phone", open && Boolean(portal && portal.callback));
    if (portal) this.stated(portal, open);
  }

  stated(portal, open) {
    const { root } = this;
    const queued = open && portal.place !== null;
    fact(root, "state", portal.status_words.zh);
    fact(root, "state-en", portal.status_words.en);
    fact(root, "number", `${portal.number.slice(0, 4)} ${portal.number.slice(4)}`);
    fact(root, "callback", portal.callback || "");
    part(root, "queued", queued && portal.place > 1);
    fact(root, "ahead", String(portal.place - 1));
    part(root, "wait", queued && portal.wait_minutes !== null && !portal.answered_from);
    fact(root, "minutes", String(portal.wait_minutes));
    part(root, "from", queued && Boolean(portal.answered_from));
    fact(root, "from", this.clock(portal.answered_from));
    this.replies(portal);
  }

  clock(text) {
    return text ? this.support.page.clock.wall(instant(text)).slice(0, 5) : "";
  }

  /** Answers of the desk and announcements; drawn anew only where there is another one. */
  replies({ answers, announcements }) {
    const all = answers.map(({ at, words }) => ({ at, words }));
    for (const { words, since } of announcements || []) all.push({ at: since, words });
    const list = this.root.querySelector('[data-list="replies"]');
    if (list.children.length === all.length) return;
    list.replaceChildren(...all.map((each) => this.reply(each)));
  }

  reply({ at, words }) {
    const row = document.getElementById("help-reply").content.cloneNode(true).firstElementChild;
    fact(row, "at", this.clock(at));
    fact(row, "words", words);
    return row;
  }
}
