/**
 * The player's page of an attempt of which nothing is recorded yet: it asks for what is newer, ever less often, and
 * loads itself anew once there is something to play, or once nothing can come any more.
 */

import { Backoff } from "./backoff.js";

const FIRST_MS = 5000;
const MOST_MS = 30000;

class Wait {
  constructor({ newer, token }) {
    Object.assign(this, { newer, token, follow: "" });
    this.pause = new Backoff({ firstMs: FIRST_MS, mostMs: MOST_MS });
    this.later();
  }

  later() {
    setTimeout(() => this.look().then(() => this.later()), this.pause.fail());
  }

  /** A page that nobody sees does not ask. */
  async look() {
    if (document.visibilityState !== "visible") return;
    const news = await this.ask().catch(() => null);
    if (news && (news.takes.length || !news.live)) location.reload();
  }

  async ask() {
    const body = new URLSearchParams({ follow: this.follow, form_token: this.token });
    const response = await fetch(this.newer, { method: "POST", body, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const news = await response.json();
    this.follow = news.follow;
    return news;
  }
}

new Wait(document.getElementById("awaited").dataset);
