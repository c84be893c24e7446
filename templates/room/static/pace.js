/**
 * The times of questions: stretched by a seat's extra time, and which question is open by the session's clock, for papers
 * whose pace is "clock". Times are after the start.
 */

const TIMES = ["from_s", "to_s", "prepare_s", "answer_s"];

/** Questions with their times stretched: `to` seconds for `of` seconds of the paper, rounded down as the room does it. */
export function stretched(questions, [of, to]) {
  const longer = (seconds) => Math.floor((seconds * to) / of);
  return questions.map((question) => {
    const own = TIMES.filter((name) => typeof question[name] === "number");
    return Object.assign({}, question, Object.fromEntries(own.map((name) => [name, longer(question[name])])));
  });
}

/** The index of the question that is open; -1 before the first and after the last. */
export function openAt(questions, elapsedMs) {
  return questions.findIndex(({ from_s: from, to_s: to }) => from * 1000 <= elapsedMs && elapsedMs < to * 1000);
}
