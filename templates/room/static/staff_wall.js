/** The wall of a session's live attempts: draws tiles, follows their changes, and keeps each picture's age. */

const OLD_MS = 70000;
const LOST_MS = 12000;
const MINUTE_S = 60;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Wall {
  constructor(root, start) {
    this.root = root;
    this.look = start.look;
    this.streams = start.streams;
    this.tiles = new Map();
    this.places = new Map();
    this.offsetMs = 0;
    this.template = document.getElementById("tile");
    this.live = document.getElementById("live");
    this.take(start);
    root.addEventListener("keydown", (event) => this.press(event));
    root.addEventListener("focusin", (event) => this.remember(event.target.closest("a")));
    setInterval(() => this.tick(), 1000);
  }

  follow() {
    this.source = new EventSource(this.root.dataset.live);
    this.source.onopen = () => this.say("on");
    this.source.onmessage = ({ data }) => this.take(JSON.parse(data));
    this.source.onerror = () => {
      // A stream that ends is opened again within seconds. One that is refused stays closed.
      if (this.source.readyState === EventSource.CLOSED) this.say("over");
      else this.lostAt = this.lostAt || performance.now();
    };
  }

  say(state) {
    this.lostAt = null;
    this.live.dataset.state = state;
  }

  /** Take over what has changed: figures, tiles, and their order. */
  take(news) {
    this.offsetMs = news.now - Date.now();
    for (const shown of news.tiles) this.tiles.set(shown.id, shown);
    const focused = document.activeElement;
    for (const shown of news.tiles) this.draw(shown);
    this.arrange(news.order);
    if (this.root.contains(focused) && document.activeElement !== focused) focused.focus();
    this.figures(news);
    this.tick();
  }

  figures({ counts, total, pages }) {
    for (const link of document.querySelectorAll("[data-filter]")) {
      write(link.querySelector("[data-count]"), String(counts[link.dataset.filter]));
    }
    write(document.getElementById("total"), String(total));
    write(document.getElementById("pages"), String(pages));
    document.getElementById("nothing").hidden = total > 0;
    const page = Number(new URLSearchParams(location.search).get("page") || 1);
    document.getElementById("next").hidden = page >= pages;
  }

  /** Put the tiles into their order, moving as few as possible; what is no longer here goes. */
  arrange(order) {
    for (const [id, place] of this.places) {
      if (order.includes(id)) continue;
      place.remove();
      this.places.delete(id);
      this.tiles.delete(id);
    }
    let next = this.root.firstElementChild;
    for (const id of order) {
      const place = this.places.get(id);
      if (place === next) next = next.nextElementSibling;
      else this.root.insertBefore(place, next);
    }
    this.settle();
  }

  /** One tile can be reached by Tab: the one that was focused last, or the first. */
  settle() {
    const links = this.links();
    if (!links.some((link) => link.tabIndex === 0) && links.length > 0) links[0].tabIndex = 0;
  }

  remember(link) {
    if (!link) return;
    for (const other of this.links()) other.tabIndex = other === link ? 0 : -1;
  }

  links() {
    return Array.from(this.root.querySelectorAll("a"));
  }

  draw(shown) {
    const place = this.places.get(shown.id) || this.make(shown.id);
    place.classList.toggle("grave", shown.alarms.some(([, grave]) => grave));
    place.classList.toggle("problem", shown.alarms.length > 0);
    for (const name of ["number", "name", "step"]) fact(place, name, shown[name]);
    fact(place, "ordinal", shown.ordinal > 1 ? filled(this.root.dataset.again, shown.ordinal) : "");
    fact(place, "marks", shown.marks.join(" · "));
    const alarms = shown.alarms.map(([words, grave]) => {
      const alarm = document.createElement("b");
      alarm.textContent = words;
      alarm.classList.toggle("grave", grave);
      return alarm;
    });
    place.querySelector("[data-alarms]").replaceChildren(...alarms);
    this.drawShots(place.querySelector("[data-shots]"), shown);
  }

  make(id) {
    const place = this.template.content.firstElementChild.cloneNode(true);
    const link = place.querySelector("a");
    link.href = `/staff/attempts/${id}`;
    link.tabIndex = -1;
    place.querySelector("[data-shots]").dataset.mark = this.root.dataset.mark;
    this.places.set(id, place);
    return place;
  }

  /** One picture of each stream; a picture stays until the next one is loaded. */
  drawShots(shots, { id, pictures }) {
    const streams = Object.keys(this.streams).filter((stream) => stream === "camera" || pictures[stream]);
    shots.classList.toggle("several", streams.length > 1);
    shots.classList.toggle("two", streams.length === 2);
    for (const shot of Array.from(shots.children)) if (!streams.includes(shot.dataset.stream)) shot.remove();
    streams.forEach((stream, index) => {
      let shot = shots.querySelector(`[data-stream="${stream}"]`);
      if (!shot) shots.insertBefore((shot = this.makeShot(stream)), shots.children[index] || null);
      this.drawShot(shot, id, stream, pictures[stream]);
    });
  }

  makeShot(stream) {
    const shot = document.createElement("span");
    shot.className = "shot";
    shot.dataset.stream = stream;
    return shot;
  }

  drawShot(shot, id, stream, at) {
    if (shot.dataset.at === String(at)) return;
    shot.dataset.at = String(at);
    if (!at) {
      const none = document.createElement("span");
      none.className = "none";
      none.textContent = this.root.dataset.none;
      shot.replaceChildren(none);
      return;
    }
    let image = shot.querySelector("img");
    if (!image) {
      image = document.createElement("img");
      image.alt = this.streams[stream];
      const age = document.createElement("b");
      age.className = "age";
      shot.replaceChildren(image, age);
    }
    image.src = `/staff/wall/pictures/${id}/${stream}?v=${at}&look=${this.look}`;
  }

  /** Ages go on by themselves, by the room's clock. */
  tick() {
    if (this.lostAt && performance.now() - this.lostAt > LOST_MS) this.live.dataset.state = "lost";
    const now = Date.now() + this.offsetMs;
    for (const shot of this.root.querySelectorAll(".shot[data-at]")) {
      const age = shot.querySelector(".age");
      if (!age) continue;
      const ms = Math.max(0, now - Number(shot.dataset.at));
      const { stream } = shot.dataset;
      const text = this.ageOf(ms);
      write(age, stream === "camera" ? filled(this.root.dataset.ago, text) : `${this.streams[stream]} ${text}`);
      age.classList.toggle("old", ms > OLD_MS);
    }
  }

  ageOf(ms) {
    const seconds = Math.round(ms / 1000);
    const { seconds: inSeconds, minutes } = this.root.dataset;
    return seconds < 2 * MINUTE_S ? filled(inSeconds, seconds) : filled(minutes, Math.floor(seconds / MINUTE_S));
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const links = this.links();
    const at = links.indexOf(document.activeElement);
    if (at < 0) return;
    const to = this.target(event.key, at, links.length);
    if (to === null) return;
    event.preventDefault();
    if (typeof to === "number") links[to].focus();
    else if (to && !to.hidden) to.click();
  }

  /** What a key leads to: the index of a tile, a link, or null. */
  target(key, at, count) {
    if (key === "Home") return 0;
    if (key === "End") return count - 1;
    if (STEPS[key]) {
      const [across, down] = STEPS[key];
      return Math.min(count - 1, Math.max(0, at + across + down * this.columns()));
    }
    if (key === "n" || key === "N") return document.getElementById("next");
    if (key === "p" || key === "P") return document.getElementById("previous");
    return /^[1-9]$/.test(key) ? document.querySelectorAll("[data-filter]")[Number(key) - 1] || null : null;
  }

  columns() {
    return getComputedStyle(this.root).gridTemplateColumns.split(" ").length;
  }
}

/** The page's words with a value in the place that they keep for it. */
function filled(words, value) {
  return words.replace("{}", value);
}

function fact(place, name, text) {
  write(place.querySelector(`[data-fact="${name}"]`), text);
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

const start = JSON.parse(document.getElementById("start").textContent);
new Wall(document.getElementById("wall"), start).follow();
