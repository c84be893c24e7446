/**
 * Says whether this browser can film, as `data-able` of the document: a page's style shows the words by it.
 *
 * A classic script in the syntax of 2009, since in an old browser no module runs.
 */
(function () {
  var needed = [
    "noModule" in HTMLScriptElement.prototype,
    window.isSecureContext,
    window.indexedDB,
    window.crypto && window.crypto.subtle,
    window.MediaRecorder,
    window.ImageCapture,
    window.AbortController,
    navigator.locks,
    navigator.mediaDevices && navigator.mediaDevices.getUserMedia,
  ];
  var able = needed.every(Boolean);
  document.documentElement.setAttribute("data-able", able ? "yes" : "no");
  document.documentElement.setAttribute("data-chat", /MicroMessenger|\bQQ\//.test(navigator.userAgent) ? "yes" : "no");
})();
