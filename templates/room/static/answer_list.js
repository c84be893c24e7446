/** The list of a paper's questions with when each answer was saved. */

import { fact, part } from "./view.js";

/** Fill a step's list, where it has one and the paper is here. */
export function listAnswers(root, { paper, answers, clock }) {
  const list = root.querySelector('[data-list="answers"]');
  if (!list || !paper) return;
  const lines = paper.questions.map(({ id }, index) => line(index, answers.byQuestion.get(id), clock));
  list.replaceChildren(...lines);
}

function line(index, entry, clock) {
  const row = document.getElementById("answer-line").content.cloneNode(true);
  const savedAt = entry && entry.savedAt;
  fact(row, "which", String(index + 1));
  part(row, "saved", Boolean(savedAt));
  part(row, "kept", Boolean(entry && !savedAt));
  part(row, "none", !entry);
  if (savedAt) fact(row, "saved-at", clock.wall(savedAt));
  return row;
}
