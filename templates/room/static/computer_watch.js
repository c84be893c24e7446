/** Watches what concerns all recorders of a page at once: sleep, a hidden page, and space for recordings. */

import { sharedTicks } from "./ticks.js";

const SLEEP_MS = 5000;
const LOOK_MS = 5000;
const MIB = 1024 * 1024;

/** Space for recordings below which people are warned, and below which recording ends (bytes). */
export const QUOTA_LOW = 2048 * MIB;
export const QUOTA_STOP = 200 * MIB;

let shared = null;

/** Return the page's one watch. */
export function sharedWatch() {
  if (shared === null) {
    shared = new ComputerWatch(sharedTicks());
  }
  return shared;
}

/**
 * Reports `sleep`, `hidden`, `visible`, `quota-low` and `quota-stop` to the recorders that joined.
 *
 * A recorder has `report(code, facts)`, called for one of them alone, so that each event is reported once, and
 * `onSleep()` and `onQuotaStop()`, called for each. Nothing is watched while no recorder is there.
 */
export class ComputerWatch {
  constructor(ticks) {
    this._ticks = ticks;
    this._recorders = new Set();
    this._ends = [];
    this._low = false;
    this._onVisibility = () => this._report(document.hidden ? "hidden" : "visible", {});
  }

  /** Add a recorder. */
  join(recorder) {
    this._recorders.add(recorder);
    if (this._recorders.size === 1) {
      this._begin();
    }
  }

  /** Take a recorder out. */
  leave(recorder) {
    this._recorders.delete(recorder);
    if (this._recorders.size === 0) {
      this._end();
    }
  }

  _begin() {
    document.addEventListener("visibilitychange", this._onVisibility);
    this._ends = [
      () => document.removeEventListener("visibilitychange", this._onVisibility),
      this._ticks.onTick((gap) => this._noteGap(gap)),
      this._ticks.every(LOOK_MS, () => this._lookAtQuota()),
    ];
    this._lookAtQuota();
  }

  _end() {
    this._ends.forEach((end) => end());
    this._ends = [];
    this._low = false;
  }

  /** A sleep shows on the wall clock, on some systems on the steady clock too; a clock set by hand on the first. */
  _noteGap({ wallMs, steadyMs }) {
    if (Math.max(wallMs, steadyMs) > SLEEP_MS) {
      this._report("sleep", { wall_ms: Math.round(wallMs), steady_ms: Math.round(steadyMs) });
      this._recorders.forEach((recorder) => recorder.onSleep());
    }
  }

  async _lookAtQuota() {
    const { quota, usage } = await navigator.storage.estimate();
    const free = Math.max(0, quota - usage);
    if (free < QUOTA_STOP && this._recorders.size > 0) {
      this._report("quota-stop", { free });
      this._recorders.forEach((recorder) => recorder.onQuotaStop());
    } else if (free < QUOTA_LOW && !this._low) {
      this._report("quota-low", { free });
    }
    this._low = free < QUOTA_LOW;
  }

  _report(code, facts) {
    const [first] = this._recorders;
    if (first !== undefined) {
      first.report(code, facts);
    }
  }
}
