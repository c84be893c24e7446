/** The lines above the page that speak of the recording: what each event of the recorder shows or takes away. */

import { notice } from "./view.js";

/** How long a passing remark stays. */
const PASSING_MS = 20000;
const PASSING = ["hidden", "quota-low"];
/** Events whose line stays until another event. */
const ENDS = { "track-muted": "track-unmuted", "black-picture": "picture-back", frozen: "picture-back", silent: "sound-back" };

/** Show a line for a while. */
export function remark(code) {
  notice(code, true);
  setTimeout(() => notice(code, false), PASSING_MS);
}

/** React to an event of the recorder or the uploader. */
export function heard({ code }) {
  if (code in ENDS) notice(code, true);
  for (const [begun, end] of Object.entries(ENDS)) if (end === code) notice(begun, false);
  if (PASSING.includes(code)) remark(code);
  if (code === "quota-stop") notice(code, true);
}

/** A stream was lost, by its cause, or is back (null). */
export function streamLost(stream, cause) {
  if (stream === "screen") {
    notice("screen-lost", cause !== null && cause !== "surface-wrong");
    notice("surface-wrong", cause === "surface-wrong");
    return;
  }
  notice("camera-lost", cause !== null && cause !== "quota-stop");
  if (cause === null) ["quota-stop", ...Object.keys(ENDS)].forEach((code) => notice(code, false));
}
