/** The line about the client's monitoring: connected or not, and what it sees now. It takes neither focus nor clicks. */

import { fact, part } from "./view.js";

const CODES = ["software", "screens", "remote-session", "browser-windows"];
const ENDED = ["uploading", "complete", "refused"];

/** Draw what the room says of the monitoring at a step of the page. */
export function drawGuard({ connected, warnings }, step) {
  const line = document.getElementById("guard");
  line.hidden = connected === null || ENDED.includes(step);
  line.dataset.state = !connected ? "off" : warnings.length ? "warned" : "on";
  for (const name of ["on", "off", "warned"]) part(line, name, name === line.dataset.state);
  for (const code of CODES) part(line, code, warnings.some((each) => each.code === code));
  const names = warnings.filter((each) => each.code === "software").map((each) => each.name);
  fact(line, "software", names.join("\u3001"));
  part(line, "going-on", step === "questions");
}
