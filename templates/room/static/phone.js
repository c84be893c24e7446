/** The candidate's page on the phone: logs in, draws the step of the room's view, and films until the attempt's end. */

import { Away, Expired, Refused, Superseded, callsBelow } from "./api.js";
import { Beats } from "./beats.js";
import { ServerClock } from "./clock.js";
import { PhoneDevice } from "./phone_device.js";
import { LoginStep, PairingStep, takeCodes } from "./phone_entry.js";
import { Shell } from "./phone_shell.js";
import { Standby } from "./phone_standby.js";
import { AllSentStep, FilmingStep, MovedStep, PlaceStep, SendingStep, SweepStep, stepOf } from "./phone_steps.js";
import { ConsentStep } from "./step_consent.js";
import { Still } from "./still.js";
import { explain, fact, kind, notice, on, show, write } from "./view.js";
import { WakeLock } from "./wake_lock.js";

const TICK_MS = 250;
const RETRY_MS = 2000;
const AWAY_MS = 3000;
const LOOK_MS = 10000;
const GIB_IN_MIB = 1024;
/** Steps in which it films by itself: after a reload too. The sweep begins with a press. */
const FILMED = ["place", "filming"];
/** From the placing to the hand-in nobody is led to touch the phone: no help, no number. */
const QUIET = ["filming"];
const ENDED = ["uploading", "complete"];
const NOTHING = { handed_in_at: null, upload_until: null };
/** Lines that end with another event. */
const ENDS = { "track-muted": "track-unmuted", "black-picture": "picture-back", frozen: "picture-back", silent: "sound-back" };
const STEPS = {
  login: LoginStep,
  pairing: PairingStep,
  "app-only": Still,
  consent: ConsentStep,
  waiting: Still,
  sweep: SweepStep,
  place: PlaceStep,
  filming: FilmingStep,
  uploading: SendingStep,
  moved: MovedStep,
  complete: AllSentStep,
};

class Page {
  constructor() {
    const { exam, offsetMinutes, android, freeGib } = document.body.dataset;
    this.exam = exam;
    this.needs = { android: Number(android), freeMib: Number(freeGib) * GIB_IN_MIB };
    this.clock = new ServerClock(Number(offsetMinutes));
    this.post = callsBelow("/phone/api/");
    this.shell = new Shell();
    this.wake = new WakeLock(() => this.sayAwake(!this.shell.app));
    this.standby = new Standby(this);
    this.dozes = false;
    this.codes = takeCodes();
    this.problem = null;
    this.device = null;
    this.channel = null;
    this.returning = null;
    this.view = null;
    this.latest = 0;
    this.recording = null;
    this.pictures = null;
    this.backlog = null;
    this.step = null;
    this.drawn = null;
    this.over = false;
    this.awaySince = null;
    this.promised = false;
    this.finishing = null;
    this.stopping = false;
    this.hungry = false;
    this.lookedAt = 0;
    this.beats = new Beats({
      post: this.post,
      condition: ({ backlog }) => ({ facts: this.condition(backlog) }),
      epoch: () => this.view.phone.epoch,
      clock: this.clock,
      onAnswer: (answer) => this.answered(answer),
      onFailure: (error) => this.failed(error),
    });
  }

  /** A phone that the room knows comes back by its key; another one logs in. */
  async start() {
    show("joining");
    try {
      this.device = await PhoneDevice.open(this.exam);
    } catch (error) {
      notice("storage-failed", true);
      return;
    }
    setInterval(() => this.tick(), TICK_MS);
    this.listen();
    if (document.body.dataset.served === "app" && !this.shell.app) this.turn("app-only");
    else if (this.codes.pair) this.turn("pairing");
    else if (this.device.phone) await this.comeBack();
    else this.turn("login");
  }

  listen() {
    addEventListener("online", () => this.view && this.beats.now());
    this.shell.listen((code) => {
      this.note(code, {});
      if (code === "foreground" && this.recording && this.recording.wanted) this.recording.start();
      if (this.view) this.beats.now();
    });
  }

  // Ways in

