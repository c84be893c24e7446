/**
 * What has come since the player's page was loaded, drawn into it: streams, and lines of its lists.
 *
 * What is there already keeps its element, so that focus, scrolling and the choice of the sound stay. Nothing is
 * announced: the operator is watching.
 */

/** Put the part of a later stream, or of the first mark, among those of its kind; return it, or null without one. */
export function place(parent, selector) {
  const part = document.getElementById("later").content.querySelector(selector);
  if (!part) return null;
  const follows = ({ dataset }) => Number(dataset.place) > Number(part.dataset.place);
  parent.insertBefore(part, Array.from(parent.children).find(follows) || null);
  return part;
}

/** Bring the lists up to those in the room's HTML. */
export function drawLists(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const list of document.querySelectorAll("[data-list]")) {
    merge(list, Array.from(page.querySelector(`[data-list="${list.dataset.list}"]`).children));
  }
}

function merge(list, lines) {
  const known = new Map();
  for (const line of list.children) known.set(keyOf(line), (known.get(keyOf(line)) || []).concat(line));
  const drawn = lines.map((line) => kept((known.get(keyOf(line)) || []).shift(), line));
  for (const line of [].concat(...known.values())) {
    // What has the focus is left until the next time: who is in a list must not be thrown out of it.
    if (!line.contains(document.activeElement)) line.remove();
  }
  drawn.reduce((before, line) => {
    let next = before ? before.nextElementSibling : list.firstElementChild;
    while (next && next !== line && !drawn.includes(next)) next = next.nextElementSibling;
    if (next !== line) list.insertBefore(line, next);
    return line;
  }, null);
}

/** A line is known by its key, or by all that it says. */
function keyOf(line) {
  return line.dataset.key || line.outerHTML;
}

/** The line that is there already, with what it says now; or the new one. */
function kept(old, line) {
  if (!old) return line;
  old.childNodes.forEach((node, index) => {
    const { textContent } = line.childNodes[index];
    if (node.textContent !== textContent) node.textContent = textContent;
  });
  return old;
}
