// A form of choices applies them as they are made; without this script it has a button.

document.documentElement.classList.add("scripted");

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", (event) => {
    if (event.target.type !== "date" || event.target.validity.valid) form.requestSubmit();
  });
}
