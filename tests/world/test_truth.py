"""The judge of captions agrees with brute force, and names what it cannot read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_oracle import APART, brute_force
from mmlab import world
from mmlab.errors import InputError
from scene_strategies import alike, scenes

seeds = st.integers(-(2**70), 2**70)
styles = st.sampled_from(world.STYLES)
SORTS = [
    world.SIZES,
    tuple(world.COLOURS),
    tuple(world.BACKGROUNDS),
    (*world.KINDS, "shape"),
    ("circles", "squares", "triangles", "crosses", "stars", "rings", "shapes"),
    ("a", "one"),
    ("two", "three", "four"),
    ("left", "right"),
    ("above", "below"),
]


@st.composite
def altered(draw, text):
    """A caption with one to three words replaced by others of their sort."""
    parts = text.split()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(parts) - 1))
        for sort in SORTS:
            if parts[place] in sort and parts[place + 1 : place + 2] != ["picture"]:
                parts[place] = draw(st.sampled_from(sort))
                break
    # "one picture of ..." and "on one grey background" are outside the grammar.
    text = re.sub(r"^one (?=picture|image|drawing|black|grey|white)", "a ", " ".join(parts))
    return text.replace("on one ", "on a ")


@st.composite
def written(draw):
    """A caption straight from the grammar, about few colours and kinds."""

    def mention():
        number = draw(st.sampled_from(["a", "a", "a", "one", "two"]))
        size = draw(st.sampled_from(["", "", "small ", "large "]))
        colour = draw(st.sampled_from(["", "red ", "orange "]))
        nouns = ("circle", "circles"), ("cross", "crosses"), ("shape", "shapes")
        return f"{number} {size}{colour}{draw(st.sampled_from(nouns))[number == 'two']}"

    def relation():
        return draw(st.sampled_from(["", "is "])) + draw(st.sampled_from(sorted(APART)))

    def clause():
        related = [f"{relation()} {mention()}" for _ in range(draw(st.integers(0, 2)))]
        return " ".join([mention(), " and ".join(related)]).strip()

    body = " and ".join(clause() for _ in range(draw(st.integers(1, 2))))
    return body + draw(st.sampled_from(["", "", " on a grey background"]))


@settings(max_examples=500, deadline=None)
@given(scenes() | alike, styles, seeds, st.data())
def test_judging_an_altered_caption_equals_brute_force(scene, style, seed, data):
    text = data.draw(altered(world.caption(scene, style, seed)))
    assert world.satisfies(scene, world.parse(text)) == brute_force(scene, text), text


@settings(max_examples=600, deadline=None)
@given(alike, written())
def test_judging_a_caption_of_any_origin_equals_brute_force(scene, text):
    assert world.satisfies(scene, world.parse(text)) == brute_force(scene, text), text


def test_the_comparison_with_brute_force_meets_both_verdicts():
    verdicts = {True: 0, False: 0}
    for scene in world.sample(300, seed=8, shapes=(2, 4)):
        text = world.caption(scene, "relations", 1)
        for old, new in (("left", "right"), ("above", "below"), ("small", "large"), ("a ", "a ")):
            claim = text.replace(old, new)
            verdict = world.satisfies(scene, world.parse(claim))
            assert verdict == brute_force(scene, claim)
            verdicts[verdict] += 1
    assert min(verdicts.values()) > 100


@pytest.fixture
def three():
    """A large red circle upper left, a small red circle upper right, a blue ring below."""
    return world.Scene(
        [
            world.Shape("circle", "red", "large", 24, 24),
            world.Shape("circle", "red", "small", 72, 24),
            world.Shape("ring", "blue", "small", 24, 72),
        ],
        "grey",
    )


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("a red circle", True),
        ("one red circle", False),
        ("two red circles", True),
        ("three red circles", False),
        ("two circles on a black background", False),
        ("three shapes", True),
        ("a shape and a shape and a shape and a shape", False),
        ("a red circle left of a red circle", True),
        ("a small red circle left of a large red circle", False),
        ("a small red circle to the right of a large red circle", True),
        ("two red circles above a blue ring", True),
        ("two red circles right of a blue ring", False),
        ("a red circle left of a circle and above a ring", True),
        ("a red circle right of a circle and above a ring and a blue shape", False),
        ("a small circle right of a large circle and right of a ring", True),
        ("a large circle left of a small circle and right of a ring", False),
        ("A blue ring is below a red circle.", True),
        ("a small ring above a circle", False),
        ("a grey background", True),
        ("this picture shows two circles and one ring", True),
    ],
)
def test_claims_about_three_shapes(three, text, true):
    assert world.satisfies(three, world.parse(text)) is true
    assert brute_force(three, text) is true


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a red blob", "word 3 of 3 is 'blob'"),
        ("a teal circle on a puce background", "word 2 of 7 is 'teal'"),
        ("a red red circle", "word 3 of 4 is 'red'"),
        ("a circle red", "word 3 of 3 is 'red'"),
        ("five circles", "word 1 of 2 is 'five'"),
        ("3 circles", "word 1 of 2 is '3'"),
        ("red circle", "word 1 of 2 is 'red'"),
        ("a red circle on a red background", "word 6 of 7 is 'red'"),
        ("a circle beside a ring", "word 3 of 5 is 'beside'"),
        ("a circle left a ring", "word 4 of 5 is 'a'"),
        ("a circle and", "ends after 'and'"),
        ("on a grey background there is", "ends after 'is'"),
        ("on a grey background there is a ring on a grey background", "word 9 of 12 is 'on'"),
        ("a grey background with", "ends after 'with'"),
        ("a circle is above a ring is above a star", "word 7 of 10 is 'is'"),
        ("", "without words"),
        (" ?! ", "without words"),
        (7, "a int instead of a text"),
    ],
)
def test_a_caption_outside_the_grammar_is_refused_at_its_first_strange_word(text, word):
    with pytest.raises(InputError) as caught:
        world.parse(text)
    assert word in str(caught.value) and "try:" in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(world.vocabulary()), max_size=12) | st.text())
def test_any_text_is_read_or_refused(text):
    try:
        read = world.parse(text if isinstance(text, str) else " ".join(text))
    except InputError:
        return
    assert isinstance(read, world.Constraints)


def test_a_text_that_was_not_parsed_is_refused():
    with pytest.raises(InputError, match="parse"):
        world.satisfies(world.sample(1)[0], "a red circle")
