// Opens a cell's proof over the matrix. Without this script the cell's link leads to the page with all proofs.

const dialog = document.getElementById("proof-dialog");
const title = document.getElementById("proof-dialog-title");
const body = dialog.querySelector("[data-body]");
const pages = new Map();

async function page(address) {
  if (!pages.has(address)) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    pages.set(address, new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
  return pages.get(address);
}

async function show(link) {
  const { href } = link;
  try {
    const part = (await page(href.split("#")[0])).getElementById(link.dataset.proof);
    const copy = document.importNode(part, true);
    const heading = copy.querySelector("h2");
    const name = link.closest("tr").querySelector(".name").textContent;
    title.textContent = `${name} · ${heading.textContent}`;
    heading.remove();
    copy.removeAttribute("aria-labelledby");
    copy.removeAttribute("id");
    body.replaceChildren(copy);
    dialog.showModal();
    dialog.scrollTop = 0;
  } catch {
    location.href = href;
  }
}

document.querySelector(".matrix")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-proof]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  show(link);
});

dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
