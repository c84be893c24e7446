/* Progressive enhancement only: the pages work without it. */
(function () {
  "use strict";

  /* Counts on from the server's time, never from this computer's clock. */
  function countdown(box) {
    var left = Number(box.dataset.until) - Number(box.dataset.now);
    var started = performance.now();
    var reloaded = false;

    function show(unit, value) {
      var figure = box.querySelector('[data-unit="' + unit + '"]');
      var text = unit === "d" ? String(value) : String(value).padStart(2, "0");
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
      if (seconds === 0 && !reloaded) {
        reloaded = true;
        /* Spread out, so that everybody's page does not ask in the same instant. */
        setTimeout(function () { location.reload(); }, 500 + Math.random() * 4000);
      } else if (!reloaded) {
        setTimeout(tick, 250);
      }
    }
    tick();
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

  document.querySelectorAll(".countdown").forEach(countdown);
  document.querySelectorAll("[data-copy]").forEach(copy);
})();
