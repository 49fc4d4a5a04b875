"""Documents back from their pictures: every text, number, state and difference, from pixels alone."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmlab.errors import InputError
from mmlab.perception import read_page, read_text
from mmlab.perception.chart import read_chart
from mmlab.perception.code import read_code
from mmlab.perception.differences import differences
from mmlab.perception.faces import read_faces
from mmlab.perception.screen import read_screen
from mmlab.perception.slant import slant_of
from mmlab.world.documents import (
    APPLICATIONS,
    CHARTS,
    SUBJECTS,
    before_after,
    chart,
    click,
    code_page,
    contract,
    degraded,
    draw,
    enter,
    faces,
    form,
    in_lines,
    invoice,
    menu,
    pdf,
    pdf_pages,
    press,
    receipt,
    screen,
    screenshot,
)

PAGES = {"invoice": invoice, "receipt": receipt, "menu": menu, "form": form, "contract": contract}
SEEDS = st.integers(0, 2**40)
few = settings(max_examples=4, deadline=None)
repetition = pytest.mark.repetition


def on(few: int, many: int):
    """Return a decorator: a test gets `few` as `examples`, and as a repetition `many`."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=repetition)])


def holds(check, examples: int, *strategies) -> None:
    """Run a property on so many examples."""
    settings(max_examples=examples, deadline=None)(given(*strategies)(check))()


@pytest.mark.parametrize("kind", PAGES)
@few
@given(seed=SEEDS)
def test_a_pages_texts_come_back_with_their_boxes(kind, seed):
    page = PAGES[kind](seed)
    lines = read_page(page.image)
    assert in_lines(lines) == page.text and all(line.sure == 1 for line in lines)
    printed = {(one.text, one.box) for one in page.layout}
    assert {(line.text, line.box) for line in lines} <= printed


@pytest.mark.parametrize("kind", PAGES)
def test_small_print_and_large_prints_are_read(kind):
    for options in ({"small": True, "scale": 2}, {"scale": 3}):
        page = PAGES[kind](5, **options)
        assert read_text(page.image) == "\n".join(page.text)


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize(
    ("slant", "noise"),
    [(16, 0), (30, 16), *(pytest.param(*how, marks=repetition) for how in ((-48, 0), (0, 24)))],
)
def test_worn_pages_are_read_too(kind, slant, noise):
    page = degraded(PAGES[kind](1), slant=slant, noise=noise)
    assert read_text(page.image) == "\n".join(page.text)
    if not noise:
        assert {(line.text, line.box) for line in read_page(page.image)} <= {
            (one.text, one.box) for one in page.layout
        }


@pytest.mark.parametrize("kind", PAGES)
def test_compressed_pages_are_read_too(kind):
    page, file = PAGES[kind](2), io.BytesIO()
    Image.fromarray(page.image).save(file, "JPEG", quality=85)
    assert read_text(np.array(Image.open(file))) == "\n".join(page.text)


@on(8, 40)
def test_a_slant_is_measured_exactly(examples):
    def exact(kind, seed, slant, noise):
        if abs(slant) < 4:  # fewer than two steps on a narrow page
            slant = 0
        assert slant_of(degraded(PAGES[kind](seed), slant=slant, noise=noise).image) == slant

    holds(exact, examples, st.sampled_from(list(PAGES)), SEEDS, st.integers(-48, 48), st.integers(0, 40))


@on(2, 8)
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind == "pie")) for kind in CHARTS]
)
def test_a_charts_data_come_back(kind, examples):
    def same(seed):
        page = chart(seed, kind)
        assert read_chart(page.image) == page.fields

    holds(same, examples, SEEDS)


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=repetition) for seed in range(8, 40))]
)
def test_the_first_charts_come_back(seed):
    page = chart(seed)
    assert read_chart(page.image) == page.fields


@few
@given(SEEDS)
def test_a_program_comes_back_with_its_blanks(seed):
    page = code_page(seed)
    assert read_code(page.image) == page.fields["code"]


