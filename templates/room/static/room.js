/** The candidate's page: joins the attempt, draws the step that the room names, and keeps time by the room's clock. */

import { Answers, AnswerStore, NoStore } from "./answers.js";
import { Away, Expired, Refused, Superseded, post } from "./api.js";
import { AnswerTime } from "./answer_time.js";
import { Beats } from "./beats.js";
import { openScreen } from "./capture.js";
import { ServerClock, figures, instant } from "./clock.js";
import { openChosen } from "./devices.js";
import { drawGuard } from "./guard.js";
import { LivePictures } from "./live_pictures.js";
import { stretched } from "./pace.js";
import { PhoneStep, PhoneWindow, drawPhone } from "./phone_state.js";
import { Recording } from "./recording.js";
import { BulletinBar } from "./bulletin_bar.js";
import { ReminderBar } from "./reminder_bar.js";
import { heard, remark, streamLost } from "./remarks.js";
import { SealedPaper } from "./sealed_paper.js";
import { ConsentStep } from "./step_consent.js";
import { DevicesStep } from "./step_devices.js";
import { IdentityStep } from "./step_identity.js";
import { QuestionsStep } from "./step_questions.js";
import { BeginStep, CompleteStep, HandInStep, HandedInStep, RefusedStep, RoomStep, WaitingStep } from "./steps.js";
import { Support } from "./support.js";
import { explain, kind, notice, on, part, show, way, whileRecording, write } from "./view.js";

const TICK_MS = 200;
const RETRY_MS = 2000;
/** At the start all windows ask for the paper: spread over this time, and asked again after it. */
const JITTER_MS = 700;
const ASK_AGAIN_MS = 1500;
const AWAY_MS = 3000;
const UPLOAD_OVER = "OS-2021";
const REPORT_MS = 60000;
const REJOIN_MS = 60000;
const RECORDED = ["identity", "room", "begin", "waiting", "questions"];
const HANDED_IN = ["uploading", "complete"];
const ENDS = ["complete", "refused"];
const STEPS = {
  consent: ConsentStep,
  phone: PhoneStep,
  devices: DevicesStep,
  identity: IdentityStep,
  room: RoomStep,
  begin: BeginStep,
  waiting: WaitingStep,
  questions: QuestionsStep,
  "hand-in": HandInStep,
  uploading: HandedInStep,
  complete: CompleteStep,
  refused: RefusedStep,
};
class Page {
  constructor() {
    this.mode = document.body.dataset.mode;
    this.clock = new ServerClock(Number(document.body.dataset.offsetMinutes));
    this.answerTime = new AnswerTime(this.clock);
    this.epoch = null;
    this.attempt = null;
    this.terms = null;
    /** The paper as it was given, and with this seat's times. */
    this.given = null;
    this.paper = null;
    this.times = null;
    /** Whether this seat has typed name and number before. */
    this.typed = false;
    this.sealedPaper = new SealedPaper({ onOpen: (paper) => this.opened(paper), onMissing: () => this.rejoin() });
    this.answers = null;
    this.store = null;
    this.backlog = null;
    this.step = null;
    this.drawn = null;
    this.ready = false;
    this.isAway = false;
    this.awaySince = null;
    this.guard = null;
    /** What the room says of the candidate's phone; null where the exam has none. */
    this.phone = null;
    this.phoneWindow = new PhoneWindow(this);
    this.handingIn = false;
    this.over = false;
    this.askedAt = 0;
    this.latest = 0;
    this.rejoinedAt = -REJOIN_MS;
    this.reported = {};
    this.beats = new Beats({
      post,
      condition: (facts) => Object.assign({ visible: document.visibilityState === "visible" }, facts),
      epoch: () => this.epoch,
      clock: this.clock,
      onAnswer: (answer) => this.answered(answer),
      onFailure: (error) => this.failed(error),
    });
    this.support = new Support(this);
    this.bulletins = new BulletinBar({ note: (code, facts) => this.note(code, facts), clock: this.clock });
    this.reminder = new ReminderBar((name, body) => this.call(name, body));
    const streams = { camera: { open: openChosen, reopens: true }, screen: { open: openScreen, reopens: false } };
    const news = {
      beat: (facts) => this.beats.exchange(facts),
      now: () => this.clock.now(),
      onEvent: (event) => this.heard(event),
      onProgress: (backlog) => this.progressed(backlog),
      onLost: streamLost,
      onChange: (stream) => this.streamChanged(stream),
      onTakeEnding: (moment) => this.takeEnding(moment),
    };
    this.recording = new Recording(news, streams);
    this.pictures = new LivePictures({
      path: (stream) => `/room/api/picture?stream=${stream}&epoch=${this.epoch}`,
      media: (stream) => (this.recording.recorders[stream] ? this.recording.media[stream] : null),
      backlog: () => this.backlog,
    });
  }

