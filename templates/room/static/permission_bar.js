/** The large line that says that the phone may be touched, or the picture left, and until when. */

import { instant } from "./clock.js";
import { nameFault } from "./phone_state.js";
import { fact, notice, on, part } from "./view.js";

export class PermissionBar {
  constructor(finish) {
    this.root = document.getElementById("permission");
    // A page that joins when the phone is well again never hears which fault it had.
    nameFault(this.root, null);
    for (const name of ["call-over", "back", "phone-back"]) on(this.root, name, () => finish().catch(() => undefined));
  }

  /** Show a permission, or none; `fault` is the phone's, where it has one. Returns whether it appears. */
  show(permission, help, clock, fault) {
    const { root } = this;
    const appears = Boolean(permission) && root.hidden;
    if (permission) this.fill(permission, (help && help.portal) || {}, clock);
    if (permission && fault) nameFault(root, fault);
    root.hidden = !permission;
    if (appears) window.scrollTo(0, 0);
    return appears;
  }

  fill({ reason, ends, is_ending: isEnding }, portal, clock) {
    const { root } = this;
    const calls = reason === "call" && !isEnding;
    fact(root, "callback", portal.callback || "");
    fact(root, "calls-from", portal.calling_from || (portal.calls_from || []).join(" / "));
    fact(root, "until", clock.wall(instant(ends)));
    part(root, "call", calls);
    part(root, "calling", calls && portal.status === "calling");
    part(root, "on-call", calls && portal.status !== "calling");
    part(root, "put-back", reason === "call" && Boolean(isEnding));
    part(root, "on-phone", reason === "phone");
    // It asks to leave the phone alone, which no longer holds.
    if (reason === "phone") notice("phone-fault", false);
    part(root, "on-leave", reason === "leave");
    part(root, "handle", reason === "handle");
    part(root, "away", reason === "away");
  }
}
