/** The step "identity": photographs of face and card out of the live picture, name and number typed once. */

import { judge } from "./photo_check.js";
import { Still } from "./still.js";
import { fact, on, part } from "./view.js";

const RETAKES = 3;
const MAX_TRIES = 9;
const PHOTOS = ["face", "card"];
const LONGEST_SIDE = 1600;
/** A webcam's picture has about 70 kB at the first quality; the room takes at most 300. */
const MOST_BYTES = 150000;
const QUALITIES = [0.92, 0.8, 0.65, 0.5];
const DONE = ["good", "kept"];

export class IdentityStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.photographed = page.attempt.consent.face === true;
    this.photos = {};
    this.tries = { face: 0, card: 0 };
    part(root, "photographed", this.photographed);
    part(root, "unphotographed", !this.photographed);
    part(root, "typed", page.typed);
    part(root, "untyped", !page.typed);
    this.sayWhy(page.attempt.identity);
    for (const what of PHOTOS) {
      on(this.card(what), "take", () => this.take(what));
      on(this.card(what), "again", () => this.again(what));
      const video = this.card(what).querySelector("video");
      for (const event of ["loadeddata", "emptied"]) video.addEventListener(event, () => this.allow(what));
    }
    this.form = root.querySelector("form");
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.changed();
  }

  /** Why staff have asked for new photographs, if they have. */
  sayWhy(code) {
    const reasons = [...this.root.querySelectorAll("[data-why]")];
    for (const reason of reasons) reason.hidden = reason.dataset.why !== code;
    part(this.root, "again", reasons.some(({ hidden }) => !hidden));
  }

  card(what) {
    return this.root.querySelector(`[data-photo="${what}"]`);
  }

  /** Show the camera's picture as it is now. */
  changed() {
    const { camera } = this.page.recording.media;
    for (const video of this.root.querySelectorAll("video")) {
      if (video.srcObject !== camera) {
        video.srcObject = camera;
        video.play().catch(() => undefined);
      }
    }
    PHOTOS.forEach((what) => this.allow(what));
  }

  /** A photograph can be taken once the camera's first picture is there. */
  allow(what) {
    const { readyState } = this.card(what).querySelector("video");
    this.card(what).querySelector('[data-act="take"]').disabled = readyState < HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** Take a photograph. One that is not clear is to be taken again, three times; then it is kept as it is. */
  async take(what) {
    const canvas = drawn(this.card(what).querySelector("video"));
    const finding = judge(canvas, what);
    this.tries[what] = Math.min(MAX_TRIES, this.tries[what] + 1);
    const { picture, url } = await encoded(canvas);
    this.photos[what] = { picture, tries: this.tries[what], finding };
    const state = finding === "good" ? "good" : this.tries[what] > RETAKES ? "kept" : finding;
    this.draw(what, state, url);
  }

  again(what) {
    this.draw(what, "live", "");
    this.card(what).querySelector('[data-act="take"]').focus();
  }

  draw(what, state, url) {
    const card = this.card(what);
    const image = card.querySelector("[data-taken]");
    card.dataset.state = state;
    fact(card, "again", String(this.tries[what]));
    if (image.src) URL.revokeObjectURL(image.src);
    image.hidden = !url;
    if (url) image.src = url;
    else image.removeAttribute("src");
    card.querySelector('[data-act="take"]').hidden = Boolean(url);
    const again = card.querySelector('[data-act="again"]');
    again.hidden = !url || this.tries[what] >= MAX_TRIES;
    if (!again.hidden) again.focus({ preventScroll: true });
    this.fault("photos", false);
  }

  fault(name, shown) {
    this.root.querySelector(`[data-fault="${name}"]`).hidden = !shown;
  }

  ready() {
    const taken = !this.photographed || PHOTOS.every((what) => DONE.includes(this.card(what).dataset.state));
    const { name, number } = this.form;
    const typed = this.page.typed || Boolean(name.value.trim() && number.value.trim());
    this.fault("photos", !taken);
    this.fault("typed", taken && !typed);
    if (taken && !typed) (name.value.trim() ? number : name).focus();
    return taken && typed;
  }

  async submit(event) {
    event.preventDefault();
    if (!this.ready()) return;
    const { name, number } = this.form;
    const typed = this.page.typed ? { name: "", number: "" } : { name: name.value, number: number.value };
    part(this.root, "sending", true);
    if (await this.page.identity(Object.assign({}, this.photos, typed))) this.page.typed = true;
    part(this.root, "sending", false);
  }

  leave() {
    this.photos = {};
    this.form.reset();
  }
}

function drawn(video) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A JPEG in base64 and its address for an image, at the best quality that is short enough. */
async function encoded(canvas) {
  for (const quality of QUALITIES) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob.size > MOST_BYTES && quality !== QUALITIES[QUALITIES.length - 1]) continue;
    return { picture: await base64(blob), url: URL.createObjectURL(blob) };
  }
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
