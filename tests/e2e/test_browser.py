"""The pages in a real browser: by keyboard, on a phone, in light and dark, without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from website import make_website

from matcher.settings import read_settings
from tools.browser import program, running, serving

pytestmark = pytest.mark.browser

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8").strip().rstrip(";")
BELOW = """Math.round(document.documentElement.scrollHeight
    - document.querySelector(".foot").getBoundingClientRect().bottom - scrollY)"""
"""How many pixels a page goes on below its foot."""
PAGES = (
    "/",
    "/how",
    "/positions/new",
    "/positions/yard",
    "/positions/yard?who=applicants",
    "/positions/yard/edit",
    "/positions/yard/candidates/theo",
    "/candidates/theo",
    "/achievements",
    "/achievements?show=confirmed",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = program()
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed: the pages were not tested in a browser")
    with running(executable) as started:
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    website = make_website(read_settings(data_dir=tmp_path_factory.mktemp("browser")))
    with serving(website.app) as address:
        yield address
    website.parts.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    yield from opened(browser, site)


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Page]:
    yield from opened(browser, site, viewport={"width": 360, "height": 740})


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[Page]:
    """A page without scripts."""
    yield from opened(browser, site, java_script_enabled=False)


def opened(browser: Browser, site: str, **options: Any) -> Iterator[Page]:
    """A page; at its end nothing may have been complained about, and nothing asked of another server."""
    context = browser.new_context(base_url=site, **{"locale": "en-CA"} | options)
    context.set_default_timeout(10_000)
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("request", lambda asked: None if asked.url.startswith(site) else complaints.append(asked.url))
    yield made
    context.close()
    assert not complaints


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on `selector`."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_position_is_posted_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    tab_to(page, "a.button.primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New position")
    tab_to(page, "#title")
    page.keyboard.type("Yard porter")
    tab_to(page, "#add")
    page.keyboard.type("oper")
    options = page.get_by_role("option")
    expect(options.first).to_have_text("operate forklift" + "own")
    page.keyboard.press("ArrowDown")
    assert page.locator("#add").get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    rows = page.locator("li.skill")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(
        "confirmed read as operate forklift · held now by 3 people, narrower ones included"
    )
    expect(page.locator("#add")).to_be_focused()
    page.keyboard.type("load cargo")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("exact name read as load cargo")
    expect(page.get_by_role("status")).to_have_text("2 micro-skills")
    page.locator("#add").press("Shift+Tab")
    tab_to(page, ".save button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/positions/yard-porter")
    expect(page.locator("tbody tr")).to_have_count(4)


def test_another_meaning_is_chosen_and_a_row_removed(page: Page) -> None:
    page.goto("/positions/new")
    page.fill("#title", "Choosing")
    page.fill("#lines", "load all cargo quickly\nwork at heights")
    page.get_by_role("button", name="Read these lines").click()
    rows = page.locator("li.skill")
    expect(rows).to_have_count(2)
    rows.first.get_by_role("radio", name="load cargo").click()
    expect(rows.first).to_contain_text("confirmed read as load cargo")
    rows.last.get_by_role("button", name="Remove work at heights").click()
    expect(rows).to_have_count(1)
    assert page.input_value("#title") == "Choosing"


def test_a_change_of_somebody_else_is_shown_and_can_be_replaced(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, locale="en-CA")
    page, other = context.new_page(), context.new_page()
    page.goto("/positions/new")
    page.fill("#title", "Two tabs")
    page.fill("#lines", "load cargo")
    page.get_by_role("button", name="Read these lines").click()
    page.get_by_role("button", name="Save and rank").click()
    page.get_by_role("link", name="Edit the micro-skills").click()
    other.goto(page.url)
    other.fill("#title", "Two tabs, theirs")
    other.get_by_role("button", name="Save and rank").click()
    other.wait_for_url("**/positions/two-tabs")
    page.fill("#title", "Two tabs, mine")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Save and rank").click()
    assert sent.value.status == 409
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Title: Two tabs, theirs")
    assert page.evaluate(f"({AUDIT})()") == []
    page.get_by_role("button", name="Keep mine").click()
    page.wait_for_url("**/positions/two-tabs")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two tabs, mine")
    context.close()


def test_an_alternative_is_added_by_keyboard_and_removed(page: Page) -> None:
    page.goto("/positions/new")
    page.fill("#title", "Either")
    page.fill("#add", "load cargo")
    page.press("#add", "Enter")
    row = page.locator("li.skill")
    expect(row).to_have_count(1)
    page.focus("#text-0")
    tab_to(page, ".another summary")
    page.keyboard.press("Enter")
    tab_to(page, "#or-0")
    page.keyboard.type("work at h")
    expect(page.locator("#or-list-0 [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    other = row.locator("li.other")
    expect(other).to_contain_text("confirmed read as work at heights")
    expect(page.locator("#or-0")).to_be_focused()
    assert page.evaluate(f"({AUDIT})()") == []
    page.keyboard.type("zzzz qqqq")
    page.keyboard.press("Enter")
    expect(other).to_have_count(2)
    other.last.get_by_label("Search the vocabulary").type("inspect")
    page.locator("#other-list-0-1 [role=option]").first.click()
    expect(other.last).to_contain_text("confirmed read as inspect equipment")
    other.first.get_by_label("Least level").select_option("0.75")
    other.last.get_by_role("button", name="Remove zzzz qqqq").press("Enter")
    expect(other).to_have_count(1)
    expect(page.locator("#text-0")).to_be_focused()
    expect(other.get_by_label("Least level")).to_have_value("0.75")


def test_where_nothing_is_likely_the_vocabulary_is_searched(page: Page) -> None:
    page.goto("/positions/new")
    page.fill("#lines", "zzzz qqqq")
    page.get_by_role("button", name="Read these lines").click()
    row = page.locator("li.skill")
    expect(row.get_by_role("radio")).to_have_count(1)
    row.get_by_label("Search the vocabulary for what “zzzz qqqq” means").type("load")
    page.locator("#other-list-0 [role=option]").first.click()
    expect(row).to_contain_text("confirmed read as load cargo")
    assert page.input_value("#text-0") == "zzzz qqqq"
    assert page.evaluate(f"({AUDIT})()") == []


def test_where_all_that_is_offered_is_wrong_the_vocabulary_is_searched_by_keyboard(page: Page) -> None:
    page.goto("/positions/new")
    page.fill("#lines", "load all cargo quickly")
    page.get_by_role("button", name="Read these lines").click()
    row = page.locator("li.skill")
    expect(row.get_by_role("radio", name="None of these")).to_be_visible()
    page.focus("#text-0")
    tab_to(page, "#other-0")
    page.keyboard.type("inspect")
    expect(page.locator("#other-list-0 [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("confirmed read as inspect equipment")
    assert page.input_value("#text-0") == "load all cargo quickly"
    assert page.evaluate(f"({AUDIT})()") == []


def test_a_proof_opens_over_the_matrix_by_keyboard(page: Page) -> None:
    page.goto("/positions/yard")
    tab_to(page, "tbody tr:first-child td.cell:nth-of-type(3) a")
    words = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading").first).to_have_text("Amara Okafor · work at heights")
    expect(dialog).to_contain_text("Work at heights certificate")
    expect(dialog).to_contain_text("What was multiplied")
    assert words.startswith(dialog.locator(".proof-state").inner_text())
    assert page.evaluate(f"({AUDIT})()") == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == words
    assert page.url.endswith("/positions/yard")


def test_a_long_ranking_ends_at_its_foot_and_names_keep_clear_of_scores(page: Page) -> None:
    page.goto("/positions/yard")
    page.evaluate(
        """() => { const row = document.querySelector("tbody tr");
        for (let n = 0; n < 60; n++) row.after(row.cloneNode(true)) }"""
    )
    assert page.evaluate(BELOW) <= 1
    page.evaluate("document.querySelector('.name').textContent = 'Maximilian Wolfeschlegelstein-Bergerdorff'")
    gap = page.evaluate(
        "document.querySelector('.score-number').getBoundingClientRect().left"
        " - document.querySelector('.name').getBoundingClientRect().right"
    )
    assert gap >= 8


def test_choices_of_the_ranking_apply_at_once(page: Page) -> None:
    page.goto("/positions/yard")
    page.get_by_label("Applicants").check()
    page.wait_for_url("**who=applicants**")
    expect(page.locator("main")).to_contain_text("1 applicant misses a must-have and is not ranked")


def test_a_competency_is_added_to_a_reading(page: Page) -> None:
    page.goto("/achievements")
    card = page.locator("#waiting li.card").first
    expect(card.get_by_role("button")).to_have_text("Confirm")
    card.get_by_role("checkbox").uncheck()
    expect(card.get_by_role("button")).to_have_text("It stands for none")
    card.get_by_role("combobox").type("inspect")
    page.get_by_role("option").first.click()
    expect(card.get_by_role("checkbox", name="inspect equipment")).to_be_checked()
    expect(card.get_by_role("button")).to_have_text("Confirm")


def test_a_phone_shows_people_as_cards(phone: Page) -> None:
    phone.goto("/positions/yard")
    box = phone.locator("tbody tr").first.bounding_box()
    assert box
    assert box["width"] <= 360
    phone.locator("tbody tr:first-child a[data-proof]").first.click()
    expect(phone.get_by_role("dialog")).to_be_visible()


def test_a_phones_cards_are_small_and_open_for_the_rest(phone: Page) -> None:
    phone.goto("/positions/yard")
    first = phone.locator("tbody tr").first
    box = first.bounding_box()
    assert box
    assert box["height"] <= 120, "50 people take no more than 6,000 pixels"
    marks = first.locator(".cell .mark")
    expect(marks).to_have_count(5)
    tops = {round(marks.nth(number).bounding_box()["y"]) for number in range(5)}  # type: ignore[index]
    assert len(tops) == 1
    assert phone.evaluate(f"({AUDIT})()") == []
    tab_to(phone, ".unfold input")
    phone.keyboard.press("Space")
    label = "getComputedStyle(document.querySelector('.cell-link'), '::after').content"
    assert phone.evaluate(label) == '"operate forklift"'
    opened_ = first.bounding_box()
    assert opened_
    assert opened_["height"] > box["height"] + 100
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert phone.evaluate(f"({AUDIT})()") == []
    phone.keyboard.press("Space")
    assert phone.evaluate(label) == "none"


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark", "locale": "fr-CA"},
        {"color_scheme": "light", "viewport": {"width": 360, "height": 740}, "locale": "fr-CA"},
    ],
    ids=["light", "dark", "phone"],
)
def test_every_page_passes_a_simple_audit(browser: Browser, site: str, options: dict[str, Any]) -> None:
    for page in opened(browser, site, **options):
        for path in PAGES:
            page.goto(path)
            assert page.evaluate(f"({AUDIT})()") == [], path
            below = page.evaluate(BELOW)
            assert below <= 1, f"{path} goes on for {below} pixels below its foot"
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} pixels wider than the window"


def test_the_audit_finds_what_is_wrong(page: Page) -> None:
    page.goto("/how")
    page.evaluate(
        """() => { const bad = document.createElement("p"); bad.textContent = "pale";
        bad.style.color = getComputedStyle(document.body).backgroundColor;
        document.querySelector("main").append(bad, document.createElement("button"),
            Object.assign(document.createElement("h4"), {textContent: "deep"})) }"""
    )
    found = " ".join(page.evaluate(f"({AUDIT})()"))
    assert "contrast 1.0" in found
    assert "has no name" in found
    assert "heading level 4 after 2" in found


def test_without_scripts_everything_has_another_way(plain: Page) -> None:
    plain.goto("/positions/yard")
    plain.locator("tbody tr:first-child a[data-proof]").nth(1).click()
    assert plain.url.endswith("/candidates/amara#proof-2")
    expect(plain.locator("#proof-2")).to_be_in_viewport()
    plain.goto("/positions/new")
    plain.fill("#title", "Plain")
    plain.fill("#lines", "load cargo")
    plain.get_by_role("button", name="Read these lines").click()
    expect(plain.locator("li.skill")).to_contain_text("exact name read as load cargo")
    plain.locator(".another summary").click()
    plain.get_by_label("What would do just as well").fill("work at heights")
    plain.locator(".another button").click()
    expect(plain.locator("li.other")).to_contain_text("exact name read as work at heights")
    plain.get_by_role("button", name="Save and rank").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Plain")


def test_the_language_is_switched_and_kept(page: Page) -> None:
    page.goto("/positions/yard?top=10")
    page.get_by_role("link", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert "top=10" in page.url
    page.goto("/how")
    expect(page.get_by_role("heading", level=1)).to_have_text("Le classement expliqué")
