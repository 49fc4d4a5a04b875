"""Draw mmlab/world/letters.npz again from the DejaVu fonts that matplotlib brings.

Run by hand, when a letter is to be added: python tests/world/draw_letters.py. The
package never runs a font engine; it reads what this wrote.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

EM = 128
FACES = {"sans": "DejaVuSans", "bold": "DejaVuSans-Bold", "mono": "DejaVuSansMono"}
CHARACTERS = "".join(map(chr, range(32, 127))) + "£€°×·–é✓•"


def main():
    """Write each letter's fine bitmap (1 bit a sample), left edge, top edge and advance."""
    import matplotlib

    fonts = Path(matplotlib.get_data_path(), "fonts/ttf")
    bits, boxes, advances = [], [], []
    for name in FACES.values():
        font = ImageFont.truetype(fonts / f"{name}.ttf", EM, layout_engine=ImageFont.Layout.BASIC)
        for character in CHARACTERS:
            picture = Image.new("L", (3 * EM, 3 * EM))
            ImageDraw.Draw(picture).text((EM, 2 * EM), character, 255, font, anchor="ls")
            ink = np.array(picture) >= 128
            left, top, right, bottom = picture.point(lambda v: 255 * (v >= 128)).getbbox() or (EM, EM, EM, EM)
            bits.append(ink[top:bottom, left:right].reshape(-1))
            boxes.append((left - EM, top - 2 * EM, right - left, bottom - top))
            advances.append(round(font.getlength(character)))
    shape = (len(FACES), len(CHARACTERS))
    np.savez_compressed(
        Path(__file__).parents[2] / "mmlab/world/letters.npz",
        characters=np.array(list(map(ord, CHARACTERS)), np.int32),
        bits=np.packbits(np.concatenate(bits)),
        boxes=np.array(boxes, np.int16).reshape(*shape, 4),
        advances=np.array(advances, np.int16).reshape(shape),
    )


if __name__ == "__main__":
    main()
