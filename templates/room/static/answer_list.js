/** The list of a paper's questions with the state of each answer. */

import { fact, part } from "./view.js";

const STATES = ["none", "saving", "saved", "kept", "late", "refused"];

/** The state of an answer: what the page knows of it, where `entry` is the newest one of its question. */
export function stateOf(entry, waiting) {
  if (!entry) return "none";
  if (entry.refused) return "refused";
  if (!entry.savedAt) return waiting;
  return entry.late ? "late" : "saved";
}

/** Show one state of an answer, and when the room got it. */
export function showState(root, state, savedAt, clock) {
  STATES.forEach((name) => part(root, name, name === state));
  if (savedAt) fact(root, "saved-at", clock.wall(savedAt));
}

/** Fill a step's list, where it has one and the paper is here. */
export function listAnswers(root, { paper, answers, clock }) {
  const list = root.querySelector('[data-list="answers"]');
  if (!list || !paper) return;
  if (list.children.length !== paper.questions.length) list.replaceChildren(...paper.questions.map((_, at) => line(at)));
  paper.questions.forEach(({ id }, index) => update(list.children[index], answers.byQuestion.get(id), clock));
}

function line(index) {
  const row = document.getElementById("answer-line").content.cloneNode(true).firstElementChild;
  fact(row, "row", String(index + 1));
  return row;
}

function update(row, entry, clock) {
  showState(row, stateOf(entry, "kept"), entry && entry.savedAt, clock);
}

/** The list below the question: lines that can be pressed where the candidate may choose what to answer next. */
export class QuestionList {
  constructor(root, page, open) {
    this.page = page;
    this.list = root.querySelector('[data-list="questions"]');
    this.rows = page.paper.questions.map((_, index) => this.row(index, open));
    this.list.replaceChildren(...this.rows);
    part(root, "questions", this.rows.length > 1);
    part(root, "questions-open", Boolean(open));
  }

  row(index, open) {
    const item = document.createElement("li");
    const box = document.getElementById(open ? "question-button" : "question-line").content.cloneNode(true).firstElementChild;
    fact(box, "row", String(index + 1));
    if (open) box.addEventListener("click", () => open(index));
    item.append(box);
    return item;
  }

  /** Show the states; `current` is the question on the page, and `locked` whether it must be ended first. */
  update(current, locked) {
    const { paper, answers, clock } = this.page;
    paper.questions.forEach(({ id }, index) => {
      const box = this.rows[index].firstElementChild;
      const entry = answers.byQuestion.get(id);
      if (index === current) box.setAttribute("aria-current", "true");
      else box.removeAttribute("aria-current");
      if (box.tagName === "BUTTON") box.disabled = locked && index !== current;
      showState(box, stateOf(entry, "kept"), entry && entry.savedAt, clock);
    });
  }
}
