/* Checks the login form before it is sent, and counts a delay down. The server checks the same again. */
(function () {
  "use strict";

  var form = document.querySelector("form[data-shape]");
  if (!form) {
    return;
  }
  var fields = ["name", "id_number", "admission_number"];
  var title = document.title;

  function compact(text) {
    return (text.normalize ? text.normalize("NFKC") : text).replace(/\s+/g, "").toUpperCase();
  }

  /* ISO 7064 MOD 11-2, as on a resident's identity card. */
  function checkFits(number) {
    var sum = 0;
    for (var i = 0; i < 17; i++) {
      sum += (Math.pow(2, 17 - i) % 11) * Number(number[i]);
    }
    return "10X98765432"[sum % 11] === number[17];
  }

  function isResidentId(number) {
    return /^[0-9]{17}[0-9X]$/.test(number) && checkFits(number);
  }

  /* Only what can be no other document: passports and permits are left to the server. */
  function idFault(number) {
    if (!/^[0-9]{13,20}[0-9X]$/.test(number)) {
      return "";
    }
    if (number.length !== 18) {
      return form.dataset.idLength.replace("{n}", number.length);
    }
    return checkFits(number) ? "" : form.dataset.idCheck;
  }

  function numberFault(input, number) {
    var shortest = Number(input.dataset.shortest), longest = Number(input.dataset.longest);
    if (!longest || (number.length >= shortest && number.length <= longest)) {
      return "";
    }
    var lengths = shortest === longest ? shortest : shortest + "–" + longest;
    return input.dataset.length.replace("{of}", lengths).replace("{n}", number.length);
  }

  function faults() {
    var found = {}, values = {};
    fields.forEach(function (name) {
      values[name] = compact(form.elements[name].value);
      if (!values[name]) {
        found[name] = form.getAttribute("data-missing-" + name);
      }
    });
    var looksLikeId = isResidentId(values.admission_number);
    /* Numbers of eight and nine digits are permits and passports. */
    if (looksLikeId && /^[0-9]{10,}$/.test(values.id_number) && !isResidentId(values.id_number)) {
      found.id_number = form.dataset.swappedId;
      found.admission_number = form.dataset.swappedNumber;
      return found;
    }
    found.id_number = found.id_number || idFault(values.id_number);
    found.admission_number =
      found.admission_number || numberFault(form.elements.admission_number, values.admission_number);
    return found;
  }

  function show(found) {
    var wrong = fields.filter(function (name) { return found[name]; });
    fields.forEach(function (name) {
      var input = form.elements[name], fault = document.getElementById(name + "-fault");
      var hint = document.getElementById(name + "-hint");
      var ids = [found[name] ? fault.id : "", hint ? hint.id : ""].filter(Boolean).join(" ");
      fault.textContent = found[name] || "";
      fault.hidden = !found[name];
      fault.parentNode.classList.toggle("field-wrong", Boolean(found[name]));
      if (found[name]) {
        input.setAttribute("aria-invalid", "true");
      } else {
        input.removeAttribute("aria-invalid");
      }
      input.setAttribute("aria-describedby", ids);
    });
    var summary = document.getElementById("refusal");
    if (summary) {
      summary.remove();
    }
    document.title = wrong.length ? form.dataset.wrong + title.replace(form.dataset.wrong, "") : title;
    if (!wrong.length) {
      return true;
    }
    summary = document.createElement("div");
    summary.className = "refusal";
    summary.id = "refusal";
    summary.tabIndex = -1;
    summary.setAttribute("role", "alert");
    var heading = document.createElement("p"), list = document.createElement("ul");
    heading.className = "refusal-cause";
    heading.textContent = form.dataset.heading;
    wrong.forEach(function (name) {
      var item = document.createElement("li"), link = document.createElement("a");
      link.href = "#" + name;
      link.textContent = found[name];
      link.addEventListener("click", function (event) {
        event.preventDefault();
        form.elements[name].focus();
      });
      item.appendChild(link);
      list.appendChild(item);
    });
    summary.appendChild(heading);
    summary.appendChild(list);
    form.parentNode.insertBefore(summary, form);
    summary.focus();
    return false;
  }

  function wait(line) {
    var button = form.querySelector("button[type=submit]"), answer = form.elements.answer;
    var figure = line.querySelector("b"), until = Date.now() + Number(line.dataset.wait) * 1000;
    line.hidden = false;

    function tick() {
      var left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0 && !(answer && answer.value.trim());
      if (left <= 0) {
        line.textContent = line.dataset.done;
        return;
      }
      figure.textContent = left;
      setTimeout(tick, 250);
    }
    if (answer) {
      answer.addEventListener("input", function () { button.disabled = !answer.value.trim() && Date.now() < until; });
    }
    tick();
  }

  form.noValidate = true;
  form.addEventListener("submit", function (event) {
    if (!show(faults())) {
      event.preventDefault();
    }
  });
  document.querySelectorAll("[data-wait]").forEach(wait);
})();
