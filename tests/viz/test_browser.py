"""The page in a real browser: what stands on the screen is what Python computes, every key works, axe-core finds nothing.

Needs Chromium and the extra `page-tests` (playwright, axe-core); skipped where they are missing, unless the environment
variable TENSORGRAD_BROWSER says "required".
"""

import math
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import viz
from micrograd_value import MLP, Value
from viz.page import Page, _page, step
from viz.record import Record, record_of
from viz.replay import replay
from viz.steps import MODES, steps_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = [
    *(["Chromium (Debian: apt-get install chromium)"] if not CHROMIUM else []),
    *(f"the package {name}" for name in ("playwright", "axe_playwright_python") if find_spec(name) is None),
]
REQUIRED = os.environ.get("TENSORGRAD_BROWSER") == "required"
pytestmark = pytest.mark.skipif(bool(MISSING) and not REQUIRED, reason=f"the page is not tested: {', '.join(MISSING)} missing")


@pytest.fixture(scope="module")
def browser():
    assert not MISSING, f"TENSORGRAD_BROWSER says required, but {', '.join(MISSING)} is missing"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page from its file; afterwards it must have said nothing to the console and asked for nothing."""
    contexts, said, asked = [], [], []

    def open(page, width=1100, height=700, scheme="light", mode=""):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        path = page.save(tmp_path / f"page{len(contexts)}.html")
        tab.goto(path.as_uri() + mode)
        return tab

    yield open
    for context in contexts:
        context.close()
    assert not said
    assert all(url.startswith(tmp_path.as_uri()) for url in asked)


def violations(tab):
    import axe_playwright_python

    tab.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


def doubled(depth):
    x = Value(1.0, label="a")
    for name in "bcdefghij"[:depth]:
        x = x + x
        x.label = name
    x.backward()
    return x


def graphs():
    one = ["neg", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf", "relu", "leaky_relu", "softplus", "gelu", "abs"]
    for name in one:
        x = Value(0.7, label="x")
        yield -x * x if name == "neg" else getattr(x, name)() * x
    two = [
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b,
        lambda a, b: a**3 - 2**b, lambda a, b: a**-0.5, Value.max, Value.min, lambda a, b: a.max(a) * 3.0,
    ]  # fmt: skip
    for operation in two:
        yield operation(Value(2.5, label="a"), Value(-0.4, label="b"))
    yield from (doubled(1), doubled(3), Value(4.0, label="alone"), Value(1e-200) * 1e-7, Value(0.0).log() * 0.0)
    model = MLP(2, [3, 1], seed=3)
    yield (model([1.0, -2.0]) - 1.0) ** 2


READ = """() => {
  const seen = [], last = Number(document.getElementById("scrub").max);
  document.getElementById("first").click();
  for (let i = 0; i <= last; i++) {
    seen.push({numbers: document.getElementById("numbers").textContent, formula: document.getElementById("formula").textContent,
               grads: [...document.querySelectorAll(".node .grad")].map(t => t.textContent)});
    document.getElementById("next").click();
  }
  return seen;
}"""


def agrees(text, x):
    """Whether a text is the number in four digits. Halves go up in a browser and to the even digit in Python."""
    return float(text) == x or math.isclose(float(text), x, rel_tol=5.01e-4) or float(text) != float(text) and x != x


class TestScreen:
    def test_every_step_shows_the_numbers_of_python(self, opened, tmp_path):
        count, tab = 0, None
        for i, x in enumerate(graphs()):
            if not x.grad:
                x.backward()
            record = record_of(x)
            tab = tab or opened(step(record))
            tab.goto(step(record).save(tmp_path / f"graph{i}.html").as_uri())
            assert "✓ replayed here" in tab.text_content("#truth"), (x._op, tab.text_content("#truth"))
            modes = MODES if len(record.graph.nodes) < 12 else ["true"]
            for mode in modes:
                tab.select_option("#mode", mode)
                grads = {}
                seen, steps = tab.evaluate(READ), steps_of(record, mode)
                assert len(seen) == len(steps)
                for screen, one in zip(seen, steps):
                    if one.kind == "again":
                        grads = {i: grad for i, grad in grads.items() if not record.operands()[i]}
                    if one.kind in ("seed", "edge"):
                        grads[one.node] = one.after
                    for i, text in enumerate(screen["grads"]):
                        assert (text == "–") == (i not in grads)
                        assert i not in grads or agrees(text, grads[i])
                    if one.kind == "edge":
                        words = screen["numbers"].replace("(", "").replace(")", "").split(", because")[0].split()
                        if mode == "overwrite":
                            numbers, wanted = words[:1] + words[2:3], [one.local, one.upstream]
                        else:
                            numbers = [words[i] for i in (0, 2, 4, 6, 8, 10)]
                            wanted = [one.before, one.local, one.upstream, one.before, one.flow, one.after]
                        assert all(map(agrees, numbers, wanted)), screen
                    count += 1
        assert count > 600

    def test_it_opens_after_backward(self, opened, expression):
        tab = opened(step(expression))
        last = len(steps_of(expression)) - 1
        assert tab.input_value("#number") == str(last) and tab.text_content("#counter") == f"of {last}"
        assert tab.text_content("#n0 .grad") == "+10" and tab.text_content("#n0 .data") == "2"

    def test_links_to_a_step(self, opened, expression):
        tab = opened(step(expression), mode="#step=7&mode=overwrite")
        assert (tab.input_value("#number"), tab.input_value("#mode")) == ("7", "overwrite")

    @pytest.mark.parametrize("depth, wrong, truth", [(2, 6, 4), (3, 26, 8), (4, 166, 16)])
    def test_naive_recursion(self, opened, depth, wrong, truth):
        tab = opened(step(doubled(depth), mode="naive"))
        assert tab.text_content("#n0 .grad") == f"+{wrong}"
        assert f"{2 ** (depth + 1) - 2} edges visited instead of {2 * depth}" in tab.text_content("#note")
        assert f"a.grad ends as {wrong}, the truth is {truth}" in tab.text_content("#note")

    def test_naive_recursion_is_broken_off(self, opened):
        tab = opened(step(doubled(9), mode="naive"))
        assert tab.text_content("#formula") == "Stopped after 500 edges"
        assert "would visit 1022 edges; in the true order there are 18" in tab.text_content("#numbers")

    def test_overwrite_and_forgot(self, opened):
        tab = opened(step(doubled(1), mode="overwrite"))
        assert "a.grad ends as 1, the truth is 2" in tab.text_content("#note")
        tab.select_option("#mode", "forgot")
        assert "a.grad ends as 4, the truth is 2" in tab.text_content("#note")

    def test_text_is_inside_its_box(self, opened, expression, network):
        long = Value(-0.000364249) * Value(-1.2345e-300)  # as long as numbers get but for -1.235e-300
        for x in expression, network, long:
            tab = opened(step(x))
            outside = tab.evaluate("""() => [...document.querySelectorAll(".node")].filter(node => {
              const box = node.querySelector("rect").getBoundingClientRect();
              const edge = name => node.querySelector(name).getBoundingClientRect();
              if (edge(".data").left < edge(".name").right) return true;
              return [...node.querySelectorAll("text")].some(text => {
                const t = text.getBoundingClientRect();
                return t.left < box.left || t.right > box.right || t.top < box.top - 1 || t.bottom > box.bottom + 1;
              });
            }).map(node => node.getAttribute("aria-label"))""")
            assert not outside


class TestTruth:
    def test_python_and_the_page_agree_on_what_was_changed(self, opened, expression, tmp_path):
        tab = opened(step(expression))
        exact = record_of(expression).to_json()
        for i in range(len(record_of(expression).graph.nodes)):
            for field in "data", "grad":
                record = Record.from_json(exact)
                node = record.graph.nodes[i]
                setattr(node, field, getattr(node, field) * 1.25 + 0.1)
                first = replay(record).first_wrong
                page = Page(_page(record, "true", "LR", 4), record)
                tab.goto(page.save(tmp_path / f"changed{i}{field}.html").as_uri())
                sentence = tab.text_content("#truth")
                assert sentence.startswith(f"✗ {first.what} of ") and tab.get_attribute("#truth", "class") == "bad"
                if first.what != "local derivative":
                    assert sentence.startswith(f"✗ {first.what} of {first.name}: recorded ")

    def test_no_backward_yet(self, opened):
        x = Value(3.0, label="x")
        tab = opened(step(x * x))
        assert "it has run no backward, the gradients are computed here" in tab.text_content("#truth")
        assert tab.text_content("#n0 .grad") == "+6"

    def test_zero_grad_forgotten(self, opened, expression):
        expression.backward()
        with pytest.warns(UserWarning, match="was zero_grad forgotten"):
            page = step(expression)
        assert "2 × what one backward gives, was zero_grad forgotten?" in opened(page).text_content("#truth")


class TestHands:
    def test_keys(self, opened, expression):
        tab = opened(step(expression))
        last, seed = len(steps_of(expression)) - 1, [s.kind for s in steps_of(expression)].index("seed")

        def after(*keys):
            for key in keys:
                tab.keyboard.press(key)
            return int(tab.input_value("#number"))

        assert after("ArrowLeft") == last - 1
        assert after("Home") == 0 and after("ArrowRight", "ArrowRight") == 2
        assert after("End") == last and after("ArrowRight") == last
        assert after("b") == seed and after("f") == 0
        assert after("g", "Control+a", "5", "b", "Enter") == 5  # typing: b is no key here
        tab.evaluate("document.activeElement.blur()")
        after("m")
        assert tab.input_value("#mode") == "naive"
        after("m", "m", "m")
        assert tab.input_value("#mode") == "true"
        after("?")
        assert tab.is_visible("#keys")
        after("ArrowRight", "Escape")
        assert not tab.is_visible("#keys") and after() == 5
        wide = int(tab.get_attribute("#graph", "width"))
        after("+")
        assert int(tab.get_attribute("#graph", "width")) > wide
        after("0")
        assert int(tab.get_attribute("#graph", "width")) == wide

    def test_play_ends_at_the_end_and_begins_again(self, opened):
        tab = opened(step(doubled(1)))
        tab.select_option("#speed", "600")
        tab.evaluate("document.activeElement.blur()")
        tab.keyboard.press("Space")
        assert tab.input_value("#number") == "0" and tab.text_content("#play") == "stop"
        tab.locator("#play", has_text="play").wait_for()
        assert tab.input_value("#number") == tab.get_attribute("#number", "max")

    def test_a_value_is_kept_and_let_go(self, opened, expression):
        tab = opened(step(expression))
        tab.focus("#n3")
        tab.keyboard.press("Enter")
        assert tab.text_content("#what") == "c" and tab.get_attribute("#n3", "aria-pressed") == "true"
        tab.keyboard.press("ArrowLeft")
        assert tab.text_content("#what") == "c"
        tab.keyboard.press("Alt+ArrowRight")
        assert tab.evaluate("document.activeElement.id") == "n4"
        tab.keyboard.press("Alt+ArrowLeft")
        assert tab.evaluate("document.activeElement.id") == "n2"
        tab.keyboard.press("Escape")
        assert tab.get_attribute("#n3", "aria-pressed") == "false"

    def test_tab_reaches_values_in_order_and_every_control(self, opened, expression):
        tab = opened(step(expression))
        reached = []
        for _ in range(60):
            tab.keyboard.press("Tab")
            reached.append(tab.evaluate("document.activeElement.id"))
            if reached[-1] == "help":
                break
        nodes = [f"n{i}" for i in range(len(record_of(expression).graph.nodes))]
        controls = "first prev play next last forward backward scrub number speed mode smaller larger help".split()
        assert [name for name in reached if name] == [*nodes, *controls]

    def test_it_is_said_aloud(self, opened, expression):
        tab = opened(step(expression), mode="#step=6")
        tab.locator("#say", has_text="Step 6 of").wait_for(state="attached")
        items = tab.locator("#list li")
        assert items.count() == len(steps_of(expression))
        assert items.nth(6).get_attribute("aria-current") == "step"


class TestAccess:
    @pytest.mark.parametrize("width", [360, 1100, 1920])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing(self, opened, network, width, scheme):
        tab = opened(step(network), width=width, scheme=scheme)
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_in_any_mode_nor_among_the_keys(self, opened, expression, scheme):
        for mode in MODES:
            tab = opened(step(expression), scheme=scheme, mode=f"#step=9&mode={mode}")
            assert violations(tab) == []
        tab.keyboard.press("?")
        assert violations(tab) == []

    def test_letters_are_never_smaller_than_nine_pixels(self, opened, network):
        for width in 360, 1100:
            tab = opened(step(network), width=width)
            smallest = tab.evaluate("""() => Math.min(...[...document.querySelectorAll("svg#graph text")].map(
              text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))""")
            assert smallest >= 9


class TestElsewhere:
    def test_in_a_sandboxed_frame(self, browser, expression):
        context = browser.new_context()
        tab, said = context.new_page(), []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.set_content(f"<!doctype html><title>notebook</title>{step(expression)._repr_html_()}")
        frame = tab.frame_locator("iframe")
        frame.locator("#truth.good").wait_for()
        frame.locator("#prev").click()
        assert frame.locator("#number").input_value() == str(len(steps_of(expression)) - 2)
        context.close()
        assert not said

    def test_hostile_labels(self, opened):
        script, image = "</script><script>document.title = 'taken'</script>", "<img src=x onerror=\"document.title='taken'\">"
        for label in (script, image, "語" * 40):
            x = Value(2.0, label=label)
            y = x * x
            y.backward()
            tab = opened(step(y, title=label))
            assert tab.title() != "taken" and "✓" in tab.text_content("#truth")
            assert tab.text_content("#n0 .title") == record_of(y).name(0)
            assert violations(tab) == []


def test_public():
    assert viz.step is step
