"""Images per second: our renderer, the same scenes drawn with Pillow, and the demand of training.

Measured on one thread, in turns, in CPU seconds, which other processes affect little.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

TARGET = 2.5  # times Pillow's speed, median of the rounds
SUPERSAMPLING = 4
BATCH = 128


def measure(rounds: int = 9, pictures: int = 1024, sizes: Sequence[int] = (32, 48)) -> dict:
    """Return the speeds and their ratios.

    rounds    number of turns of each side
    pictures  number of images per turn, of scenes with one to four shapes
    sizes     pixels along a side
    returns   {"threads", "target", "ok", "sizes": {size: {"ours", "pillow" (images per second),
              "ratio", "least_ratio" (minimum of the rounds), "difference" (mean, in units of 1/255)}},
              "training": see `training`; None without torch}
    """
    from mmlab.world import sample

    scenes = sample(pictures)
    by_size = {str(size): compare(scenes, size, rounds) for size in sizes}
    return {
        "threads": 1,
        "target": TARGET,
        "ok": all(figures["ratio"] >= TARGET for figures in by_size.values()),
        "sizes": by_size,
        "training": training(),
    }


def compare(scenes: Sequence, size: int, rounds: int) -> dict[str, float]:
    """Return images per second of `render` and of Pillow, measured in turns, and the ratio."""
    from mmlab.world import render

    ours, theirs = render(scenes, size), drawn_with_pillow(scenes, size)
    seconds = [(spent(render, scenes, size), spent(drawn_with_pillow, scenes, size)) for _ in range(rounds)]
    ratios = [pillow / own for own, pillow in seconds]
    own, pillow = (statistics.median(side) for side in zip(*seconds, strict=True))
    return {
        "ours": round(len(scenes) / own),
        "pillow": round(len(scenes) / pillow),
        "ratio": round(statistics.median(ratios), 2),
        "least_ratio": round(min(ratios), 2),
        "difference": round(float(np.abs(ours.astype(int) - theirs).mean()), 2),
    }


def spent(function: Callable, *arguments: Any) -> float:
    """Return the CPU seconds of one call."""
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


def drawn_with_pillow(scenes: Sequence, size: int) -> np.ndarray:
    """Return images (n, size, size, 3) uint8, drawn large by Pillow and averaged down."""
    from PIL import Image, ImageDraw

    from mmlab.world.scene import BACKGROUNDS, CANVAS, COLOURS, RADIUS

    side = size * SUPERSAMPLING
    scale = side / CANVAS
    images = np.empty((len(scenes), size, size, 3), np.uint8)
    for row, scene in enumerate(scenes):
        image = Image.new("RGB", (side, side), BACKGROUNDS[scene.background])
        draw = ImageDraw.Draw(image)
        for shape in scene.shapes:
            centre = (shape.x * scale, shape.y * scale)
            background = BACKGROUNDS[scene.background]
            _draw(draw, shape.kind, centre, RADIUS[shape.size] * scale, COLOURS[shape.colour], background)
        images[row] = image.reduce(SUPERSAMPLING)
    return images


def _draw(draw: Any, kind: str, centre: tuple, radius: float, ink: tuple, background: tuple) -> None:
    """Draw one shape; a ring's hole is painted in the background's colour."""
    from mmlab.world import glyphs

    x, y = centre

    def corners(outline):
        # Pillow also fills the pixel under a corner, so the corners move by half a pixel.
        return [(x + a * radius / 1000 - 0.5, y + b * radius / 1000 - 0.5) for a, b in outline]

    if kind in ("circle", "ring"):
        holes = ((glyphs.DISC, ink), (glyphs.HOLE, background))[: 1 + (kind == "ring")]
        for part, colour in holes:
            draw.ellipse(corners(((-part, -part), (part, part))), fill=colour)
    for outline in glyphs.OUTLINES.get(kind, ()):
        draw.polygon(corners(outline), fill=ink)


def training(steps: int = 12) -> dict[str, float] | None:
    """Return how many images per second CLIP training on one thread uses.

    returns  {"batch", "pictures" (images per second, at 32 px), "world" (scenes with image and caption
             that the world makes per second), "share" (of a step's time, for making its batch)},
             or None without torch
    """
    try:
        import torch
    except ImportError:
        return None
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        step = _clip_step()
        batches = [_batch(seed) for seed in range(steps)]
        step(*batches[0])
        stepping = sum(spent(step, *batch) for batch in batches)
    finally:
        torch.set_num_threads(threads)
    making = statistics.median(spent(_batch, seed) for seed in range(steps)) * steps
    return {
        "batch": BATCH,
        "pictures": round(BATCH * steps / stepping),
        "world": round(BATCH * steps / making),
        "share": round(making / (making + stepping), 3),
    }


def _batch(seed: int) -> tuple[np.ndarray, list[str]]:
    """Return one newly made batch of images and captions."""
    from mmlab.world import caption, render, sample

    scenes = sample(BATCH, seed=seed, shapes=(1, 1))
    return render(scenes), [caption(scene) for scene in scenes]


def _clip_step() -> Callable[[np.ndarray, list[str]], None]:
    """Return a function that takes one training step of the course's CLIP."""
    import torch

    from mmlab.losses import contrastive_loss_of_logits
    from mmlab.models import clip, text
    from mmlab.world import vocabulary

    tokenizer = text.WordTokenizer(vocabulary())
    model = clip.small(tokenizer.vocabulary_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step(pictures: np.ndarray, captions: list[str]) -> None:
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
        optimizer.zero_grad()
        contrastive_loss_of_logits(model(pixels, tokenizer(captions))).backward()
        optimizer.step()

    return step
