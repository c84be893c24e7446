/** A look that follows a running attempt: it asks the room for what is newer, under one key for as long as it lasts. */

export class Look {
  /** `newer` is the address that is asked, and `token` that of the page's forms. */
  constructor(newer, token) {
    Object.assign(this, { newer, token, key: "" });
  }

  /** Ask for all that is known by now. Rejects where the room does not give it. */
  async ask() {
    const body = new URLSearchParams({ follow: this.key, form_token: this.token });
    const response = await fetch(this.newer, { method: "POST", body, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const news = await response.json();
    this.key = news.follow;
    return news;
  }
}
