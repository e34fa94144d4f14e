// The form of a position: suggestions while typing, and reading words without leaving the page. Without this
// script the same buttons send the whole form.

import { Combobox } from "./combobox.js";

document.documentElement.classList.add("scripted");
const form = document.getElementById("editor");
const status = document.getElementById("skills-status");

function dress(root) {
  for (const element of root.querySelectorAll("[data-combo]")) {
    new Combobox(element, form.dataset.suggest, () => read(element.querySelector("input").id));
  }
}

// Sends the form as its button would, and takes over only the part about the micro-skills. Meanwhile nothing
// can be typed there, for it would be lost.
async function read(focus, button) {
  const skills = document.getElementById("skills");
  if (skills.inert) return;
  const sent = new FormData(form, button);
  if (!button) sent.set("action", "read");
  skills.inert = true;
  status.textContent = status.dataset.reading;
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: sent });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("skills");
    if (!fresh) throw new Error(String(answer.status));
    skills.replaceChildren(...fresh.childNodes);
    skills.inert = false;
    status.textContent = skills.querySelector("[role=alert]") ? "" : fresh.dataset.status;
    dress(skills);
    (document.getElementById(focus) ?? document.getElementById("add")).focus();
  } catch {
    skills.inert = false;
    form.requestSubmit(form.querySelector(".default-button"));
  }
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-read]");
  if (!button) return;
  event.preventDefault();
  read(button.dataset.read, button);
});

// Enter in a line reads it; in the title it goes on to nothing.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.defaultPrevented || event.target.tagName !== "INPUT") return;
  if (event.target.type === "checkbox" || event.target.type === "radio") return;
  event.preventDefault();
  if (event.target.closest("[data-combo]")) read(event.target.id);
});

// Other words (with a name: a search has none), or another meaning: show how they are read now.
form.addEventListener("change", (event) => {
  const { target } = event;
  if (target.type === "radio") read(target.closest("li").querySelector("[role=combobox]").id);
  else if (target.getAttribute("role") === "combobox" && target.name && !("adds" in target.dataset)) read(target.id);
});

dress(form);
form.querySelector(".conflict")?.focus();
fetch(form.dataset.warmUp).catch(() => {});