  /** Log in by typed numbers or by a code; `onRefused(problem)` hears why not. */
  async login(by, onRefused) {
    const answer = await this.enterBy("login", () => this.claims(by), onRefused);
    if (!answer) return;
    this.codes = { pair: "", move: "" };
    await this.device.remember(answer.phone.id);
    await this.enter(answer);
  }

  async claims(by) {
    await this.shell.freeMib().catch(() => null);
    const claims = { key: await this.device.publicKey(), kind: this.shell.kind, facts: this.shell.facts() };
    return Object.assign(claims, this.shell.credentials(), by);
  }

  /** Come back after a reload or a kill, when cookies may be gone: the key is the proof. */
  async comeBack() {
    const onRefused = (problem) => {
      this.problem = problem;
    };
    const answer = await this.enterBy("return", () => ({ phone: this.device.phone }), onRefused);
    if (answer) await this.enter(answer);
    else if (!this.over) this.logIn();
  }

  /** The room no longer knows this phone, or the candidate wants it to film again. */
  logIn() {
    this.beats.stop();
    if (this.pictures) this.pictures.stop();
    if (this.recording) this.recording.leave().catch(() => undefined);
    if (!this.view) this.turn("login");
    else this.device.remember(null).then(() => location.reload());
  }

  /** Ask for a nonce, sign it, and call; again and again while the room is away. Null where it refuses. */
  enterBy(purpose, claim, onRefused) {
    return this.persist(() => this.prove(purpose, claim).catch((error) => {
      throw refusalOf(purpose, error);
    }), onRefused);
  }

  async prove(purpose, claim) {
    const { nonce } = (await this.post("challenge", {})).answer;
    const proof = await this.device.prove(purpose, nonce, purpose === "login" ? this.shell.licence : "");
    const { answer, sentAt, receivedAt } = await this.post(purpose, Object.assign({ nonce, proof }, await claim()));
    this.clock.observe(answer.now, sentAt, receivedAt);
    return answer;
  }

  async enter(answer) {
    this.view = answer;
    this.problem = null;
    if (!this.recording) await this.open();
    this.announce();
    this.answered(answer);
    this.beats.start();
  }

  /** Load the recorder, and open what this phone has recorded for this seat. */
  async open() {
    const { CheckStep, hasSpace, phonePictures, phoneRecording } = await import("./phone_filming.js");
    STEPS.check = CheckStep;
    this.hasSpace = hasSpace;
    this.pictures = phonePictures(this, () => this.view.phone.epoch);
    this.recording = phoneRecording({
      beat: (facts) => this.beats.exchange(facts),
      now: () => this.clock.now(),
      onEvent: (event) => this.heard(event),
      onProgress: (backlog) => this.progressed(backlog),
      onLost: (stream, cause) => this.lost(cause),
      onChange: (stream) => this.changed(stream),
      onTakeEnding: () => undefined,
    });
    await this.recording.open(`oneseat-phone-${this.exam}-${this.view.phone.id}`).catch((error) => {
      notice("storage-failed", true);
      this.note("storage-failed", { error: error.name });
    });
  }

  /** Older windows on this phone stop at once; the room would tell them later. */
  announce() {
    const { id, epoch } = this.view.phone;
    if (this.channel === null) {
      this.channel = new BroadcastChannel("oneseat-phone");
      this.channel.onmessage = ({ data }) => {
        if (data.id === this.view.phone.id && data.epoch > this.view.phone.epoch) this.superseded();
      };
    }
    this.channel.postMessage({ id, epoch });
  }

  // What the room answers

