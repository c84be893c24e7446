/** Help and permissions: asks the room for their state while there is something to learn, and passes it on. */

import { Away } from "./api.js";
import { instant } from "./clock.js";
import { HelpWindow } from "./help_window.js";
import { PermissionBar } from "./permission_bar.js";

const EVERY_MS = 3000;

export class Support {
  constructor(page) {
    this.page = page;
    this.state = { help: null, permission: null, leave_until: null };
    this.kept = null;
    this.timer = null;
    this.bar = new PermissionBar(() => this.call("permission/finish", {}));
    this.window = document.getElementById("help-button") ? new HelpWindow(this) : null;
  }

  /** The page has joined: what was kept is sent, and the state is asked for once. */
  async enter() {
    this.kept = (await this.page.store.help(this.page.attempt.nonce)) || null;
    this.poll();
  }

  stop() {
    clearTimeout(this.timer);
    this.page = null;
    this.bar.root.hidden = true;
    if (this.window) this.window.draw();
  }

  /** Whether the state can change without this page's doing. */
  get isWaiting() {
    return Boolean(this.kept || this.state.permission || (this.state.help && this.state.help.open));
  }

  arm() {
    clearTimeout(this.timer);
    if (this.page && this.isWaiting) this.timer = setTimeout(() => this.poll(), EVERY_MS);
  }

  async poll() {
    if (this.kept) await this.send().catch(() => undefined);
    else await this.call("help/state", {}).catch(() => undefined);
    this.arm();
  }

  /**
   * A permission holds, or the desk calls about a request that was made elsewhere: ask for the state, and follow it from
   * then on. Each beat says so, so that a question that had no answer is asked again.
   */
  hear() {
    if (this.page && !this.isWaiting) this.poll();
  }

  /** Call the room and take over what it says. Rejects as `post` does. */
  async call(name, body) {
    if (!this.page) return undefined;
    try {
      const answer = await this.page.call(name, body);
      Object.assign(this.state, { permission: answer.permission });
      if ("help" in answer) Object.assign(this.state, { help: answer.help, leave_until: answer.leave_until });
      return answer;
    } finally {
      this.draw();
      this.arm();
    }
  }

  /** Keep a request on this computer, then send it. Rejects with `Refused`; without a network it stays kept. */
  async ask(request) {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.kept = Object.assign({ id, codes: this.codes(), made_at: this.page.clock.stamp() }, request);
    await this.page.store.keepHelp(this.page.attempt.nonce, this.kept);
    await this.send();
  }

  async send() {
    try {
      await this.call("help", this.kept);
      await this.forget();
    } catch (error) {
      if (!(error instanceof Away)) await this.forget();
      if (!(error instanceof Away)) throw error;
    } finally {
      this.draw();
      this.arm();
    }
  }

  async forget() {
    this.kept = null;
    if (this.page) await this.page.store.dropHelp(this.page.attempt.nonce);
  }

  /** What is wrong on the page, as codes: the lines above the stage that are shown. */
  codes() {
    const lines = [...document.querySelectorAll("#notices [data-code]:not([hidden])")];
    return lines.map(({ dataset }) => `page:${dataset.code}`).filter((code) => code !== "page:refusal");
  }

  /** The permission that holds now, by the room's clock. */
  get permission() {
    const { permission } = this.state;
    const now = this.page && this.page.clock.now();
    return permission && now < instant(permission.ends) ? permission : null;
  }

  /** Until when leaving may be asked for, or null. */
  get leaveUntil() {
    const until = instant(this.state.leave_until);
    return until !== null && !this.permission && this.page.clock.now() < until ? until : null;
  }

  leave() {
    return this.call("permission/leave", {}).catch(() => undefined);
  }

  draw() {
    if (!this.page) return;
    const appears = this.bar.show(this.permission, this.state.help, this.page.clock, this.page.phoneFault);
    if (this.window && appears) this.window.giveWay();
    if (this.window) this.window.draw();
  }

  /** Called several times a second. */
  tick() {
    if (this.page && this.state.permission) this.bar.show(this.permission, this.state.help, this.page.clock, this.page.phoneFault);
  }
}
