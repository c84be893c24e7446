/* Progressive enhancement only: the desk works without it. */
(function () {
  "use strict";

  /* "/" goes to the search field, from anywhere but another field. */
  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
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
