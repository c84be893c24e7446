/** The phone's ways in: typed numbers, or the code of a QR code that the computer shows. */

import { Still } from "./still.js";
import { explain, on, part } from "./view.js";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";
const RESIDENT = /^\d{17}[\dX]$/;
const OTHER = /^[0-9A-Z]{5,20}$/;
/** Another phone of the seat is live: the code from the computer is asked for. */
const NEEDS_CODE = ["OS-2186", "OS-2187"];

/** The code that the address carries after its hash, {pair, move}; it is taken off the address at once. */
export function takeCodes() {
  const { pathname, search, hash } = location;
  const given = new URLSearchParams(hash.slice(1));
  if (hash) history.replaceState(null, "", pathname + search);
  return { pair: given.get("pair") || "", move: given.get("move") || "" };
}

/** A number as it is compared: full-width characters narrowed, blanks out, capitals. */
export function plain(text) {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
  return narrow.replace(/\s/g, "").toUpperCase();
}

/** Whether an ID number can be right: 18 digits with their check digit (GB 11643), or another document's number. */
export function isIdNumber(text, residentOnly) {
  if (!RESIDENT.test(text)) return !residentOnly && OTHER.test(text) && !/^\d{18}$/.test(text);
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(text[place]), 0);
  return CHECKS[sum % 11] === text[17];
}

export class LoginStep extends Still {
  constructor(page, root) {
    super(page, root);
    this.form = root.querySelector("form");
    this.form.addEventListener("submit", (event) => this.submit(event));
    on(root, "moving", () => this.askCode());
    if (page.codes.move) this.askCode(page.codes.move);
    if (page.problem && page.problem.code) this.refused(page.problem);
  }

  askCode(code = "") {
    part(this.root, "move", true);
    part(this.root, "other-ways", false);
    this.form.move.value = code || this.form.move.value;
  }

  async submit(event) {
    event.preventDefault();
    const typed = this.typed();
    const wrong = this.wrong(typed);
    for (const place of this.root.querySelectorAll("[data-fault]")) place.hidden = !wrong.includes(place.dataset.fault);
    for (const { name } of this.form.elements) if (name) this.form.elements[name].setAttribute("aria-invalid", String(wrong.includes(name)));
    if (wrong.length) {
      this.form.elements[wrong[0]].focus();
      return;
    }
    await this.send(typed);
  }

  /** What was typed; it stays in its fields until the login is through. */
  typed() {
    const { admission_number: number, name, id_number: id, move } = this.form.elements;
    return { admission_number: plain(number.value), name: name.value.trim(), id_number: plain(id.value), move: plain(move.value) };
  }

  wrong(typed) {
    const residentOnly = document.body.dataset.residentOnly === "yes";
    const moving = !this.root.querySelector('[data-part="move"]').hidden;
    const good = {
      admission_number: /^[0-9A-Z-]{1,40}$/.test(typed.admission_number),
      name: typed.name.length > 0,
      id_number: isIdNumber(typed.id_number, residentOnly),
      move: !moving || /^\d{6}$/.test(typed.move),
    };
    return Object.keys(good).filter((name) => !good[name]);
  }

  async send({ admission_number, name, id_number, move }) {
    const by = { identity: { admission_number, name, id_number } };
    this.busy(true);
    part(this.root, "refusal", false);
    await this.page.login(move ? Object.assign(by, { move }) : by, (problem) => this.refused(problem));
    this.busy(false);
  }

  busy(is) {
    part(this.root, "busy", is);
    this.form.querySelector("button").disabled = is;
  }

  refused(problem) {
    if (NEEDS_CODE.includes(problem.code)) this.askCode();
    explain(this.root, problem);
    part(this.root, "refusal", true);
  }
}

/** Pairing by the code of a QR code: nothing to type. */
export class PairingStep extends Still {
  constructor(page, root) {
    super(page, root);
    on(root, "again", () => this.send());
    on(root, "type", () => page.turn("login"));
    this.send();
  }

  send() {
    const { pair, move } = this.page.codes;
    part(this.root, "busy", true);
    part(this.root, "refusal", false);
    return this.page.login(move ? { pair, move } : { pair }, (problem) => this.refused(problem));
  }

  refused(problem) {
    part(this.root, "busy", false);
    explain(this.root, problem);
    part(this.root, "refusal", true);
  }
}
