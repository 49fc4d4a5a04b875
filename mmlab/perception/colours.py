"""Name a colour by the nearest known colour; exact for the colours of the world.

The known colours include the CSS and Pillow colours of the same names, so that a
shape drawn with Pillow's "orange" is orange too.
"""

import numpy as np

from mmlab.world.scene import BACKGROUNDS, COLOURS

# Other colours with the names that the world uses, as CSS and Pillow define them.
_ALSO = {
    "red": ((255, 0, 0), (220, 20, 60), (139, 0, 0), (205, 70, 60)),
    "orange": ((255, 165, 0), (255, 140, 0), (210, 105, 30)),
    "yellow": ((255, 255, 0), (255, 215, 0), (240, 230, 140)),
    "green": ((0, 128, 0), (0, 255, 0), (34, 139, 34), (144, 238, 144), (85, 107, 47)),
    "cyan": ((0, 255, 255), (173, 216, 230), (0, 191, 255), (64, 224, 208), (0, 139, 139)),
    "blue": ((0, 0, 255), (30, 144, 255), (65, 105, 225), (0, 0, 128), (70, 130, 180)),
    "purple": ((128, 0, 128), (75, 0, 130), (138, 43, 226), (255, 0, 255), (186, 85, 211)),
    "pink": ((255, 192, 203), (255, 105, 180), (250, 128, 114), (255, 20, 147)),
    "black": ((0, 0, 0), (40, 40, 40)),
    "grey": ((128, 128, 128), (105, 105, 105), (160, 160, 160), (50, 60, 70)),
    "white": ((255, 255, 255), (220, 220, 220), (245, 245, 220)),
}
_NAMES, _VALUES = zip(
    *((name, value) for name, value in (COLOURS | BACKGROUNDS).items()),
    *((name, value) for name, values in _ALSO.items() for value in values),
    strict=True,
)
_VALUES = np.array(_VALUES, np.int64)


def colour_name(rgb) -> tuple[str, float]:
    """Return the name of the nearest known colour and the distance to it.

    rgb      three numbers, 0 to 255
    returns  (a key of COLOURS or BACKGROUNDS, distance in RGB; 0 for the world's own colours)

    >>> colour_name((172, 2, 0)), colour_name((255, 165, 0))[0]
    (('red', 0.0), 'orange')
    """
    far = ((_VALUES - np.asarray(rgb, np.int64)) ** 2).sum(axis=1)
    nearest = int(far.argmin())
    return _NAMES[nearest], float(far[nearest]) ** 0.5
