"""Any scene at all, sampled or not: shapes may touch, overlap, repeat and share a row."""

from hypothesis import strategies as st

from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, KINDS, RADIUS, SIZES, Scene, Shape


@st.composite
def shapes(draw, colours=tuple(COLOURS), kinds=KINDS):
    size = draw(st.sampled_from(SIZES))
    place = st.integers(RADIUS[size], CANVAS - RADIUS[size])
    kind, colour = draw(st.sampled_from(kinds)), draw(st.sampled_from(colours))
    return Shape(kind, colour, size, draw(place), draw(place))


def scenes(**choices):
    """Return a strategy of scenes; few colours and kinds make shapes that are alike."""
    return st.builds(
        Scene, st.lists(shapes(**choices), min_size=1, max_size=4), st.sampled_from(tuple(BACKGROUNDS))
    )


alike = scenes(colours=("red", "orange"), kinds=("circle", "cross"))