  /** Join the attempt, again and again until the room answers, and begin. */
  async start() {
    show("joining");
    const joined = await this.persist(() => post("join", {}));
    if (!joined) return;
    this.clock.observe(joined.answer.now, joined.sentAt, joined.receivedAt);
    await this.enter(joined.answer);
    this.listen();
    setInterval(() => this.tick(), TICK_MS);
    this.beats.start();
  }

  async enter(joined) {
    const { epoch, attempt, terms, answers, identity } = joined;
    this.epoch = epoch;
    this.typed = identity.typed;
    this.terms = terms;
    this.attempt = attempt;
    this.answerTime.hear(attempt);
    this.announce();
    await this.openStores(answers);
    this.ready = true;
    if (this.mode === "attempt") this.pictures.start(["camera", "screen"], terms.picture_s);
    this.support.enter();
    this.answered(joined);
  }

  /** Two stores of this attempt: answers, and recordings. Where one cannot be opened the page says so, and goes on. */
  async openStores(answers) {
    this.store = await AnswerStore.open().catch((error) => this.storageFailed(error, new NoStore()));
    const send = (answer) => this.call("answer", answer);
    const onChange = () => this.saved();
    const onBroken = () => this.rejoin();
    this.answers = new Answers({ attempt: this.attempt.nonce, store: this.store, send, onChange, onBroken });
    await this.answers.load(answers);
    await this.recording.open(`oneseat-room-${this.attempt.nonce}`).catch((error) => this.storageFailed(error));
  }

  storageFailed(error, instead) {
    notice("storage-failed", true);
    this.note("storage-failed", { error: error.name });
    return instead;
  }

  /** The chain of answers went on elsewhere, or the paper is another one: take it over. At most once a minute. */
  async rejoin() {
    if (performance.now() - this.rejoinedAt < REJOIN_MS) return;
    this.rejoinedAt = performance.now();
    const joined = await this.persist(() => post("join", {}));
    if (!joined) return;
    const { answer } = joined;
    this.epoch = answer.epoch;
    this.sealedPaper.take(answer);
    await this.answers.load(answer.answers);
  }

  /** Tell older windows on this computer at once; the room tells those elsewhere. */
  announce() {
    this.channel = new BroadcastChannel("oneseat-room");
    this.channel.onmessage = ({ data }) => {
      if (data.nonce === this.attempt.nonce && data.epoch > this.epoch) this.superseded();
    };
    this.channel.postMessage({ nonce: this.attempt.nonce, epoch: this.epoch });
  }

  listen() {
    addEventListener("online", () => this.beats.now());
    addEventListener("blur", () => this.note("window-blur", {}));
    addEventListener("keyup", (event) => {
      if (event.key === "PrintScreen") this.note("print-screen", {});
    });
    on(document.getElementById("notices"), "share", () => this.recording.ensure("screen"));
    for (const place of ["permission", "notices"]) on(document.getElementById(place), "move-phone", () => this.phoneWindow.open());
    on(document.getElementById("notices"), "reopen", () => this.recording.ensure("camera"));
  }

  // What the room answers

