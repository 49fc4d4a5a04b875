"""Readers: the world back from its pictures and sounds, by looking at them alone.

    scene    shapes, colours and places from a picture
    page     printed texts with their boxes
    slant    how far a page is slanted
    code     a program from the screenshot of an editor
    heads    drawn faces
    chart    the numbers of a chart
    screen   an application's state
    differences  what is not as it was
    film     what happens in a film
    speech   spoken words
    listening  a stretch of sound as one voice would have said it
    voices   how the phones of each voice sound

Each gives exactly what was drawn, on what the world drew; on anything else it
says what it is most like, and how sure that is, or that it knows nothing of it.
"""

from mmlab.world.readers.page import Line, read_page, read_text
from mmlab.world.readers.scene import Seen, Sight, look, read_scene

__all__ = ["Line", "Seen", "Sight", "look", "read_page", "read_scene", "read_text"]
