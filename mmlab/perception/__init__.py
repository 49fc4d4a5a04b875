"""Readers: recover the content of images, audio and video of the world from pixels and samples alone.

    scene         shapes with their colours and positions, from an image
    page          printed text with its boxes
    slant         the slant of a page
    code          a program, from the screenshot of an editor
    faces         drawn faces
    form          the tick boxes of a form
    chart         the data of a chart
    screen        the state of an application
    differences   the changes between two images
    video         the events in a video
    speech        spoken words
    noisy_text    lines of text that compression or noise has changed
    segmentation  panels and the ink on them
    listening     an audio segment, matched with one voice
    voices        band energies of the phones of each voice

On images and audio that the world made, the result is exact. On any other input, a
reader returns the most similar content with its confidence, or nothing.
"""

from mmlab.perception.page import Line, read_page, read_text
from mmlab.perception.scene import Seen, Sight, look, read_scene

__all__ = ["Line", "Seen", "Sight", "look", "read_page", "read_scene", "read_text"]