@pytest.mark.parametrize("application", APPLICATIONS)
@few
@given(seed=SEEDS)
def test_a_screen_comes_back(application, seed):
    page = screenshot(seed, application)
    assert read_screen(page.image) == page.fields


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 2))
def test_faces_come_back_and_nothing_else(seed, scale):
    page = faces(seed, scale=scale)
    found = read_faces(page.image)
    assert len(found) == len(page.fields["faces"])
    for one in page.fields["faces"]:
        assert min(max(abs(a - b) for a, b in zip(one, other)) for other in found) <= 5 * scale


@on(1, 4)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_differences_come_back(subject, examples):
    def same(seed):
        pair = before_after(seed, subject)
        woken = sum(one.what == "Continue" for one in pair.differences)
        assert 1 <= len(pair.differences) - woken <= 3 and not np.array_equal(pair.before, pair.after)
        assert differences(pair.before, pair.after) == pair.differences
        assert differences(pair.before, pair.before) == ()

    holds(same, examples, SEEDS)


def test_readers_know_what_is_not_theirs():
    for page in (invoice(1), faces(1)):
        assert read_chart(page.image) is None and read_code(page.image) is None
    assert read_screen(receipt(1).image) is None and read_faces(invoice(1).image) == []
    blank = np.full((60, 90, 3), 255, np.uint8)
    assert (
        read_page(blank) == []
        and read_chart(blank) is None
        and read_screen(blank) is None
        and read_code(blank) is None
    )


# What clicks and keys do.


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.sampled_from(APPLICATIONS))
def test_a_click_presses_what_lies_under_it(seed, application):
    shown = screen(seed, application)
    for one in draw(shown).fields["elements"]:
        left, top, right, bottom = one["box"]
        after = click(shown, (left + right) // 2, (top + bottom) // 2)
        assert after == press(shown, one["role"], one["label"])
        if one["role"] in ("checkbox", "toggle"):
            states = {(other.role, other.label): other.state for other in after.elements}
            assert {states[one["role"], one["label"]], one["state"]} == {"on", "off"}
        elif one["role"] == "tab":
            assert after.chosen == one["label"]
    assert click(shown, 795, 555) == shown


def test_a_form_that_is_filled_in_can_be_sent():
    for seed in range(6):
        shown = screen(seed, "checkout")
        for one in shown.elements:
            if one.role == "field":
                shown = enter(shown, one.label, "x")
        assert press(shown, "button", "Continue").message == "Continue: done"
        assert press(enter(shown, "Name", ""), "button", "Continue").message == ""
    with pytest.raises(InputError, match="no field 'Age'"):
        enter(shown, "Age", "3")


# Files.


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(PAGES)), SEEDS), min_size=1, max_size=3))
def test_pages_come_back_from_a_pdf(chosen):
    pages = [PAGES[kind](seed) for kind, seed in chosen]
    data = pdf(pages)
    assert data == pdf([page.image for page in pages])
    back = pdf_pages(data)
    assert len(back) == len(pages) and all(np.array_equal(one, page.image) for one, page in zip(back, pages))


def test_a_pdf_of_pillow_is_read():
    page = receipt(3)
    file = io.BytesIO()
    Image.fromarray(page.image).save(file, "PDF", quality=95)
    (back,) = pdf_pages(file.getvalue())
    assert back.shape == page.image.shape and np.abs(back.astype(int) - page.image).mean() < 6


SMALL = pdf([np.arange(60, dtype=np.uint8).reshape(4, 5, 3)])


DAMAGED = [
    b"",
    b"%PDF-1.4",
    SMALL[:-9],
    SMALL[1:],
    SMALL.replace(b"Image", b"Thing"),
    SMALL.replace(b"FlateDecode", b"LZWDecode  "),
    SMALL.replace(b"Width 5", b"Width 9"),
    SMALL.replace(b"Width 5/Height 4", b"Width 99999/Height 99999"),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_pdf_is_named(data):
    with pytest.raises(InputError, match="pdf_pages"):
        pdf_pages(data)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=4))
def test_any_damage_is_an_input_error_or_pages(at, planted):
    try:
        pages = pdf_pages(SMALL[:at] + planted + SMALL[at + len(planted) :])
    except InputError:
        return
    assert all(page.ndim == 3 and page.dtype == np.uint8 for page in pages)


def test_only_pictures_make_a_pdf():
    for pages in ([], [np.zeros((4, 5))], [np.zeros((4, 5, 3))]):
        with pytest.raises(InputError, match="pdf:"):
            pdf(pages)
