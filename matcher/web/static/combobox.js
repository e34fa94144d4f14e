// An input that suggests while one types (the ARIA combobox pattern with a list): arrows, Enter, Escape, mouse.

const PAUSE = 120;

export class Combobox {
  // `picked` is called when a suggestion was chosen; its URI is in the hidden input then.
  constructor(root, address, picked) {
    this.input = root.querySelector("[role=combobox]");
    this.hidden = root.querySelector("[data-picked]");
    this.list = root.querySelector("[role=listbox]");
    this.address = address;
    this.picked = picked;
    this.active = -1;
    this.asked = 0;
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.pick(option);
    });
  }

  typed() {
    this.hidden.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(this.input.value.trim()), PAUSE);
  }

  async ask(typed) {
    const number = ++this.asked;
    if (typed.length < 2) return this.close();
    const address = `${this.address}?q=${encodeURIComponent(typed)}`;
    const found = await fetch(address).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
    if (number === this.asked && document.activeElement === this.input) this.show(found);
  }

  show(found) {
    this.list.replaceChildren(...found.map((competency, index) => this.option(competency, index)));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.move(-1);
    this.list.scrollIntoView({ block: "nearest" });
  }

  option({ uri, label, framework }, index) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.uri = uri;
    option.dataset.label = label;
    const source = document.createElement("small");
    source.textContent = framework;
    option.append(label, source);
    return option;
  }

  move(to) {
    const options = [...this.list.children];
    this.active = to;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === to)));
    if (to < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", options[to].id);
      options[to].scrollIntoView({ block: "nearest" });
    }
  }

  pressed(event) {
    const count = this.list.hidden ? 0 : this.list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!count) return this.ask(this.input.value.trim());
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place before the first is the input itself.
      this.move(((this.active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Escape" && count) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.pick(this.list.children[this.active]);
    } else if (event.key === "Enter") this.close();
  }

  pick(option) {
    this.input.value = option.dataset.label;
    this.hidden.value = option.dataset.uri;
    this.close();
    this.picked();
  }

  close() {
    clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.move(-1);
  }
}
