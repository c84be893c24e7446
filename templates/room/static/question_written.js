/** Questions that are answered on the page, by choosing or by writing; each change is saved by itself. */

import { canonical } from "./answers.js";
import { Autosave } from "./autosave.js";
import { stateOf, showState } from "./answer_list.js";
import { bilingual } from "./materials.js";
import { fact, part } from "./view.js";

class WrittenQuestion {
  constructor(step, root, question) {
    Object.assign(this, { step, page: step.page, root, question });
    this.isBusy = false;
    this.autosave = new Autosave({
      now: () => this.page.clock.now(),
      left: () => step.closesAt() - step.now(),
      sequence: () => this.page.answers.sequence,
      save: () => this.save(),
    });
  }

  /** Whether what is on the page is no answer yet. */
  get isIncomplete() {
    return false;
  }

  /** Show what was answered; after a reload or a crash, what was changed and not saved yet. */
  begin(place) {
    const entry = this.page.answers.byQuestion.get(this.question.id);
    const value = entry ? entry.value : null;
    const draft = (place && place.draft) || null;
    this.show(draft || value);
    if (draft && canonical(draft) !== canonical(value)) this.changed();
    else this.step.remember({ phase: "write" });
    this.saved();
  }

  /** Every change lies on the disk at once, and is an answer a moment later. */
  changed() {
    this.autosave.changed();
    this.step.remember({ phase: "write", draft: this.value() });
    this.saved();
  }

  save() {
    this.step.record(this.value());
  }

  tick() {
    this.autosave.tick();
  }

  takeChanged() {}

  /** A pause begins: what was written so far is saved. */
  turned() {
    this.flush();
  }

  saved() {
    const entry = this.page.answers.byQuestion.get(this.question.id);
    const waiting = this.page.isAway ? "kept" : "saving";
    const isSaving = this.autosave.isDirty && !this.isIncomplete;
    const state = isSaving ? "saving" : stateOf(entry, waiting);
    showState(this.root.querySelector(".saved"), state, entry && entry.savedAt, this.page.clock);
  }

  flush() {
    this.autosave.flush();
  }

  leave() {
    this.flush();
  }
}

/** One option or several. An incomplete choice is not saved, and the page says so; an empty one takes it back. */
export class ChoiceQuestion extends WrittenQuestion {
  constructor(step, root, question) {
    super(step, root, question);
    const { least, most } = question;
    const words = most === 1 ? "one" : least === most ? "exact" : "range";
    for (const name of ["one", "exact", "range"]) part(root, name, name === words);
    fact(root, "least", String(least));
    fact(root, "most", String(most));
    root.querySelector('[data-list="options"]').replaceChildren(...question.options.map((each, at) => this.option(each, at)));
    root.addEventListener("change", ({ target }) => this.chose(target));
  }

  option({ id, text }, index) {
    const box = document.getElementById("choice-option").content.cloneNode(true).firstElementChild;
    const input = box.querySelector("input");
    input.type = this.question.most === 1 ? "radio" : "checkbox";
    input.value = id;
    fact(box, "letter", String.fromCharCode(65 + index));
    bilingual(box, text);
    return box;
  }

  get inputs() {
    return [...this.root.querySelectorAll("input")];
  }

  get chosen() {
    return this.inputs.filter((input) => input.checked).map((input) => input.value);
  }

  show(value) {
    const chosen = (value && value.chosen) || [];
    for (const input of this.inputs) input.checked = chosen.includes(input.value);
    this.remarks(false);
  }

  value() {
    return { chosen: this.chosen };
  }

  chose(input) {
    const tooMany = this.chosen.length > this.question.most;
    if (tooMany) input.checked = false;
    this.remarks(tooMany);
    if (!tooMany) this.changed();
  }

  remarks(tooMany) {
    const missing = this.question.least - this.chosen.length;
    part(this.root, "too-many", tooMany);
    part(this.root, "too-few", this.isIncomplete);
    fact(this.root, "missing", String(missing));
  }

  get isIncomplete() {
    const count = this.chosen.length;
    return count > 0 && count < this.question.least;
  }

  save() {
    if (!this.isIncomplete) super.save();
    this.saved();
  }
}

/** A short text. Its length is counted in characters, as the room counts it. */
export class TextQuestion extends WrittenQuestion {
  constructor(step, root, question) {
    super(step, root, question);
    this.field = root.querySelector("textarea");
    fact(root, "longest", String(question.longest));
    this.field.addEventListener("input", (event) => this.typed(event.isComposing));
    this.field.addEventListener("compositionend", () => this.typed(false));
    this.field.addEventListener("blur", () => this.flush());
  }

  show(value) {
    this.field.value = (value && value.text) || "";
    this.count();
  }

  value() {
    return { text: limited(this.field.value, this.question.longest) };
  }

  /** While a word is composed it is neither cut nor saved. */
  typed(isComposing) {
    if (isComposing) return;
    const text = limited(this.field.value, this.question.longest);
    if (text !== this.field.value) {
      const caret = this.field.selectionStart;
      this.field.value = text;
      this.field.setSelectionRange(caret, caret);
    }
    this.count();
    this.changed();
  }

  count() {
    const count = [...this.field.value].length;
    fact(this.root, "count-written", String(count));
    part(this.root, "full", count >= this.question.longest);
  }
}

/** A text of whole characters, at most so many: halves of a pair cannot be hashed. */
export function limited(text, longest) {
  const whole = [...text].filter((each) => each.length > 1 || !/[\ud800-\udfff]/.test(each));
  return whole.slice(0, longest).join("");
}
