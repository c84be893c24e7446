/**
 * Worker: sends a tick every 250 ms, with the time that has passed on both clocks since the tick before.
 *
 * A browser slows the timers of a hidden page to one call a second or a minute, but not those of a worker.
 * After a sleep of the computer, or while the whole browser is stopped, the first tick carries the gap.
 */
const PERIOD_MS = 250;

let wall = Date.now();
let steady = performance.now();

setInterval(() => {
  const wallNow = Date.now();
  const steadyNow = performance.now();
  postMessage({ wallMs: wallNow - wall, steadyMs: steadyNow - steady });
  wall = wallNow;
  steady = steadyNow;
}, PERIOD_MS);
