"""The page in a real browser: light and dark, wide and narrow, on its own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import mon_page_helpers as helpers
import numpy as np
import polars as pl
import pytest

from poet_domain_ml_monitoring import AlertManager, HealthMonitor
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.page import to_html

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt install chromium)")

SIZES = {"wide": (1280, 900), "phone": (390, 844)}
# What sticks out of its own chart, and what of the page.
CLIPPED = """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(t => {
        const b = t.getBoundingClientRect();
        return b.left < box.left - 1 || b.right > box.right + 1 || b.bottom > box.bottom + 1;
    }).map(t => t.textContent)
})"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The contrast of every text with what is painted behind it, as WCAG 2 reckons it.
CONTRAST = """() => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(
        v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b };
    const behind = e => { for (; e; e = e.parentElement) {
        const c = rgb(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] === 1) return c } return [255, 255, 255] };
    const found = [];
    for (const e of document.querySelectorAll('main *')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || e.closest('title') || !e.getClientRects().length) continue;
        const style = getComputedStyle(e);
        const ink = rgb(e.tagName === 'text' ? style.fill : style.color);
        const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) found.push([e.className.baseVal ?? e.className, e.textContent.slice(0, 30), ratio]);
    }
    return found }"""


@pytest.fixture(scope="module")
def browser():
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The same pages as files: drift with a history, nothing wrong, and names that mean harm."""
    folder = tmp_path_factory.mktemp("pages")
    history = [
        helpers.report(shift, seed=i, rows=1500) for i, shift in enumerate([0, 0, 0.4, 0, 0.6, 0.8])
    ]
    random = np.random.default_rng(0)
    hostile = {
        helpers.HOSTILE: random.normal(size=900),
        "n" * 300: [helpers.HOSTILE, "b", "c"] * 300,
    }
    moved = {helpers.HOSTILE: random.normal(3, 1, 900), "n" * 300: [helpers.HOSTILE + "2"] * 900}
    report, now = helpers.drifted(), datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
    texts = {
        "drift": to_html(
            report,
            history=history,
            title="payments.parquet",
            alerts=AlertManager(emit=silent).process(report, now=now),
            health=HealthMonitor(emit=silent).assess(report, now=now),
        ),
        "calm": to_html(helpers.calm()),
        "hostile": to_html(
            helpers.check(pl.DataFrame(hostile), pl.DataFrame(moved)), title=helpers.HOSTILE
        ),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["drift", "calm", "hostile"])
def test_page_is_readable(browser, pages, name, scheme, size):
    """On call, on a phone or in the dark, text would be cut off, too faint, or off the screen."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((pages / f"{name}.html").as_uri())
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(CONTRAST) == []
    light = page.evaluate(
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (sum(light) > 600) == (scheme == "light")
    assert said == []
    assert asked == [(pages / f"{name}.html").as_uri()]  # nothing from elsewhere
    if name == "drift":
        assert (
            page.locator("h1").inner_text()
            == f"Drift in {len(helpers.drifted().drifted)} of 9 features"
        )
        assert page.locator("svg.chart").count() >= 3
        for chart in page.locator("svg.chart path.cur-line").all():
            box = chart.bounding_box()
            assert box is not None
            assert box["width"] > 100
            assert box["height"] > 20
    context.close()


def test_names_are_text(browser, pages):
    """A column's name could run as a script in the browser of whoever opens the report."""
    page = browser.new_page()
    page.goto((pages / "hostile.html").as_uri())
    assert "owned" not in page.title()[:6]
    assert page.locator("main img").count() == 0
    names = page.locator(".card h3").all_inner_texts()
    assert any("<img src=x onerror=" in name for name in names)
    assert page.locator(".bars").inner_html().count("<img") == 0
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.content()
    assert "\x1b" not in page.content()
    page.close()


def test_prints_on_paper_whole(browser, pages, tmp_path):
    """A report handed on as PDF would come out empty or as one endless page."""
    page = browser.new_page()
    page.goto((pages / "drift.html").as_uri())
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 2
    page.close()
