/** Calls of the room's JSON APIs, the computer's page's and the phone's, with one class for each kind of failure. */

const TIMEOUT_MS = 15000;
const NEWER_WINDOW = "OS-2010";

/** The room did not answer: no network, a timeout, or a fault of its own. Try again. `problem` is what it said, or {}. */
export class Away extends Error {
  constructor(message, problem = {}) {
    super(message);
    this.problem = problem;
  }
}

/** A newer window of the same attempt is open. */
export class Superseded extends Error {}

/** The page's cookie is unknown or has ended. */
export class Expired extends Error {}

/** The room refuses the call; `problem` is its answer. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.code || String(status));
    this.status = status;
    this.problem = problem;
  }
}

/** POST a JSON body below `/room/api/`; see `callsBelow`. */
export const post = callsBelow("/room/api/");

/**
 * Return the function that POSTs a JSON body below a path and resolves to `{answer, sentAt, receivedAt}` (monotonic
 * milliseconds). It rejects with `Away`, `Superseded`, `Expired` or `Refused`.
 */
export function callsBelow(path) {
  return async (name, body) => {
    const sentAt = performance.now();
    const response = await send(path + name, body);
    const receivedAt = performance.now();
    if (response.ok) return { answer: await json(response), sentAt, receivedAt };
    throw await failure(response);
  };
}

async function send(path, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      signal: abort.signal,
    });
  } catch (error) {
    throw new Away(String(error));
  } finally {
    clearTimeout(timer);
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    throw new Away("the answer broke off");
  }
}

async function failure(response) {
  if (response.status === 401) return new Expired("401");
  const problem = await json(response).catch(() => ({}));
  if (response.status >= 500 || response.status === 429) return new Away(String(response.status), problem);
  if (response.status === 409 && problem.code === NEWER_WINDOW) return new Superseded(NEWER_WINDOW);
  return new Refused(response.status, problem);
}
