// Keeps drafts while they are written, warns before a session ends, writes chosen days in words, shows how work goes.
// Every page works without it.
"use strict";

const AUTOSAVE_MS = 15_000;
const WARN_MS = 5 * 60_000;
const FOLLOW_MS = 5_000;
const MOST_FOLLOWED = 120;
const AS_JSON = { Accept: "application/json" };

// A form that is kept as a draft: sent as it is a while after something was typed, and when the page is left; to its
// own address, or to the one that keeps drafts of forms without one.
function keepDraft(form) {
  const to = form.dataset.autosave || form.action;
  const told = form.querySelector("[data-autosave-told]");
  let isChanged = false;
  let timer;
  let pending = null;

  async function send() {
    const body = new FormData(form);
    body.set("autosave", "1");
    isChanged = false;
    try {
      const answer = await fetch(to, { method: "POST", body, headers: AS_JSON, keepalive: document.hidden });
      const { edition, said } = await answer.json();
      if (edition) form.elements.edition.value = edition;
      told.textContent = said;
    } catch {
      isChanged = true;
      told.textContent = told.dataset.autosaveTold;
    }
  }

  function sendOnce() {
    clearTimeout(timer);
    timer = undefined;
    if (!isChanged || pending) return;
    if (form.querySelector("[data-draft]")) {
      told.textContent = told.dataset.autosaveWaits;
      return;
    }
    pending = send().finally(() => {
      pending = null;
    });
  }

  form.addEventListener("input", () => {
    isChanged = true;
    timer ??= setTimeout(sendOnce, AUTOSAVE_MS);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) sendOnce();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    isChanged = false;
    if (!pending) return;
    // The answer brings the edition on which the form then stands: without it the person would clash with herself.
    event.preventDefault();
    pending.then(() => form.requestSubmit(event.submitter));
  });
}

// What was kept of a form earlier, put back: into its fields, or by the page itself where its rows are to be made first.
function offerDraft(notice) {
  const form = notice.closest("form");
  const fields = JSON.parse(notice.dataset.draft);
  const again = notice.dataset.draftAgain;
  const take = notice.querySelector("[data-draft-take]");
  take.hidden = false;
  take.addEventListener("click", () => {
    if (again) {
      const sender = document.createElement("form");
      sender.method = "post";
      sender.hidden = true;
      const marks = ["csrfmiddlewaretoken", "made-for", "draft"].map((name) => [name, form.elements[name].value]);
      for (const [name, value] of [...marks, ...fields.filter(([name]) => name !== "draft"), [again, ""]]) {
        const field = document.createElement("textarea");
        Object.assign(field, { name, value });
        sender.append(field);
      }
      document.body.append(sender);
      sender.submit();
      return;
    }
    const left = [...fields];
    for (const element of form.elements) {
      const isChoice = ["checkbox", "radio"].includes(element.type);
      const found = left.findIndex(([name, value]) => name === element.name && (!isChoice || value === element.value));
      if (isChoice) element.checked = found >= 0;
      else if (found >= 0) element.value = left[found][1];
      if (found >= 0) left.splice(found, 1);
    }
    notice.remove();
    form.dispatchEvent(new Event("input"));
    form.querySelector("textarea, input:not([type=hidden])").focus();
  });
}

// A day in words beside its field: browsers show it in the order of their own language, where 10/11 is two days.
// Where something is due by it, also that offices are closed.
const written = document.currentScript.dataset;

function nameDay(input) {
  let words = document.querySelector(`[data-day-of="${CSS.escape(input.id)}"]`);
  if (!words) {
    words = document.createElement("span");
    words.className = "help";
    input.after(" ", words);
  }
  const closed = words.dataset.closed && JSON.parse(words.dataset.closed);
  const whyClosed = (chosen) => {
    if (!closed) return "";
    const isIn = (span) => span.slice(0, 10) <= chosen && chosen <= span.slice(11);
    const holiday = Object.entries(closed.holidays).find(([, spans]) => spans.split(" ").some(isIn));
    return holiday ? holiday[0] : closed.weekend[new Date(chosen).getUTCDay()] || "";
  };
  const write = () => {
    const [year, month, day] = input.value.split("-").map(Number);
    const parts = { "%-d": day, "%-m": month, "%Y": year, "%B": written.months.split("|")[month - 1] };
    const text = day ? written.dayForm.replace(/%-?[dmYB]/g, (name) => parts[name]) : "";
    words.textContent = text + whyClosed(input.value);
  };
  input.addEventListener("input", write);
  write();
}

// The end of the session: told five minutes before, and put off by one press.
function watchSession(line) {
  const [warning, over] = ["warning", "over"].map((name) => document.querySelector(`[data-session="${name}"]`));
  let timers = [];

  function begin(seconds) {
    timers.forEach(clearTimeout);
    warning.hidden = true;
    timers = [
      setTimeout(() => {
        warning.hidden = false;
      }, Math.max(0, seconds * 1000 - WARN_MS)),
      setTimeout(end, seconds * 1000),
    ];
  }

  function end() {
    warning.hidden = true;
    over.hidden = false;
  }

  warning.querySelector("button").addEventListener("click", async () => {
    try {
      const answer = await fetch(line.dataset.extend, { headers: AS_JSON, redirect: "error" });
      begin((await answer.json()).seconds);
    } catch {
      end();
    }
  });
  begin(Number(line.dataset.sessionSeconds));
}

// A part that says how work goes is asked for again while the work goes on, ten minutes long; at its end the page is.
async function follow(part) {
  for (let left = MOST_FOLLOWED; left; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    if (document.hidden) continue;
    try {
      const answer = await fetch(location.href);
      if (answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(part.id);
      if (!now) return;
      if (!("follow" in now.dataset)) {
        location.reload();
        return;
      }
      if (now.textContent !== part.textContent) part.replaceChildren(...now.childNodes);
    } catch {
      // the centre does not answer just now
    }
  }
}

// On a telephone the rooms are one row that scrolls: the one where one is stands in it.
const here = document.querySelector(".masthead nav a[aria-current]");
if (here) here.closest("nav").scrollLeft = here.offsetLeft - here.closest("nav").offsetLeft;

document.querySelectorAll("form[data-autosave]").forEach(keepDraft);
document.querySelectorAll("[data-draft]").forEach(offerDraft);
document.querySelectorAll('input[type="date"]').forEach(nameDay);
document.querySelectorAll("[data-session-seconds]").forEach(watchSession);
document.querySelectorAll("[data-follow]").forEach(follow);
