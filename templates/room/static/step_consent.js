/** The step "consent", of the computer's page and of the phone's: the notice, and what was agreed to. */

import { sha256 } from "./hex.js";
import { Still } from "./still.js";
import { on, part } from "./view.js";

export class ConsentStep extends Still {
  constructor(page, root) {
    super(page, root);
    const form = root.querySelector("form");
    form.addEventListener("submit", (event) => this.agree(event, form));
    on(root, "disagree", () => this.decline());
    on(root, "reconsider", () => this.turn(false));
  }

  async agree(event, form) {
    event.preventDefault();
    const fault = this.root.querySelector('[data-fault="tick"]');
    fault.hidden = form.agreed.checked;
    if (form.agreed.checked) this.page.consent(await this.version(), true, form);
    else form.agreed.focus();
  }

  async decline() {
    this.turn(true);
    this.page.consent(await this.version(), false, null);
  }

  /** The SHA-256 of the words that were shown, without regard to white space: what was agreed to. */
  version() {
    return sha256(this.root.querySelector('[data-part="notice"]').textContent.replace(/\s+/g, ""));
  }

  turn(declined) {
    part(this.root, "notice", !declined);
    part(this.root, "declined", declined);
    window.scrollTo(0, 0);
    if (declined) this.root.querySelector('[data-part="declined"]').focus();
  }
}
