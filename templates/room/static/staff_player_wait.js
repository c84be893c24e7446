/**
 * The player's page of an attempt of which nothing is recorded yet: it asks for what is newer, ever less often, and
 * loads itself anew once there is something to play, or once nothing can come any more.
 */

import { Backoff } from "./backoff.js";
import { Look } from "./staff_look.js";

const FIRST_MS = 5000;
const MOST_MS = 30000;

class Wait {
  constructor({ newer, token }) {
    this.follows = new Look(newer, token);
    this.pause = new Backoff({ firstMs: FIRST_MS, mostMs: MOST_MS });
    this.later();
  }

  later() {
    setTimeout(() => this.look().then(() => this.later()), this.pause.fail());
  }

  /** A page that nobody sees does not ask. */
  async look() {
    if (document.visibilityState !== "visible") return;
    const news = await this.follows.ask().catch(() => null);
    if (news && (news.takes.length || !news.live)) location.reload();
  }
}

new Wait(document.getElementById("awaited").dataset);
