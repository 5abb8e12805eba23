"""Reading a film: PNG, JPEG or DICOM, told by its content. Pixels go on; names and numbers in the file stay behind."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import UnreadableFilm

MOST_BYTES = 60_000_000
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2000  # of the picture that is shown; larger films are made smaller, with their scale
DICOM_MARK = b"DICM"
DEFLATED = b"1.2.840.10008.1.2.1.99"  # a whole file under one compression: small to send, without bound once open
MOST_STRETCH = 4.0  # a pixel longer than this to one side is a slip in the file
Pixels = npt.NDArray[np.uint8]

CALIBRATED = "the file says how large a pixel is on the body"
AT_DETECTOR = "the file says how large a pixel is on the detector; on the body it is smaller: lengths are a little too large"
UNCERTAIN = (
    "the file does not say whether a pixel is measured on the body or on the detector: lengths may be a little too large"
)
UNSCALED = "the file does not say how large a pixel is: draw a line of known length"
TOO_LARGE = f"this picture has more than {MOST_PIXELS // 1_000_000} million pixels. Export the part with the segment."
NO_PICTURE = (
    "this DICOM file holds no picture that can be read here: it is damaged, or compressed in a way that is not known."
    " Export it uncompressed, or as PNG."
)


@dataclass(frozen=True)
class Film:
    """One picture to place points on. `mm_per_pixel` None: not known from the file."""

    png: bytes
    width: int
    height: int
    mm_per_pixel: float | None
    spacing_from: str


def read_film(data: bytes) -> Film:
    """The picture in a file. Raises UnreadableFilm with what is wrong and what to do; the file's name plays no part."""
    if len(data) > MOST_BYTES:
        raise UnreadableFilm(f"this file is larger than {MOST_BYTES // 1_000_000} MB. Export one film by itself.")
    if not data:
        raise UnreadableFilm("this file is empty. Choose the film again.")
    return _dicom(data) if data[128:132] == DICOM_MARK else _picture(data)


# ------------------------------------------------------------------------------------------------------------ PNG, JPEG


def _picture(data: bytes) -> Film:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            _refuse_large(image.width, image.height)
            upright = ImageOps.exif_transpose(image)
            grey = _eight_bits(np.asarray(upright)) if upright.mode.startswith("I") else np.asarray(upright.convert("L"))
    except UnreadableFilm:
        raise
    except UnidentifiedImageError:
        raise UnreadableFilm("this is neither PNG, JPEG nor DICOM. Export the film in one of these.") from None
    except Image.DecompressionBombError:
        raise UnreadableFilm(TOO_LARGE) from None
    except Exception:  # a stranger's bytes make a reader raise nearly anything; the answer is the same
        raise UnreadableFilm("this picture is damaged or cut short. Export it again.") from None
    return _film(grey, None, UNSCALED)


def _refuse_large(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UnreadableFilm(TOO_LARGE)


# ----------------------------------------------------------------------------------------------------------------- DICOM


def _dicom(data: bytes) -> Film:
    import pydicom

    if DEFLATED in data:
        raise UnreadableFilm(NO_PICTURE)
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        if int(dataset.get("NumberOfFrames") or 1) > 1:
            raise UnreadableFilm("this DICOM file holds several pictures. Export the one film by itself.")
        _refuse_large(int(dataset.Columns), int(dataset.Rows))
        grey, (spacing, said) = _window(dataset), _spacing(dataset)
    except UnreadableFilm:
        raise
    except Exception:  # a stranger's bytes make a reader raise nearly anything; the answer is the same
        raise UnreadableFilm(NO_PICTURE) from None
    return _film(grey, None, said) if spacing is None else _film(_squared(grey, spacing), spacing[1], said)


def _window(dataset: Any) -> Pixels:
    """Grey as a reader would see it: rescaled, windowed, and white on black."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    raw = dataset.pixel_array
    if raw.ndim == 3:
        raw = raw.mean(axis=2)
    grey = _eight_bits(apply_voi_lut(apply_modality_lut(raw, dataset), dataset))
    return 255 - grey if dataset.get("PhotometricInterpretation") == "MONOCHROME1" else grey


def _spacing(dataset: Any) -> tuple[tuple[float, float] | None, str]:
    """Millimetres from row to row and from column to column, and where they hold.

    A file may repeat the size at the detector as the size on the body: then nobody has calibrated it (DICOM PS3.3, 10.7.1.1).
    """
    on_body = _pair(dataset, "PixelSpacing")
    at_detector = _pair(dataset, "ImagerPixelSpacing") or _pair(dataset, "NominalScannedPixelSpacing")
    if on_body is None:
        return at_detector, AT_DETECTOR if at_detector else UNSCALED
    if dataset.get("PixelSpacingCalibrationType") or at_detector not in (None, on_body):
        return on_body, CALIBRATED
    return on_body, AT_DETECTOR if at_detector else UNCERTAIN


def _pair(dataset: Any, name: str) -> tuple[float, float] | None:
    given = dataset.get(name)
    if not isinstance(given, Sequence) or len(given) != 2:
        return None
    high, wide = float(given[0]), float(given[1])
    is_possible = 0 < high < math.inf and 0 < wide < math.inf and 1 / MOST_STRETCH <= high / wide <= MOST_STRETCH
    return (high, wide) if is_possible else None


def _squared(grey: Pixels, spacing: tuple[float, float]) -> Pixels:
    """The picture with pixels as high as they are wide: an angle means nothing on others."""
    from PIL import Image

    height = round(grey.shape[0] * spacing[0] / spacing[1])
    return grey if height == grey.shape[0] else np.asarray(Image.fromarray(grey).resize((grey.shape[1], max(height, 1))))


def _eight_bits(values: npt.NDArray[Any]) -> Pixels:
    low, high = float(np.min(values)), float(np.max(values))
    scaled = (values.astype(np.float64) - low) * (255.0 / (high - low)) if high > low else np.zeros(values.shape)
    return scaled.round().astype(np.uint8)


def _film(grey: Pixels, mm_per_pixel: float | None, spacing_from: str) -> Film:
    from PIL import Image

    image = Image.fromarray(grey)
    shrunk = max(image.width, image.height) / LONGEST_SIDE
    if shrunk > 1:
        image = image.resize((round(image.width / shrunk), round(image.height / shrunk)), Image.Resampling.LANCZOS)
        mm_per_pixel = None if mm_per_pixel is None else mm_per_pixel * shrunk
    out = io.BytesIO()
    image.save(out, "PNG")
    return Film(out.getvalue(), image.width, image.height, mm_per_pixel, spacing_from)
