// What a simple pass over a page finds wrong for people who cannot see it well, or not at all.
() => {
  const wrong = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const tell = (what, element) => wrong.push(`${what}: ${element.outerHTML.slice(0, 120)}`);

  const name = (element) =>
    (element.getAttribute("aria-label") ??
      element.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id)?.textContent).join(" ") ??
      [...(element.labels ?? [])].map((label) => label.textContent).join(" ")) || element.textContent;
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, dialog[open], [role=region]")) {
    if (shown(element) && !element.closest("[aria-hidden=true]") && !name(element).trim()) tell("has no name", element);
  }

  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    if (!shown(heading) || heading.closest("dialog:not([open])")) continue;
    const own = Number(heading.tagName[1]);
    if (own > level + 1) tell(`heading level ${own} after ${level}`, heading);
    level = own;
  }

  const numbers = (colour) => {
    const found = colour.match(/[\d.]+(?:e-?\d+)?/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [...found.slice(0, 3).map((part) => part * scale), found[3] ?? 1];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    let colour = [0, 0, 0, 0];
    for (let at = element; at && colour[3] < 1; at = at.parentElement) {
      const own = numbers(getComputedStyle(at).backgroundColor);
      const weight = (1 - colour[3]) * own[3];
      colour = [0, 1, 2].map((i) => (colour[i] * colour[3] + own[i] * weight) / (colour[3] + weight || 1)).concat(colour[3] + weight);
    }
    return colour;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(element) || element.closest("option, script, dialog:not([open])")) continue;
    const style = getComputedStyle(element);
    if (style.clipPath !== "none") continue;
    const [one, other] = [luminance(numbers(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) tell(`contrast ${ratio.toFixed(2)}`, element);
  }
  return wrong;
};
