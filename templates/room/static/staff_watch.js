/** Says every 20 seconds that this page watches its operator's groups, and shows who is responsible for each. */

const EVERY_MS = 20000;

class Watching {
  constructor(root) {
    this.root = root;
    this.beat();
    setInterval(() => this.beat(), EVERY_MS);
  }

  async beat() {
    const { session, token } = this.root.dataset;
    const form = new URLSearchParams({ session, form_token: token });
    try {
      const answer = await fetch("/staff/watch", { method: "POST", body: form });
      if (answer.ok) this.show((await answer.json()).groups);
    } catch (error) {
      // The wall says that the connection is lost; the next beat tries again.
    }
  }

  show(groups) {
    const { operator: mine, line: words } = this.root.dataset;
    const lines = groups.map(({ number, place, operator }) => {
      const line = document.createElement("span");
      const who = this.root.dataset[operator === mine ? "mine" : place];
      line.textContent = words.replace("{number}", number).replace("{who}", who);
      line.className = operator === mine ? "mine" : "";
      return line;
    });
    this.root.replaceChildren(...lines);
  }
}

new Watching(document.getElementById("watching"));
