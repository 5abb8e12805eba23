"""Reading a film: PNG, JPEG or DICOM, told by its content. Pixels go on; names and numbers in the file stay behind."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import UnreadableFilm

MOST_BYTES = 60_000_000
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2000  # of the picture that is shown; larger films are made smaller, with their scale
DICOM_MARK = b"DICM"
Pixels = npt.NDArray[np.uint8]

CALIBRATED = "the file says how large a pixel is on the body"
AT_DETECTOR = "the file says how large a pixel is on the detector; on the body it is smaller, so lengths are a little too large"
UNSCALED = "the file does not say how large a pixel is: draw a line of known length"


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

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
                _refuse_large(image.width, image.height)
                upright = ImageOps.exif_transpose(image)
                grey = _eight_bits(np.asarray(upright)) if upright.mode.startswith("I") else np.asarray(upright.convert("L"))
        except UnidentifiedImageError:
            raise UnreadableFilm("this is neither PNG, JPEG nor DICOM. Export the film in one of these.") from None
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise UnreadableFilm(f"this picture has more than {MOST_PIXELS // 1_000_000} million pixels.") from None
        except (OSError, ValueError, SyntaxError):
            raise UnreadableFilm("this picture is damaged or cut short. Export it again.") from None
    return _film(grey, None, UNSCALED)


def _refuse_large(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UnreadableFilm(f"this picture has more than {MOST_PIXELS // 1_000_000} million pixels.")


# ----------------------------------------------------------------------------------------------------------------- DICOM


def _dicom(data: bytes) -> Film:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        if int(dataset.get("NumberOfFrames") or 1) > 1:
            raise UnreadableFilm("this DICOM file holds several pictures. Export the one film by itself.")
        _refuse_large(int(dataset.Columns), int(dataset.Rows))
        grey = _window(dataset)
    except UnreadableFilm:
        raise
    except (InvalidDicomError, AttributeError, ValueError, KeyError, NotImplementedError, RuntimeError, OSError, EOFError):
        raise UnreadableFilm(
            "this DICOM file holds no picture that can be read here: it is damaged, or compressed in a way that is not known."
            " Export it uncompressed, or as PNG."
        ) from None
    return _film(grey, *_spacing(dataset))


def _window(dataset: Any) -> Pixels:
    """Grey as a reader would see it: rescaled, windowed, and white on black."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    raw = dataset.pixel_array
    if raw.ndim == 3:
        raw = raw.mean(axis=2)
    grey = _eight_bits(apply_voi_lut(apply_modality_lut(raw, dataset), dataset))
    return 255 - grey if dataset.get("PhotometricInterpretation") == "MONOCHROME1" else grey


def _spacing(dataset: Any) -> tuple[float | None, str]:
    """Millimetres a pixel; films whose pixels are not square are measured along their mean."""
    for name, said in (("PixelSpacing", CALIBRATED), ("ImagerPixelSpacing", AT_DETECTOR)):
        given = dataset.get(name)
        if given and len(given) == 2 and min(map(float, given)) > 0:
            return (float(given[0]) + float(given[1])) / 2, said
    return None, UNSCALED


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
