/** The step "questions": shows one question at a time, by the candidate's own pace or by the session's clock. */

import { QuestionList } from "./answer_list.js";
import { showMaterials } from "./materials.js";
import { openAt } from "./pace.js";
import { PausedPanel } from "./paused_panel.js";
import { SpokenQuestion } from "./question_spoken.js";
import { ChoiceQuestion, TextQuestion } from "./question_written.js";
import { Still } from "./still.js";
import { fact, on, part } from "./view.js";

const LAST_MINUTE_MS = 60000;
const VIEWS = { spoken: SpokenQuestion, choice: ChoiceQuestion, text: TextQuestion };

/** How one goes on: by the clock, at will, or (where all is spoken) one after the other. */
function paceOf({ pace, questions }) {
  if (pace === "clock") return "clock";
  return questions.some(({ kind }) => kind !== "spoken") ? "free" : "line";
}

export class QuestionsStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.paused = new PausedPanel(root, page);
    this.pace = paceOf(page.paper);
    this.index = null;
    this.view = null;
    this.free = () => undefined;
    this.list = new QuestionList(root, page, this.pace === "free" ? (index) => this.open(index) : null);
    part(root, "moves", this.pace === "free");
    on(root, "go-next", () => this.next());
    on(root, "go-back", () => this.open(this.index - 1));
    this.hide = () => this.view && this.view.flush();
    addEventListener("pagehide", this.hide);
    document.addEventListener("visibilitychange", this.hide);
  }

  get questions() {
    return this.page.paper.questions;
  }

  get question() {
    return this.questions[this.index];
  }

  /** Go on where this computer was: an open question's times run on by the server's clock. */
  async resume() {
    const place = await this.page.store.place(this.page.attempt.nonce);
    if (this.pace === "clock") {
      this.follow(this.now(), place);
      return;
    }
    const isOpen = ({ id }) => place && place.phase !== "saved" && place.question === id;
    const open = this.questions.findIndex(isOpen);
    if (open >= 0) this.open(open, place);
    else this.first();
  }

  /** By the clock: open what is open now, and close what is not. */
  follow(now, place) {
    const elapsed = now - this.page.startsAt();
    const index = this.forward(openAt(this.questions, elapsed), place);
    if (index >= 0 && index !== this.index) {
      this.open(index, place && place.question === this.questions[index].id ? place : undefined);
    }
    if (index < 0 && this.index !== this.questions.length) this.finish();
  }

  /** Never back to an earlier question: extra time that is approved in the middle of one makes that one longer. */
  forward(index, place) {
    const here = this.index === null ? this.questions.findIndex(({ id }) => place && id === place.question) : this.index;
    return index >= 0 && here < this.questions.length ? Math.max(index, here) : index;
  }

  /** The times of questions have changed. */
  retimed() {
    if (!this.view) return;
    this.view.question = this.question;
    if (this.view.retimed) this.view.retimed();
    this.sayCloses();
  }

  sayCloses() {
    fact(this.root, "closes", this.page.clock.wall(this.page.answerTime.moment(this.closesAt())));
  }

  first() {
    const isOpen = ({ id }, index) => index !== this.index && !this.page.answers.byQuestion.has(id);
    const index = this.questions.findIndex(isOpen);
    if (index < 0) this.finish();
    else this.open(index);
  }

  /** The next one in order; where all is spoken, the next that is not answered. */
  next() {
    if (this.pace === "line") this.first();
    else if (this.index + 1 < this.questions.length) this.open(this.index + 1);
    else this.finish();
  }

  open(index, place) {
    this.close();
    this.index = index;
    part(this.root, "question", true);
    part(this.root, "all-done", false);
    this.draw();
    this.view.begin(place);
    this.changed();
    this.tick();
  }

  draw() {
    const { question, root } = this;
    const english = question.text.en && question.text.en !== question.text.zh ? question.text.en : "";
    fact(root, "which", String(this.index + 1));
    fact(root, "count", String(this.questions.length));
    fact(root, "text", question.text.zh);
    fact(root, "text-en", english);
    part(root, "asked", true);
    part(root, "by-the-clock", this.pace === "clock" && this.index + 1 < this.questions.length);
    this.sayCloses();
    part(root, "which", true);
    for (const box of root.querySelectorAll("[data-bar] [data-phase]")) box.hidden = true;
    this.free = showMaterials(root.querySelector('[data-list="materials"]'), question.materials);
    const place = document.createElement("div");
    place.className = "answer";
    place.append(document.getElementById(`answer-${question.kind}`).content.cloneNode(true));
    root.querySelector('[data-part="answer"]').replaceChildren(place);
    this.view = new VIEWS[question.kind](this, place, question);
    root.querySelector('[data-part="question"]').focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  /** Leave the question on the page. */
  close() {
    if (this.view) this.view.leave();
    this.view = null;
    this.free();
  }

  finish() {
    this.close();
    this.index = this.questions.length;
    part(this.root, "question", false);
    part(this.root, "all-done", true);
    part(this.root, "which", false);
    for (const box of this.root.querySelectorAll("[data-phase]")) box.hidden = true;
    this.changed();
    this.root.querySelector('[data-part="all-done"]').focus({ preventScroll: true });
  }

  // What a question asks for. Times are of the answer time, which stands still in a pause.

  now() {
    return this.page.answerTime.now();
  }

  get isPaused() {
    return this.page.answerTime.pause !== null;
  }

  /** When the open question's time began. */
  opensAt() {
    return this.pace === "clock" ? this.page.startsAt() + this.question.from_s * 1000 : this.now();
  }

  /** When the open question takes no more. */
  closesAt() {
    const ends = this.page.answerTime.of(this.page.endsAt());
    if (this.pace !== "clock" || !this.question) return ends;
    return Math.min(ends, this.page.startsAt() + this.question.to_s * 1000);
  }

  /** Record a value of the open question. */
  record(value) {
    // Never made at the end or after it: what a busy computer closes too late was said or written before.
    const madeAt = Math.min(this.page.clock.now(), this.page.answerTime.moment(this.closesAt()) - 1);
    return this.page.answers.record(this.question.id, value, this.page.clock.stamp(madeAt));
  }

  remember(place) {
    this.page.store.remember(this.page.attempt.nonce, Object.assign({ question: this.question.id }, place));
  }

  takeChanged(ended) {
    if (this.view) this.view.takeChanged(ended);
  }

  /** Called several times a second: countdowns, and what happens at their end. */
  tick() {
    const now = this.now();
    const left = this.page.left();
    if (this.paused.turn(this.page.answerTime.pause) && this.view) this.view.turned();
    this.root.querySelector("[data-bar]").classList.toggle("bar-ending", left <= LAST_MINUTE_MS);
    part(this.root, "last-minute", left <= LAST_MINUTE_MS);
    fact(this.root, "ends", this.page.clock.wall(this.page.endsAt()));
    if (this.pace === "clock" && this.index !== null) this.follow(now);
    if (this.pace === "clock" && this.view) this.sayCloses();
    if (this.view && !this.isPaused) this.view.tick(now, this.closesAt() - now);
  }

  /** An answer was saved, kept or refused; the network came or went. */
  saved() {
    if (this.view) this.view.saved();
    this.changed();
  }

  /** Draw what depends on the states of the answers. */
  changed() {
    const isLocked = Boolean(this.view && this.view.isBusy);
    const open = this.questions.filter(({ id }) => !this.page.answers.byQuestion.has(id)).length;
    this.list.update(this.index, isLocked);
    part(this.root, "locked", isLocked && this.pace === "free");
    part(this.root, "all-answered", open === 0);
    part(this.root, "some-open", open > 0);
    fact(this.root, "open", String(open));
    for (const button of this.root.querySelectorAll('[data-part="moves"] button')) button.disabled = isLocked;
    part(this.root, "back", this.index > 0);
    part(this.root, "to-next", this.index + 1 < this.questions.length);
    part(this.root, "to-end", this.index + 1 >= this.questions.length);
  }

  /** The attempt's end: an open answer is closed where it is. */
  leave() {
    removeEventListener("pagehide", this.hide);
    document.removeEventListener("visibilitychange", this.hide);
    this.paused.turn(null);
    this.close();
  }
}
