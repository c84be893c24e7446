/** Timers that a hidden page keeps: callbacks run by the ticks of one shared worker (timer.js). */

let shared = null;

/** Return the page's one set of timers; the worker starts with the first call. */
export function sharedTicks() {
  if (shared === null) {
    shared = new Ticks(new Worker(new URL("timer.js", import.meta.url)));
  }
  return shared;
}

/** Timers over a worker's ticks. They are exact to a quarter of a second. */
export class Ticks {
  constructor(worker) {
    this._timers = new Set();
    this._listeners = new Set();
    worker.onmessage = (message) => this._tick(message.data);
  }

  /** Call `run` every `periodMs`; returns the function that ends it. */
  every(periodMs, run) {
    return this._add({ dueAt: performance.now() + periodMs, periodMs, run });
  }

  /** Call `run` once, after `delayMs`; returns the function that cancels it. */
  after(delayMs, run) {
    return this._add({ dueAt: performance.now() + delayMs, periodMs: 0, run });
  }

  /** Call `listen({wallMs, steadyMs})` for every tick; returns the function that ends it. */
  onTick(listen) {
    this._listeners.add(listen);
    return () => this._listeners.delete(listen);
  }

  _add(timer) {
    this._timers.add(timer);
    return () => this._timers.delete(timer);
  }

  _tick(gap) {
    for (const listen of Array.from(this._listeners)) {
      listen(gap);
    }
    const now = performance.now();
    for (const timer of Array.from(this._timers)) {
      if (timer.dueAt <= now && this._timers.has(timer)) {
        this._run(timer, now);
      }
    }
  }

  _run(timer, now) {
    if (timer.periodMs === 0) {
      this._timers.delete(timer);
    } else {
      // Missed periods are not made up for: after a sleep one call is enough.
      timer.dueAt = Math.max(timer.dueAt + timer.periodMs, now);
    }
    timer.run();
  }
}
