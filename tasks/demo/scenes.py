"""The demo's pictures, drawn when they are first wanted: landscapes of gradients, light
and layered ridges. The same seed draws the same picture."""

import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Colour = tuple[int, int, int]
FINE = 2  # ridges are drawn so many times larger, for smooth edges


@dataclass(frozen=True, slots=True)
class Light:
    """Sun or moon. Place and radius are parts of the picture's width and height."""

    x: float
    y: float
    radius: float
    colour: Colour
    glow: float = 0.5


@dataclass(frozen=True, slots=True)
class Ridge:
    """A layer of land. `base` and `height` are parts of the picture's height."""

    base: float
    height: float
    colour: Colour
    foot: Colour
    sharp: float = 0.5
    """0 = dunes, 1 = peaks."""
    trees: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    seed: int
    size: tuple[int, int]
    sky: Sequence[Colour]
    light: Light
    ridges: Sequence[Ridge]
    stars: int = 0
    water: float = 1.0
    """Below this part of the height the picture is mirrored; 1 = no water."""


def draw(scene: Scene) -> bytes:
    """Return the scene as a JPEG."""
    rng = random.Random(scene.seed)  # noqa: S311 - a landscape, not a secret
    image = _gradient(scene.size, scene.sky)
    if scene.stars:
        _add_stars(image, scene.stars, rng)
    _add_light(image, scene.light)
    for ridge in scene.ridges:
        _add_ridge(image, ridge, rng)
    if scene.water < 1:
        _add_water(image, scene.water, rng)
    out = io.BytesIO()
    _grained(image).save(out, "JPEG", quality=88)
    return out.getvalue()


def _gradient(size: tuple[int, int], stops: Sequence[Colour]) -> Image.Image:
    column = Image.new("RGB", (1, 256))
    for y in range(256):
        place = y / 255 * (len(stops) - 1)
        low = min(int(place), len(stops) - 2)
        column.putpixel((0, y), _mix(stops[low], stops[low + 1], place - low))
    return column.resize(size, Image.Resampling.BICUBIC)


