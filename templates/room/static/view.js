/** Shows templates and fills their places. Every word is in the HTML; here are only figures and visibility. */

const stage = () => document.getElementById("stage");

/** Replace the stage's content by a step's template and announce its heading. Returns the stage. */
export function show(step) {
  const place = stage();
  // `replaceChildren` is younger than the browsers of old phones.
  place.textContent = "";
  place.appendChild(document.getElementById(`step-${step}`).content.cloneNode(true));
  place.dataset.step = step;
  document.getElementById("said").textContent = heading(place);
  place.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  return place;
}

function heading(place) {
  const title = place.querySelector("h1");
  return title && title.firstChild ? title.firstChild.textContent.trim() : "";
}

/** Set the text of every `[data-fact=name]` below a root. Unchanged text is left alone: live regions stay quiet. */
export function fact(root, name, text) {
  for (const place of root.querySelectorAll(`[data-fact="${name}"]`)) write(place, text);
}

/** Set one element's text if it differs. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** Show or hide every `[data-part=name]` below a root. */
export function part(root, name, shown) {
  for (const place of root.querySelectorAll(`[data-part="${name}"]`)) place.hidden = !shown;
}

/** Fill in a span of time as whole minutes, minutes and seconds, or seconds. */
export function span(root, name, seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  for (const place of root.querySelectorAll(`[data-span="${name}"]`)) {
    fact(place, "m", String(minutes));
    fact(place, "s", String(rest));
    part(place, "minutes", minutes > 0 && rest === 0);
    part(place, "mixed", minutes > 0 && rest > 0);
    part(place, "seconds", minutes === 0);
  }
}

/** Run `act` on clicks on a `[data-act=name]` below a root. */
export function on(root, name, act) {
  for (const button of root.querySelectorAll(`[data-act="${name}"]`)) button.addEventListener("click", act);
}

/** Show one of the lines above the stage, or take it away. Returns the line. */
export function notice(code, shown) {
  const line = document.querySelector(`#notices [data-code="${code}"]`);
  line.hidden = !shown;
  return line;
}

/** Write a refusal's cause, remedy and code into their places. */
export function explain(place, { code, cause, remedy }) {
  fact(place, "cause", cause ? cause.zh : "");
  fact(place, "remedy", remedy ? remedy.zh : "");
  fact(place, "code", code || "");
  part(place, "code", Boolean(code));
}

/** Show what belongs to a mock or to a formal interview. */
export function kind(root, name) {
  for (const place of root.querySelectorAll("[data-kind]")) place.hidden = place.dataset.kind !== name;
}

/** Show what belongs to a running recording. */
export function whileRecording(running) {
  for (const place of document.querySelectorAll('[data-while="recording"]')) place.hidden = !running;
}

/** Mark the steps of the way: what is past, and where the candidate is. */
export function way(step) {
  const list = document.querySelector(".steps");
  if (!list) return;
  const items = [...list.querySelectorAll("li")];
  const current = items.findIndex((item) => item.dataset.steps.split(" ").includes(step));
  list.hidden = current < 0;
  items.forEach((item, index) => {
    item.classList.toggle("past", index < current || step === "complete");
    if (index === current) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}
