/* Progressive enhancement only: the desk works without it. */
(function () {
  "use strict";

  /* "/" goes to the search field, from anywhere but another field. */
  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  /* Figures that change are shown as they do; where that fails, a reload shows them. */
  function follow(source) {
    var events = new EventSource(source.dataset.liveFrom);
    events.onmessage = function (event) {
      var news = JSON.parse(event.data);
      document.querySelectorAll("[data-live]").forEach(function (place) {
        var value = news.figures[place.dataset.live];
        if (value !== undefined && value !== place.textContent) {
          place.textContent = value;
          place.classList.toggle("some", value !== "0" && place.closest(".problems") !== null);
        }
      });
      var at = document.querySelector("[data-live-at]");
      if (at) {
        at.textContent = news.at[document.documentElement.lang === "en" ? "en" : "zh"];
      }
    };
  }

  if (window.EventSource) {
    document.querySelectorAll("[data-live-from]").forEach(follow);
  }

  document.addEventListener("keydown", function (event) {
    var field = document.querySelector("[data-find]");
    if (field && event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
})();