def _mix(a: Colour, b: Colour, part: float) -> Colour:
    red, green, blue = (round(x + (y - x) * part) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _add_stars(image: Image.Image, count: int, rng: random.Random) -> None:
    width, height = image.size
    sky = Image.new("L", image.size)
    pen = ImageDraw.Draw(sky)
    for _ in range(count):
        x, y = rng.random() * width, rng.random() ** 1.4 * height
        radius = rng.choice((0.3, 0.3, 0.5, 0.9))
        box = (x - radius, y - radius, x + radius, y + radius)
        pen.ellipse(box, fill=rng.randrange(50, 255))
    soft = sky.filter(ImageFilter.GaussianBlur(1.6))
    image.paste((235, 240, 255), mask=ImageChops.lighter(sky, soft))


def _add_light(image: Image.Image, light: Light) -> None:
    width, height = image.size
    x, y, radius = light.x * width, light.y * height, light.radius * min(image.size)
    for reach, strength in ((9.0, 0.45), (4.0, 0.55), (1.8, 0.6)):
        glow = _disc(image.size, x, y, radius * reach, blur=radius * reach / 2.2)
        amount = strength * light.glow
        image.paste(light.colour, mask=glow.point(lambda v, a=amount: v * a))
    core = _mix(light.colour, (255, 255, 255), 0.75)
    image.paste(core, mask=_disc(image.size, x, y, radius, blur=1.5))


def _disc(
    size: tuple[int, int], x: float, y: float, radius: float, *, blur: float
) -> Image.Image:
    """A soft disc as a mask; drawn small when it is so soft that nobody can tell."""
    scale = 8 if blur > 16 else 1
    mask = Image.new("L", (size[0] // scale, size[1] // scale))
    box = [(v / scale) for v in (x - radius, y - radius, x + radius, y + radius)]
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(blur / scale))
    return soft.resize(size, Image.Resampling.BICUBIC) if scale > 1 else soft


def _add_ridge(image: Image.Image, ridge: Ridge, rng: random.Random) -> None:
    width, height = image.size
    line = _skyline(ridge, rng, points=width * FINE // 4)
    mask = Image.new("L", (width * FINE, height * FINE))
    pen = ImageDraw.Draw(mask)
    step = width * FINE / (len(line) - 1)
    edge = [(i * step, y * height * FINE) for i, y in enumerate(line)]
    pen.polygon([*edge, (width * FINE, height * FINE), (0, height * FINE)], fill=255)
    for _ in range(ridge.trees):
        _add_tree(pen, rng.choice(edge), rng.uniform(0.05, 0.11) * height * FINE, rng)
    smooth = mask.reduce(FINE)
    top = (smooth.getbbox() or (0, 0))[1]
    land = _gradient((width, height - top), (ridge.colour, ridge.foot))
    image.paste(land, (0, top), smooth.crop((0, top, width, height)))


def _skyline(ridge: Ridge, rng: random.Random, *, points: int) -> list[float]:
    """Heights from left to right: waves, the finer the lower, more of them on rock."""
    waves = [
        (2**octave, rng.random() * math.tau, (0.35 + 0.25 * ridge.sharp) ** octave)
        for octave in range(1 + round(7 * ridge.sharp))
    ]
    line = [
        sum(
            size * _wave(math.tau * often * i / points * 0.8 + phase, ridge.sharp)
            for often, phase, size in waves
        )
        for i in range(points + 1)
    ]
    low, span = min(line), max(line) - min(line)
    return [ridge.base - ridge.height * (y - low) / span for y in line]


def _wave(angle: float, sharp: float) -> float:
    """Between a sine and its folded, pointed sister."""
    folded = 1 - 2 * abs(math.sin(angle / 2 + 0.7))
    return math.sin(angle) * (1 - sharp) + folded * sharp


def _add_tree(
    pen: ImageDraw.ImageDraw,
    foot: tuple[float, float],
    height: float,
    rng: random.Random,
) -> None:
    """A fir: tiers that widen downwards."""
    x, y = foot
    y += height * 0.2
    lean = rng.uniform(0.9, 1.2)
    for tier in range(6):
        top = y - height * (1 - tier / 7)
        half = height * 0.035 * (tier + 1.6) * lean
        pen.polygon(
            [
                (x, top - height * 0.08),
                (x - half, top + height * 0.2),
                (x + half, top + height * 0.2),
            ],
            fill=255,
        )


def _add_water(image: Image.Image, part: float, rng: random.Random) -> None:
    width, height = image.size
    shore = int(height * part)
    depth = height - shore
    mirror = ImageOps.flip(image.crop((0, max(0, shore - 2 * depth), width, shore)))
    # Wider than the picture, so that ripples do not push its edges into view.
    mirror = mirror.resize((width + 64, depth), Image.Resampling.BICUBIC)
    mirror = mirror.filter(ImageFilter.GaussianBlur(2))
    mirror = Image.blend(mirror, Image.new("RGB", mirror.size, (12, 28, 54)), 0.16)
    water = _rippled(mirror, rng).crop((32, 0, width + 32, depth))
    image.paste(water, (0, shore))


def _rippled(water: Image.Image, rng: random.Random) -> Image.Image:
    """Rows pushed sideways, farther the nearer they are."""
    width, height = water.size
    out = water.copy()
    phase = rng.random() * math.tau
    for y in range(0, height, 2):
        near = y / height
        sway = math.sin(phase + 190 * math.sqrt(near + 0.02)) + rng.uniform(-0.6, 0.6)
        row = water.crop((0, y, width, y + 2))
        out.paste(ImageChops.offset(row, round((2 + 14 * near) * sway), 0), (0, y))
    return out.filter(ImageFilter.GaussianBlur(1.2))


def _grained(image: Image.Image) -> Image.Image:
    """A little noise, so that wide gradients show no bands."""
    noise = Image.effect_noise(image.size, 10).convert("RGB")
    return Image.blend(image, ImageChops.overlay(image, noise), 0.35)