  /** Call the room; its newer facts are drawn. Rejects as `post` does, after the page has reacted. */
  async call(name, body) {
    try {
      const { answer, sentAt, receivedAt } = await post(name, Object.assign({ epoch: this.epoch }, body));
      this.clock.observe(answer.now, sentAt, receivedAt);
      this.away(false);
      if (answer.attempt) this.answered(answer);
      return answer;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Repeat while the room is away; null when it will never be answered. */
  async persist(act, onRefused = () => undefined) {
    while (!this.over) {
      try {
        return await act();
      } catch (error) {
        this.failed(error);
        if (error instanceof Refused) onRefused(error.problem);
        if (!(error instanceof Away)) return null;
        await sleep(RETRY_MS);
      }
    }
    return null;
  }

  /** Take over an answer's facts, unless a later one was here first. */
  answered(answer) {
    if (this.over) return;
    this.sealedPaper.take(answer);
    if (Date.parse(answer.now) < this.latest) return;
    this.latest = Date.parse(answer.now);
    this.away(false);
    this.attempt = answer.attempt;
    this.answerTime.hear(this.attempt);
    this.retime();
    if (this.answers && this.answers.queue.length) this.answers.pump();
    if (answer.guard) this.guard = answer.guard;
    if (answer.phone) this.phone = answer.phone;
    if (answer.called) this.support.hear();
    this.reminder.hear(answer.reminder);
    this.bulletins.hear(answer.bulletins, this.attempt.nonce);
    if (this.ready) this.draw();
  }

  /** The paper with this seat's times. Extra time that is approved later lengthens what is still to come. */
  retime() {
    const times = String(this.attempt.question_times);
    if (!this.given || this.times === times) return;
    this.times = times;
    const questions = stretched(this.given.questions, this.attempt.question_times);
    this.paper = Object.assign({}, this.given, { questions });
    if (this.drawn && this.drawn.retimed) this.drawn.retimed();
  }

  get phoneFault() {
    return this.phone ? this.phone.fault : null;
  }

  /** The paper could be opened: its time has come. */
  opened(paper) {
    this.given = paper;
    this.times = null;
    this.retime();
    if (this.ready && !this.over) this.draw();
  }

  failed(error) {
    if (this.over) return;
    this.reportRefusal(error.problem);
    if (error instanceof Superseded) this.superseded();
    else if (error instanceof Expired) this.expired();
    else if (error instanceof Away) this.away(true);
    else if (error instanceof Refused && this.endsBy(error.problem)) this.refused(error.problem);
  }

  /**
   * What the room refuses is told with the next call that it takes, once in a while for each code. Before its first
   * answer no time is known under which it could be told.
   */
  reportRefusal({ code } = {}) {
    const now = performance.now();
    if (!code || this.clock.now() === null || now - (this.reported[code] || -REPORT_MS) < REPORT_MS) return;
    this.reported[code] = now;
    this.note("refused", { refusal: code });
  }

  endsBy({ code }) {
    return !this.attempt || code === UPLOAD_OVER;
  }

  /** Note whether the room answers; a single call that fails is repeated before the page speaks of it. */
  away(isAway) {
    if (!isAway && this.awaySince !== null && this.recording.uploader) this.recording.uploader.poke();
    if (!isAway) this.awaySince = null;
    else if (this.awaySince === null) this.awaySince = performance.now();
    this.sayAway();
  }

  sayAway() {
    this.isAway = this.awaySince !== null && performance.now() - this.awaySince > AWAY_MS;
    const uploading = this.step === "uploading" || this.step === "complete";
    notice("away", this.isAway && !uploading);
    notice("away-upload", this.isAway && uploading);
    if (this.drawn) this.drawn.saved();
  }

  /** In the answer time recording goes on until the new window is there; else this page is over. */
  expired() {
    if (this.step === "questions") notice("expired", true);
    else this.end("expired");
  }

  superseded() {
    const place = this.end("superseded");
    if (place) on(place, "take-over", () => location.reload());
  }

  refused(problem) {
    const place = this.end("refused");
    part(place, "refusal", true);
    explain(place, problem);
  }

  /** The page is over: its devices are given back, and it says why. */
  end(step) {
    if (this.over) return null;
    this.over = true;
    this.beats.stop();
    this.support.stop();
    this.pictures.stop();
    this.reminder.stop();
    this.bulletins.stop();
    if (this.drawn) this.drawn.leave();
    this.drawn = null;
    this.recording.leave().catch(() => undefined);
    for (const line of document.querySelectorAll("#notices [data-code]")) line.hidden = true;
    way(step);
    return show(step);
  }

  // What is drawn

  /** The step of the room; from the end on input is closed at once, by the room's clock on this page. */
  wantedStep() {
    const { step } = this.attempt;
    if (this.mode === "upload") return ENDS.includes(step) ? step : "uploading";
    if (step === "questions" && this.clock.now() >= this.endsAt()) return "hand-in";
    if (step === "questions" && !this.paper) return "waiting";
    return step;
  }

  draw() {
    const step = this.wantedStep();
    if (step !== this.step) this.change(step);
    if (step !== this.step) return; // this window ends: the next one records
    if (this.guard && this.mode === "attempt") drawGuard(this.guard, step);
    if (this.mode === "attempt") drawPhone(this.phone, step, Boolean(this.support.permission));
    if (this.mode === "attempt" && RECORDED.includes(step) && !this.recording.wanted) this.recording.start();
    if ((step === "uploading" || step === "complete") && this.recording.wanted) this.recording.stop();
  }

  change(step) {
    // An attempt that was ended is open again: a window that has given up its devices and answers begins anew.
    if (HANDED_IN.includes(this.step) && RECORDED.includes(step)) {
      location.reload();
      return;
    }
    if (this.drawn) this.drawn.leave();
    const before = this.step;
    this.step = step;
    const root = show(step);
    kind(document, this.attempt.kind);
    way(step);
    this.drawn = new STEPS[step](this, root);
    if (step === "questions") this.drawn.resume();
    if (step === "complete") this.finish();
    if (step === "uploading" && before) this.handIn("clock");
    this.tick();
  }

  /** All is in the store: this computer need not keep it. */
  finish() {
    this.answers.forget();
    if (this.recording.parts) this.recording.parts.clear();
  }

  tick() {
    const now = this.clock.now();
    for (const place of document.querySelectorAll("[data-clock]")) write(place, this.clock.wall(now));
    if (this.over || !this.attempt) return;
    this.countDown(now);
    if (this.awaySince !== null) this.sayAway();
    if (this.drawn) this.drawn.tick();
    this.support.tick();
    this.boundaries(now);
  }

  countDown(now) {
    for (const place of document.querySelectorAll("[data-until]")) {
      write(place, figures(place.dataset.until === "starts" ? this.startsAt() - now : this.left()));
    }
  }

  /** At start and end the room is asked at once, not at the next beat. */
  boundaries(now) {
    const begins = this.step === "waiting" && now >= this.startsAt();
    const ends = this.attempt.step === "questions" && now >= this.endsAt();
    if (ends && this.step === "questions") this.draw();
    if (!(begins || ends) || performance.now() < this.askedAt) return;
    const first = this.askedAt === 0 ? Math.random() * JITTER_MS : 0;
    this.askedAt = performance.now() + first + ASK_AGAIN_MS;
    setTimeout(() => this.beats.now(), first);
  }

  // What steps ask for

  startsAt() {
    return instant(this.attempt.starts_at);
  }

  endsAt() {
    return instant(this.attempt.ends_at);
  }

  /** The answer time that is left; a pause leaves it as it is. */
  left() {
    return this.answerTime.of(this.endsAt()) - this.answerTime.now();
  }

  /** Whether a formal interview is so near that nothing keeps one out any more. */
  gatesFallen() {
    if (this.attempt.kind !== "formal" || this.startsAt() === null) return false;
    return this.clock.now() >= this.startsAt() - this.terms.gates_until_s * 1000;
  }

  note(code, facts) {
    this.beats.note({ at: this.clock.stamp(), code, facts });
  }

  /** Consent to the words of a version, by a form; `form` is null for a refusal. */
  consent(version, agreed, form) {
    return this.ask("consent", { version, agreed, face: agreed && form.face.checked });
  }

  /** A step was passed. From the devices on everything is recorded. */
  passed(step, facts) {
    if (step === "devices" && facts.ready === false) remark("late-begin");
    return this.ask("step", { step, facts });
  }

  identity(photosAndName) {
    return this.ask("identity", photosAndName);
  }

  begin() {
    return this.ask("begin", {});
  }

  /**
   * A call by a click: repeated while the room is away; a refusal is shown. A second click on the same is none. A beat may
   * show the next step before the last one's call is answered: what is clicked there comes after it.
   */
  ask(name, body) {
    const what = body.step || name;
    if (this.asking && this.asking.what === what) return this.asking.ends;
    const before = this.asking ? this.asking.ends : Promise.resolve();
    const asking = { what, ends: before.then(() => this.send(name, body)) };
    this.asking = asking;
    return asking.ends.finally(() => {
      if (this.asking === asking) this.asking = null;
    });
  }

  send(name, body) {
    const onRefused = (problem) => {
      explain(notice("refusal", true), problem);
      this.beats.now();
    };
    notice("refusal", false);
    return this.persist(() => this.call(name, body), onRefused);
  }

  /**
   * Hand in once: the recorders end first, so that their last segments are promised. An attempt that the room has handed
   * in itself is told too what this page recorded: without a take, only this says that none is to come.
   */
  async handIn(by) {
    if (this.handingIn) return;
    this.handingIn = true;
    this.drawn.tick();
    await this.recording.stop();
    this.backlog = null;
    await this.answers.recorded;
    const body = { by, answers_head: this.answers.head, takes: await this.recording.takes() };
    const send = () => this.persist(() => this.call("hand-in", body));
    // The room's clock decides; where it is a moment behind this page's estimate, it refuses the first call.
    while (!this.over && !(await send()) && !this.attempt.handed_in_at) await sleep(RETRY_MS);
    this.handingIn = false;
  }

  // What recorder and uploader say

  heard(event) {
    this.beats.note(event);
    if (event.code !== "hidden" || this.step === "questions") heard(event);
  }

  progressed(backlog) {
    this.backlog = backlog;
    if (this.drawn) this.drawn.progress(backlog);
  }

  saved() {
    if (this.drawn) this.drawn.saved();
  }

  streamChanged(stream) {
    whileRecording(this.recording.running);
    this.pictures.changed(stream);
    if (this.drawn) this.drawn.changed();
    if (stream === "camera" && this.drawn) this.drawn.takeChanged(null);
  }

  takeEnding(moment) {
    if (this.drawn) this.drawn.takeChanged(moment);
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

new Page().start();