  /** Call the room. Rejects as `post` does, after the page has reacted. */
  async call(name, body) {
    try {
      const { answer, sentAt, receivedAt } = await this.post(name, Object.assign({ epoch: this.view.phone.epoch }, body));
      this.clock.observe(answer.now, sentAt, receivedAt);
      this.answered(answer);
      return answer;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Repeat while the room is away; null where it refuses. */
  async persist(act, onRefused) {
    while (!this.over) {
      try {
        const answer = await act();
        this.away(false);
        return answer;
      } catch (error) {
        if (error instanceof Expired) await this.returning;
        else if (error instanceof Away) await this.pause();
        else {
          if (error instanceof Refused) onRefused(error.problem);
          return null;
        }
      }
    }
    return null;
  }

  pause() {
    this.away(true);
    return sleep(RETRY_MS);
  }

  /** Take over an answer's view, unless a later one was here first. */
  answered(answer) {
    if (this.over || Date.parse(answer.now) < this.latest) return;
    this.latest = Date.parse(answer.now);
    this.away(false);
    this.view = answer;
    this.hearIncident(answer.incident);
    if (this.pictures && answer.attempt) this.pictures.start(["phone"], answer.attempt.picture_s);
    this.draw();
  }

  /** A fault of which all candidates are told, until it is over. */
  hearIncident(incident) {
    const line = notice("incident", Boolean(incident));
    if (!incident) return;
    fact(line, "incident-zh", incident.zh);
    fact(line, "incident-en", incident.en === incident.zh ? "" : incident.en);
  }

  failed(error) {
    if (this.over) return;
    if (error instanceof Superseded) this.superseded();
    else if (error instanceof Expired) this.expired();
    else if (error instanceof Away) this.away(true);
  }

  /** The cookie is gone: the key brings a new one. What is recorded goes on meanwhile. */
  expired() {
    if (this.returning) return;
    this.returning = this.comeBack().finally(() => {
      this.returning = null;
    });
  }

  superseded() {
    if (this.over) return;
    this.over = true;
    this.beats.stop();
    if (this.pictures) this.pictures.stop();
    if (this.recording) this.recording.leave().catch(() => undefined);
    this.rest();
    this.leaveStep();
    on(show("superseded"), "take-over", () => location.reload());
  }

  /** A single call that fails is repeated before the page speaks of it. */
  away(isAway) {
    if (!isAway && this.awaySince !== null && this.recording && this.recording.uploader) this.recording.uploader.poke();
    if (!isAway) this.awaySince = null;
    else if (this.awaySince === null) this.awaySince = performance.now();
    notice("away", this.awaySince !== null && performance.now() - this.awaySince > AWAY_MS);
  }

  // What is drawn

  /** The step of the view; the end comes by the room's clock on this page, without a network too. */
  wantedStep() {
    const step = stepOf(this.view, this.clock.now());
    return step === "uploading" && this.isAllSent ? "complete" : step;
  }

  draw() {
    const step = this.wantedStep();
    if (step !== this.step) this.turn(step);
    if (FILMED.includes(step) && !this.recording.wanted && !this.stopping) this.film();
    if (["uploading", "moved"].includes(step) && (this.recording.wanted || !this.promised)) this.finish();
  }

  /** Show a step. */
  turn(step) {
    this.leaveStep();
    // The attempt was opened again after an end by people, or was given more time.
    if (ENDED.includes(this.step) && FILMED.includes(step)) this.note("filming-again", {});
    this.step = step;
    document.body.dataset.step = step;
    this.sayHelp();
    const root = show(step);
    if (this.view && this.view.attempt) kind(document, this.view.attempt.kind);
    this.drawn = new STEPS[step](this, root);
    this.sayAwake(this.dozes);
    if (step === "complete") this.complete();
  }

  sayHelp() {
    document.getElementById("phone-help").hidden = this.isQuiet;
  }

  /** Whether the phone is to be left alone. */
  get isQuiet() {
    return QUIET.includes(this.step) || this.standby.mayReopen;
  }

  leaveStep() {
    if (this.drawn) this.drawn.leave();
    this.drawn = null;
  }

  tick() {
    if (this.clock.now() !== null) {
      const now = this.clock.wall(this.clock.now()).slice(0, 5);
      for (const place of document.querySelectorAll("[data-clock]")) write(place, now);
    }
    if (this.awaySince !== null) this.away(true);
    if (this.over || !this.view || !this.recording) return;
    if (this.wantedStep() !== this.step) this.draw();
    if (this.drawn) this.drawn.tick();
    if (this.standby.ends()) this.rested();
    if (performance.now() > this.lookedAt + LOOK_MS) this.lookAfter();
  }

  /** Now and again: the storage is measured, and recording that ended for want of it goes on. */
  async lookAfter() {
    this.lookedAt = performance.now();
    await this.shell.freeMib().catch(() => null);
    if (!this.hungry || !this.recording.wanted || !(await this.hasSpace())) return;
    this.hungry = false;
    notice("quota-stop", false);
    this.recording.start();
  }

  // What steps ask for

  /** The attempt, for steps that the computer's page has too. */
  get attempt() {
    return this.view.attempt || NOTHING;
  }

  consent(version, agreed) {
    return this.ask("consent", { version, agreed });
  }

  passed(step, facts) {
    return this.ask("step", { step, facts });
  }

  /** A call by a click, repeated while the room is away; a refusal is shown. */
  ask(name, body) {
    notice("refusal", false);
    return this.persist(
      () => this.call(name, body),
      (problem) => explain(notice("refusal", true), problem),
    );
  }

  /** Film from now on, with the screen on. */
  film() {
    this.shell.recording(true);
    this.wake.hold();
    this.promised = false;
    return this.recording.start();
  }

  /** Stop, promise how many segments there are, and let the phone rest. Once for each end. */
  finish() {
    if (!this.finishing) {
      this.finishing = this.promise().finally(() => {
        this.finishing = null;
      });
    }
    return this.finishing;
  }

  async promise() {
    // What was known of the backlog holds no longer: the last segments are closed now.
    this.promised = false;
    this.stopping = true;
    try {
      await this.recording.stop();
    } finally {
      this.stopping = false;
    }
    this.backlog = null;
    this.rest();
    const takes = await this.recording.takes();
    if (takes.length > 0) await this.ask("promise", { takes });
    // It may film again by now: then the end is still to come.
    this.promised = !this.recording.wanted;
    if (this.drawn) this.draw();
  }

  rest() {
    this.standby.begin();
    this.sayAwake(false);
  }

  /** The attempt is open again, or its time is over: the phone may be taken. */
  rested() {
    this.sayHelp();
    if (this.step === "complete") this.shell.finished();
  }

  /** Say how the screen is kept on, where this browser cannot: before the phone is in its place, not afterwards. */
  sayAwake(dozes) {
    this.dozes = dozes;
    notice("no-wake-lock", dozes && !this.isQuiet);
  }

  /** Whether the room has everything that this phone recorded: by what it said of each take, and by its own count. */
  get isAllSent() {
    return this.promised && this.backlog !== null && this.backlog.settled && this.view.outstanding === 0;
  }

  /** Nothing need be kept here. */
  complete() {
    if (this.recording.parts) this.recording.parts.clear();
    if (!this.standby.mayReopen) this.shell.finished();
  }

  // What recorder, uploader and shell say

  note(code, facts) {
    const now = this.clock.now();
    if (now !== null) this.beats.note({ at: this.clock.stamp(now), code, facts });
  }

  heard(event) {
    const { code } = event;
    this.beats.note(event);
    if (code in ENDS) notice(code, true);
    for (const begun of Object.keys(ENDS)) if (ENDS[begun] === code) notice(begun, false);
    if (code === "quota-low") notice(code, true);
  }

  /** The stream was lost, by its cause, or is back (null). */
  lost(cause) {
    this.hungry = cause === "quota-stop";
    notice("quota-stop", this.hungry);
    notice("phone-lost", cause !== null && !this.hungry);
    if (cause === null) for (const begun of Object.keys(ENDS)) notice(begun, false);
  }

  progressed(backlog) {
    this.backlog = backlog;
    if (this.drawn) this.drawn.progress(backlog);
    if (this.view) this.draw();
  }

  changed(stream) {
    this.pictures.changed(stream);
    if (this.drawn) this.drawn.changed();
  }

  /** What every beat says of the phone. */
  condition(backlog) {
    const { battery, charging } = this.shell.charge();
    const { free_mib: free } = this.shell.facts();
    return {
      battery,
      charging,
      free_mib: free,
      backlog_mib: Math.round(backlog.bytes / (1024 * 1024)),
      hidden: document.visibilityState === "hidden",
    };
  }
}

/** Who is on the way in has no cookie that could have ended, and a login that must wait is said, not repeated. */
function refusalOf(purpose, error) {
  if (error instanceof Expired) return new Refused(401, {});
  const waits = purpose === "login" && error instanceof Away && error.problem.code;
  return waits ? new Refused(429, error.problem) : error;
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (document.documentElement.dataset.able === "yes") new Page().start();
