/** What every step of a page has, for those that need none of it. */

/** A step without any doing of its own. */
export class Still {
  constructor(page, root) {
    this.page = page;
    this.root = root;
  }

  tick() {}

  saved() {}

  progress() {}

  changed() {}

  takeChanged() {}

  leave() {}
}
