/** A spoken question: a time to prepare and a time to answer; the answer is a piece of the recording. */

import { figures } from "./clock.js";
import { stateOf, showState } from "./answer_list.js";
import { part, on, span, write } from "./view.js";

/** An answer that is open at the end is sent a moment before, up to the end: it arrives in time. */
const CLOSING_MS = 1500;

export class SpokenQuestion {
  constructor(step, root, question) {
    Object.assign(this, { step, page: step.page, root, question });
    this.phase = null;
    this.since = 0;
    this.from = null;
    this.closing = false;
    this.retimed();
    part(root, "then", step.pace === "line");
    on(root, "prepare", () => this.enter("prepare", this.step.now()));
    on(root, "speak", () => this.speak(this.step.now()));
    on(root, "stop", () => this.stop());
    on(root, "next", () => step.next());
  }

  /** Say how long there is to prepare and to speak. */
  retimed() {
    span(this.root, "prepare", this.question.prepare_s);
    span(this.root, "answer", this.question.answer_s);
  }

  /** Whether its time runs: another question may not be opened. */
  get isBusy() {
    return this.phase === "prepare" || this.phase === "speak";
  }

  /** Go on where this computer was, if it was here; what was answered is not answered again. */
  begin(place) {
    if (place && (place.phase === "prepare" || place.phase === "speak")) this.reopen(place);
    else if (this.page.answers.byQuestion.has(this.question.id)) this.enter("saved", this.step.now());
    else if (this.step.pace === "free") this.enter("ready", this.step.now());
    else this.enter("prepare", this.step.opensAt());
    this.saved();
  }

  /** What was said before the reload lies in the take of that time, up to that take's end. */
  reopen({ phase, since, from }) {
    if (phase !== "speak") {
      this.enter("prepare", since);
      return;
    }
    if (from) this.record(from, { take: from.take, ms: from.ms + Math.round(this.step.now() - since) });
    this.speak(since);
  }

  enter(phase, since) {
    this.phase = phase;
    this.since = since;
    for (const box of this.step.root.querySelectorAll("[data-phase]")) box.hidden = box.dataset.phase !== phase;
    part(this.step.root, "asked", phase !== "ready");
    part(this.root, "terms", phase === "prepare" || phase === "ready");
    this.remember();
    this.step.changed();
  }

  /** Kept on the disk, so that a reload or a crash goes on here. */
  remember() {
    const { phase, since, from } = this;
    this.step.remember({ phase, since, from });
  }

  /** The answer begins: note where in the recording. */
  speak(since) {
    this.from = this.here();
    this.enter("speak", since);
  }

  /** The recording's take ends or begins in the middle of an answer: what it holds is an answer of its own. */
  takeChanged(ended) {
    if (this.phase !== "speak") return;
    if (ended && this.from) this.record(this.from, ended);
    this.from = this.here();
    this.remember();
  }

  /** Where the recording is; null in a pause, of which nothing belongs to an answer. */
  here() {
    return this.step.isPaused ? null : this.page.recording.moment();
  }

  /** A pause begins or is over: what was said before it is an answer of its own. */
  turned() {
    this.takeChanged(this.step.isPaused ? this.page.recording.moment() : null);
  }

  /** The answer ends; `aheadMs` says how much of it is still to be recorded. */
  stop(aheadMs = 0) {
    if (this.phase !== "speak") return;
    this.closing = true;
    const kept = this.close(this.page.recording.moment(), aheadMs);
    this.from = null;
    this.enter("saved", this.step.now());
    this.saved();
    kept.finally(() => {
      this.closing = false;
      this.saved();
    });
  }

  /** Record the last piece; an answer of which nothing was recorded is one too. */
  close(to, aheadMs) {
    const from = this.from;
    const end = to && { take: to.take, ms: to.ms + Math.round(aheadMs) };
    if (from && end && (end.take !== from.take || end.ms > from.ms)) return this.record(from, end);
    const { answers } = this.page;
    return answers.byQuestion.has(this.question.id) ? answers.recorded : this.record(null, null);
  }

  record(from, to) {
    const spoken = from ? { take: from.take, from_ms: from.ms, to_ms: to.ms } : null;
    return this.step.record({ spoken });
  }

  tick(now, left) {
    if (this.phase === "prepare") {
      const until = this.since + this.question.prepare_s * 1000;
      this.count("prepare", until - now, () => this.speak(until));
    }
    if (this.phase === "speak") {
      this.count("answer", Math.min(left, this.since + this.question.answer_s * 1000 - now), () => this.stop());
      if (left <= CLOSING_MS) this.stop(Math.max(0, left));
    }
    part(this.root, "unrecorded", this.phase === "speak" && !this.page.recording.moment());
  }

  count(name, left, end) {
    for (const place of this.step.root.querySelectorAll(`[data-count="${name}"]`)) write(place, figures(left));
    if (left <= 0) end();
  }

  /** Say when the answer was saved, or that it waits on this computer. */
  saved() {
    if (this.phase !== "saved") return;
    const entry = this.page.answers.byQuestion.get(this.question.id);
    const state = this.closing ? "saving" : stateOf(entry, this.page.isAway ? "kept" : "saving");
    showState(this.root.querySelector(".saved"), state, entry && entry.savedAt, this.page.clock);
  }

  flush() {}

  /** Another question, or the attempt's end: an open answer is closed where it is. */
  leave() {
    this.stop();
    this.phase = "left";
  }
}
