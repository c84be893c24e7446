/** A question's materials: text, picture and sound. Pictures and sounds are shown from memory. */

import { fact, on, part } from "./view.js";

/** Draw the materials into a place. Returns what frees their memory again. */
export function showMaterials(place, materials) {
  const addresses = [];
  const address = (material) => {
    addresses.push(URL.createObjectURL(new Blob([bytes(material.data)], { type: material.mime })));
    return addresses[addresses.length - 1];
  };
  place.replaceChildren(...(materials || []).map((material) => DRAWN[material.kind](material, address)));
  return () => addresses.forEach((each) => URL.revokeObjectURL(each));
}

const DRAWN = { text: textOf, picture: pictureOf, sound: soundOf };

function clone(kind) {
  return document.getElementById(`material-${kind}`).content.cloneNode(true).firstElementChild;
}

/** Write a text in Chinese, and in English where that is another one. */
export function bilingual(root, text) {
  const english = text.en && text.en !== text.zh ? text.en : "";
  fact(root, "zh", text.zh);
  fact(root, "en", english);
  part(root, "en", Boolean(english));
}

function textOf({ text }) {
  const box = clone("text");
  bilingual(box, text);
  return box;
}

function pictureOf(material, address) {
  const box = clone("picture");
  const image = box.querySelector("img");
  image.src = address(material);
  image.alt = material.alt.zh;
  image.addEventListener("error", () => part(box, "broken", true));
  on(box, "larger", ({ currentTarget: button }) => {
    const large = box.classList.toggle("material-large");
    button.setAttribute("aria-pressed", String(large));
  });
  bilingual(box, material.alt);
  return box;
}

/** A sound that cannot be played is read. */
function soundOf(material, address) {
  const box = clone("sound");
  const audio = box.querySelector("audio");
  audio.src = address(material);
  audio.addEventListener("error", () => {
    part(box, "broken", true);
    box.querySelector("details").open = true;
  });
  bilingual(box, material.transcript);
  return box;
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
