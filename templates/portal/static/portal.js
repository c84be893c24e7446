/* Progressive enhancement only: the pages work without it. */
(function () {
  "use strict";

  var SLEPT_MS = 2000;
  var opened = { clock: Date.now(), steady: performance.now() };
  var reloading = false;

  function reload(afterMs, address) {
    if (!reloading) {
      reloading = true;
      setTimeout(function () {
        if (address) {
          location.replace(address);
        } else {
          location.reload();
        }
      }, afterMs);
    }
  }

  /* Counts on from the server's time, never from this computer's clock. */
  function countdown(box) {
    var left = Number(box.dataset.until) - Number(box.dataset.now);
    var started = performance.now();

    function show(unit, value) {
      var figure = box.querySelector('[data-unit="' + unit + '"]');
      var text = unit === "d" || value > 9 ? String(value) : "0" + value;
      if (figure && figure.textContent !== text) {
        figure.textContent = text;
      }
    }

    function tick() {
      var seconds = Math.max(0, Math.ceil((left - (performance.now() - started)) / 1000));
      show("d", Math.floor(seconds / 86400));
      show("h", Math.floor(seconds / 3600) % 24);
      show("m", Math.floor(seconds / 60) % 60);
      show("s", seconds % 60);
      if (seconds === 0) {
        /* Spread out, so that everybody's page does not ask in the same instant. */
        reload(500 + Math.random() * 4000);
      } else {
        setTimeout(tick, 250);
      }
    }
    tick();
  }

  /* While a computer sleeps its steady clock stands still. Only the server knows the time then. */
  function resync(restored) {
    var slept = (Date.now() - opened.clock) - (performance.now() - opened.steady);
    if (restored || slept > SLEPT_MS) {
      reload(0);
    }
  }

  function copy(button) {
    if (!navigator.clipboard) {
      return;
    }
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        button.textContent = button.dataset.done;
      });
    });
  }

  /* Ticks of the checklist stay in this browser. Storage may be switched off. */
  function keepTick(box) {
    var key = "oneseat-tick:" + location.pathname + ":" + box.id;
    try {
      box.checked = localStorage.getItem(key) === "1";
      box.addEventListener("change", function () {
        try {
          localStorage.setItem(key, box.checked ? "1" : "0");
        } catch (full) { /* the tick holds for this visit */ }
      });
    } catch (refused) { /* the tick holds for this visit */ }
  }

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  each(".countdown", countdown);
  each("[data-copy]", copy);
  each(".checks-tick input", keepTick);
  /* A download has begun: the page shows it after a while. */
  each("[data-download]", function (link) {
    link.addEventListener("click", function () { reload(8000); });
  });
  /* A file that would be refused for its size is not sent in vain. */
  function checkSize(input) {
    input.addEventListener("change", function () {
      var file = input.files && input.files[0];
      var large = file && file.size > Number(input.dataset.maxBytes);
      input.setCustomValidity(large ? input.dataset.tooLarge : "");
      input.reportValidity();
    });
  }

  function fileIsChosen() {
    var input = document.querySelector("input[type=file]");
    return Boolean(input && input.files && input.files.length);
  }

  each("[data-max-bytes]", checkSize);
  /* A form that is under way is not cut off by a reload. */
  var sentAt = 0;
  window.addEventListener("submit", function (event) {
    if (!event.defaultPrevented) {
      sentAt = Date.now();
    }
  });

  function isSending() {
    return Date.now() - sentAt < 30000;
  }

  /* The page is opened again after a while: spread out, and never while somebody types or has chosen a file. */
  function later(box, seconds) {
    setTimeout(function () { renew(box); }, seconds * 1000 * (0.75 + Math.random() / 2));
  }

  function renew(box) {
    if (isSending() || fileIsChosen() || document.querySelector("details[open], textarea:focus, input:focus, select:focus")) {
      later(box, 2);
    } else {
      /* The page of a form that was sent reloads at another address. */
      reload(0, box.dataset.reloadAt);
    }
  }

  /* A page that follows events opens again when one says that something else is known now. */
  function follow(box) {
    var events = new EventSource(box.dataset.follow);
    later(box, Number(box.dataset.followS));
    events.onmessage = function (event) {
      if (event.data !== box.dataset.known) {
        box.dataset.known = event.data;
        renew(box);
      }
    };
    events.onerror = function () {
      if (events.readyState === EventSource.CLOSED) {
        later(box, Number(box.dataset.reloadS));
      }
    };
  }

  each("[data-reload-s]", function (box) {
    if (box.dataset.follow && window.EventSource) {
      follow(box);
    } else {
      later(box, Number(box.dataset.reloadS));
    }
  });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) {
      resync(false);
    }
  });
  window.addEventListener("pageshow", function (event) { resync(event.persisted); });
  if (/[?&]start=/.test(location.search) && history.replaceState) {
    /* A reload must not begin the download once more. */
    history.replaceState(null, "", location.pathname);
  }
})();
