/** The step "questions": spoken questions one after the other, each with its time to prepare and to answer. */

import { listAnswers } from "./answer_list.js";
import { figures } from "./clock.js";
import { Still } from "./steps.js";
import { fact, on, part, span, write } from "./view.js";

const LAST_MINUTE_MS = 60000;
/** An answer that is open at the end is sent a moment before, up to the end: it arrives in time. */
const CLOSING_MS = 1500;

export class QuestionsStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.index = null;
    this.phase = null;
    this.since = 0;
    this.from = null;
    this.closing = false;
    on(root, "speak", () => this.speak(this.page.clock.now()));
    on(root, "stop", () => this.stop());
    on(root, "next", () => this.next());
  }

  get question() {
    return this.page.paper.questions[this.index];
  }

  /** Go on where this computer was: an open question's times run on by the server's clock. */
  async resume() {
    const place = await this.page.store.place(this.page.attempt.nonce);
    const isOpen = ({ id }) => place && place.phase !== "saved" && place.question === id;
    const open = this.page.paper.questions.findIndex(isOpen);
    if (open >= 0) this.reopen(open, place);
    else this.next();
  }

  /** What was said before the reload lies in the take of that time, up to that take's end. */
  reopen(index, { phase, since, from }) {
    this.draw(index);
    if (phase === "speak") {
      if (from) this.record(from, { take: from.take, ms: from.ms + Math.round(this.page.clock.now() - since) });
      this.speak(since);
    } else this.enter("prepare", since);
    this.tick();
  }

  open(index) {
    if (index < 0) return this.finish();
    this.draw(index);
    this.enter("prepare", this.page.clock.now());
    this.tick();
    return undefined;
  }

  draw(index) {
    this.index = index;
    const { question, root } = this;
    const english = question.text.en && question.text.en !== question.text.zh ? question.text.en : "";
    fact(root, "which", String(index + 1));
    fact(root, "count", String(this.page.paper.questions.length));
    fact(root, "text", question.text.zh);
    fact(root, "text-en", english);
    span(root, "prepare", question.prepare_s);
    span(root, "answer", question.answer_s);
    root.querySelector('[data-part="question"]').focus({ preventScroll: true });
  }

  enter(phase, since) {
    this.phase = phase;
    this.since = since;
    for (const box of this.root.querySelectorAll("[data-phase]")) box.hidden = box.dataset.phase !== phase;
    part(this.root, "terms", phase === "prepare");
    this.remember();
  }

  /** Kept on the disk, so that a reload or a crash goes on here. */
  remember() {
    const { phase, since, from } = this;
    this.page.store.remember(this.page.attempt.nonce, { question: this.question.id, phase, since, from });
  }

  /** The answer begins: note where in the recording. */
  speak(since) {
    this.from = this.page.recording.moment();
    this.enter("speak", since);
    this.tick();
  }

  /** The recording's take ends or begins in the middle of an answer: what it holds is an answer of its own. */
  takeChanged(ended) {
    if (this.phase !== "speak") return;
    if (ended && this.from) this.record(this.from, ended);
    this.from = this.page.recording.moment();
    this.remember();
  }

  /** The answer ends; `aheadMs` says how much of it is still to be recorded. */
  stop(aheadMs = 0) {
    if (this.phase !== "speak") return;
    this.closing = true;
    const kept = this.close(this.page.recording.moment(), aheadMs);
    this.from = null;
    this.enter("saved", this.page.clock.now());
    this.saved();
    kept.finally(() => {
      this.closing = false;
      this.saved();
    });
  }

  /** Record the last piece; an answer of which nothing was recorded is one too. */
  close(to, aheadMs) {
    if (this.from && to) return this.record(this.from, { take: to.take, ms: to.ms + Math.round(aheadMs) });
    const { answers } = this.page;
    return answers.byQuestion.has(this.question.id) ? answers.recorded : this.record(null, null);
  }

  record(from, to) {
    const spoken = from ? { take: from.take, from_ms: from.ms, to_ms: to.ms } : null;
    // Never made at the end or after it: what a busy computer closes too late was said before.
    const madeAt = Math.min(this.page.clock.now(), this.page.endsAt() - 1);
    return this.page.answers.record(this.question.id, { spoken }, this.page.clock.stamp(madeAt));
  }

  next() {
    const { paper, answers } = this.page;
    this.open(paper.questions.findIndex(({ id }, index) => index !== this.index && !answers.byQuestion.has(id)));
  }

  finish() {
    this.phase = "done";
    part(this.root, "question", false);
    part(this.root, "all-done", true);
    this.root.querySelector(".bar-which").hidden = true;
    listAnswers(this.root, this.page);
    this.root.querySelector('[data-part="all-done"]').focus({ preventScroll: true });
  }

  /** Called several times a second: countdowns, and what happens at their end. */
  tick() {
    const now = this.page.clock.now();
    const left = this.page.endsAt() - now;
    this.root.querySelector("[data-bar]").classList.toggle("bar-ending", left <= LAST_MINUTE_MS);
    part(this.root, "last-minute", left <= LAST_MINUTE_MS);
    fact(this.root, "ends", this.page.clock.wall(this.page.endsAt()));
    if (this.phase === "prepare") {
      const until = this.since + this.question.prepare_s * 1000;
      this.count("prepare", until - now, () => this.speak(until));
    } else if (this.phase === "speak") {
      this.count("answer", Math.min(left, this.since + this.question.answer_s * 1000 - now), () => this.stop());
      if (left <= CLOSING_MS) this.stop(left);
    }
    part(this.root, "unrecorded", this.phase === "speak" && !this.page.recording.moment());
  }

  count(name, left, end) {
    for (const place of this.root.querySelectorAll(`[data-count="${name}"]`)) write(place, figures(left));
    if (left <= 0) end();
  }

  /** Say when the answer was saved, or that it waits on this computer. */
  saved() {
    if (this.phase === "done") listAnswers(this.root, this.page);
    if (this.phase !== "saved") return;
    const entry = this.page.answers.byQuestion.get(this.question.id);
    const at = !this.closing && entry && entry.savedAt;
    if (at) fact(this.root, "saved-at", this.page.clock.wall(at));
    part(this.root, "saving", !at && !this.page.isAway);
    part(this.root, "saved", Boolean(at));
    part(this.root, "kept", !at && this.page.isAway);
  }

  /** The attempt's end: an open answer is closed where it is. */
  leave() {
    this.stop();
    // The stage is another step's from now on.
    this.phase = "left";
  }
}
