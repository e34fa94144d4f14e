// Adds competencies of the vocabulary to what an achievement stands for, as further ticked boxes.

import { Combobox } from "./combobox.js";

document.documentElement.classList.add("scripted");
// After a confirmation: what was done is read out, and the next achievement follows.
document.getElementById("confirmed")?.focus();
const waiting = document.getElementById("waiting");

for (const root of waiting?.querySelectorAll("[data-combo]") ?? []) {
  const fieldset = root.closest("form").querySelector("fieldset");
  const combo = new Combobox(root, waiting.dataset.suggest, () => {
    const label = document.createElement("label");
    label.className = "check";
    const box = Object.assign(document.createElement("input"), {
      type: "checkbox", name: "competency", value: combo.hidden.value, checked: true,
    });
    const words = document.createElement("span");
    words.textContent = combo.input.value;
    label.append(box, words);
    fieldset.append(label);
    combo.input.value = "";
    combo.hidden.value = "";
    name(root.closest("form"));
  });
  // Enter without a suggestion must not send the form.
  combo.input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// The button says what it will do.
function name(form) {
  const button = form.querySelector("button");
  button.textContent = form.querySelector("input[name=competency]:checked") ? button.dataset.ticked : button.dataset.none;
}

for (const form of waiting?.querySelectorAll("form") ?? []) {
  form.addEventListener("change", () => name(form));
  name(form);
}
