"""Reading a film: upright, grey as a reader sees it, with its scale, without a name, or a refusal that says what to do."""

from __future__ import annotations

import io
import logging
import random
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from afterdisc.errors import UnreadableFilm
from afterdisc.radiograph import film as film_module
from afterdisc.radiograph import read_film
from afterdisc.radiograph.film import AT_DETECTOR, CALIBRATED, UNCERTAIN, UNSCALED, Film
from unit.radiograph.phantoms import (
    IDENTIFIERS,
    bright_spot,
    chunks,
    dataset_of,
    dicom,
    jpeg,
    jpeg_that_claims,
    png,
    png_that_claims,
    png_with_a_text_that_unpacks_to,
    seen,
    square,
)

SPOT = (8, 11, 4, 7)
WIDE = square(dark=400, bright=2000, dtype=np.uint16)


def saved(data: Any) -> bytes:
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------------------ the picture


@pytest.mark.parametrize(
    "data",
    [
        png(square()),
        png(WIDE),
        jpeg(square()),
        png(np.dstack([square()] * 3)),
        png(np.dstack([square()] * 4)),
        dicom(square()),
        dicom(WIDE),
        dicom(square(dark=-500, bright=900, dtype=np.int16)),
        dicom(square(dark=1, bright=70_000, dtype=np.uint32)),
        dicom(np.dstack([square()] * 3), SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0),
    ],
    ids=["png", "png 16 bit", "jpeg", "png colour", "png alpha", "dicom 8", "dicom 16", "signed", "dicom 32", "dicom colour"],
)
def test_what_is_bright_in_the_file_is_bright_at_its_place(data: bytes) -> None:
    film = read_film(data)
    assert (film.width, film.height) == (40, 60)
    assert bright_spot(seen(film.png)) == SPOT


def test_sixteen_bits_are_spread_over_all_greys() -> None:
    for data in (png(WIDE), dicom(WIDE)):
        grey = seen(read_film(data).png)
        assert (grey.min(), grey.max()) == (0, 255)


def test_a_film_of_one_grey_is_shown_black_and_not_refused() -> None:
    assert seen(read_film(dicom(np.full((60, 40), 700, np.uint16))).png).max() == 0


def test_a_film_stored_dark_on_light_is_turned_to_light_on_dark() -> None:
    stored = square(dark=2000, bright=400, dtype=np.uint16)
    grey = seen(read_film(dicom(stored, PhotometricInterpretation="MONOCHROME1")).png)
    assert bright_spot(grey) == SPOT
    assert (grey[0, 0], grey[9, 5]) == (0, 255)


def test_the_window_is_that_of_the_rescaled_values() -> None:
    steps = np.array([[0, 100, 200, 300, 400]] * 5, np.uint16)
    rescaled = {"RescaleSlope": 2, "RescaleIntercept": -100}  # -100, 100, 300, 500, 700
    grey = seen(read_film(dicom(steps, **rescaled, WindowCenter=300, WindowWidth=400)).png)[0]
    assert list(grey[[0, 1]]) == [0, 0]
    assert grey[2] == pytest.approx(128, abs=2)
    assert list(grey[[3, 4]]) == [255, 255]


def test_the_first_of_several_windows_counts() -> None:
    steps = np.array([[0, 100, 200, 300, 400]] * 5, np.uint16)
    one = read_film(dicom(steps, WindowCenter=200, WindowWidth=200))
    assert read_film(dicom(steps, WindowCenter=[200, 20], WindowWidth=[200, 20])).png == one.png


def test_a_window_comes_before_the_turn_to_light_on_dark() -> None:
    steps = np.array([[0, 100, 200, 300, 400]] * 5, np.uint16)
    window = {"WindowCenter": 100, "WindowWidth": 100}
    grey = seen(read_film(dicom(steps, PhotometricInterpretation="MONOCHROME1", **window)).png)[0]
    assert list(grey[[0, 2, 4]]) == [255, 0, 0]


def test_a_compressed_film_whose_way_is_known_is_read() -> None:
    runs = dataset_of(WIDE)
    runs.compress(RLELossless, generate_instance_uid=False)
    inside = dataset_of(square(), syntax=JPEGBaseline8Bit, PixelData=encapsulate([jpeg(square())]))
    inside["PixelData"].is_undefined_length = True
    for data in (runs, inside):
        assert bright_spot(seen(read_film(saved(data)).png)) == SPOT


TURNS = {1: SPOT, 2: (8, 11, 32, 35), 3: (48, 51, 32, 35), 4: (48, 51, 4, 7), 5: (4, 7, 8, 11)} | {
    6: (4, 7, 48, 51),
    7: (32, 35, 48, 51),
    8: (32, 35, 8, 11),
}


@pytest.mark.parametrize("make", [png, jpeg])
@pytest.mark.parametrize("orientation", list(TURNS))
def test_a_photograph_is_turned_as_its_camera_was_held(orientation: int, make: Any) -> None:
    film = read_film(make(square(), orientation=orientation))
    assert bright_spot(seen(film.png)) == TURNS[orientation]
    assert (film.width, film.height) == ((40, 60) if orientation < 5 else (60, 40))


def test_sixteen_bits_are_turned_too() -> None:
    assert bright_spot(seen(read_film(png(WIDE, orientation=6)).png)) == TURNS[6]


# --------------------------------------------------------------------------------------------------------------- the scale


def scale_of(**tags: Any) -> tuple[float | None, str]:
    film = read_film(dicom(WIDE, **tags))
    return film.mm_per_pixel, film.spacing_from


def test_a_picture_has_no_scale_whatever_it_says_of_its_resolution() -> None:
    for data in (png(square()), jpeg(square()), dicom(WIDE)):
        film = read_film(data)
        assert (film.mm_per_pixel, film.spacing_from) == (None, UNSCALED)


def test_a_size_on_the_body_that_differs_from_that_at_the_detector_was_calibrated() -> None:
    assert scale_of(PixelSpacing=[0.12, 0.12], ImagerPixelSpacing=[0.15, 0.15]) == (pytest.approx(0.12), CALIBRATED)


def test_a_file_that_says_how_it_was_calibrated_is_believed() -> None:
    tags = {"PixelSpacingCalibrationType": "FIDUCIAL", "PixelSpacingCalibrationDescription": "ball"}
    assert scale_of(PixelSpacing=[0.15, 0.15], ImagerPixelSpacing=[0.15, 0.15], **tags) == (pytest.approx(0.15), CALIBRATED)


def test_the_size_at_the_detector_repeated_as_that_on_the_body_is_no_calibration() -> None:
    assert scale_of(PixelSpacing=[0.15, 0.15], ImagerPixelSpacing=[0.15, 0.15]) == (pytest.approx(0.15), AT_DETECTOR)


def test_the_size_at_the_detector_alone_is_said_to_be_that() -> None:
    assert scale_of(ImagerPixelSpacing=[0.15, 0.15]) == (pytest.approx(0.15), AT_DETECTOR)
    assert scale_of(NominalScannedPixelSpacing=[0.17, 0.17]) == (pytest.approx(0.17), AT_DETECTOR)


def test_a_size_of_unknown_place_is_said_to_be_uncertain() -> None:
    assert scale_of(PixelSpacing=[0.15, 0.15]) == (pytest.approx(0.15), UNCERTAIN)


@pytest.mark.parametrize("pair", [[0, 0], [0.1, 0], [-0.1, 0.1], [0.1], [0.1, 0.1, 0.1], [0.001, 50.0], None])
def test_a_size_that_no_pixel_has_is_none(pair: list[float] | None) -> None:
    assert scale_of(PixelSpacing=pair) == (None, UNSCALED)
    assert scale_of(PixelSpacing=pair, ImagerPixelSpacing=[0.15, 0.15]) == (pytest.approx(0.15), AT_DETECTOR)


def test_pixels_that_are_not_square_are_made_square_so_that_angles_hold() -> None:
    diagonal = np.zeros((100, 200), np.uint8)
    diagonal[np.arange(100), 2 * np.arange(100)] = diagonal[np.arange(100), 2 * np.arange(100) + 1] = 255
    film = read_film(dicom(diagonal, PixelSpacing=[0.4, 0.2]))
    assert (film.width, film.height, film.mm_per_pixel) == (200, 200, pytest.approx(0.2))
    rows, columns = np.nonzero(seen(film.png) > 100)
    assert np.abs(rows - columns).max() <= 2  # forty-five degrees, as on the body


def test_a_large_film_is_made_smaller_with_its_scale() -> None:
    pixels = np.zeros((4000, 3000), np.uint8)
    pixels[800:1200, 400:800] = 255
    film = read_film(dicom(pixels, PixelSpacing=[0.1, 0.1]))
    assert (film.width, film.height, film.mm_per_pixel) == (1500, 2000, pytest.approx(0.2))
    assert bright_spot(seen(film.png)) == pytest.approx((400, 599, 200, 399), abs=1)


# ------------------------------------------------------------------------------------------------------------ nobody's name


@pytest.mark.parametrize(
    "data",
    [png(square()), png(WIDE), jpeg(square()), dicom(WIDE, ImageComments="Jane"), png(np.zeros((2100, 4), np.uint8))],
    ids=["png", "png 16 bit", "jpeg", "dicom", "made smaller"],
)
def test_nothing_but_pixels_leaves_the_file(data: bytes) -> None:
    assert any(i.encode() in data for i in IDENTIFIERS)
    made = read_film(data).png
    assert set(chunks(made)) == {b"IHDR", b"IDAT", b"IEND"}
    assert not any(i.encode() in made for i in IDENTIFIERS)


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize(
    ("stored", "damaged"),
    [(b"19610203", b"1961/2/X"), (b"MRN-424242", b"MRN\x00\\\xff4242"), (b"0043.8.498.1", b"0043.8.Jane1")],
    ids=["birth date", "number", "identifier of the film"],
)
def test_neither_a_warning_nor_the_log_names_the_person(
    stored: bytes, damaged: bytes, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    caplog.set_level(logging.DEBUG)
    data = dicom(WIDE, PixelSpacing=[0.1, 0.1])
    assert stored in data
    read_film(data.replace(stored, damaged))
    said = caplog.text + "".join(str(w.message) for w in recwarn)
    assert not any(i in said for i in (*IDENTIFIERS, "1961/2", "4242"))


# ---------------------------------------------------------------------------------------------------------------- refusals


NOT_ENOUGH = dataset_of(WIDE, Rows=6000, Columns=6000)
SEVERAL = np.stack([WIDE, WIDE])
OTHER_WAY = dataset_of(WIDE, syntax=JPEGLSLossless, PixelData=encapsulate([bytes(100)]))
OTHER_WAY["PixelData"].is_undefined_length = True
NO_PIXELS = dataset_of(WIDE)
del NO_PIXELS.PixelData
NO_ROWS = dataset_of(WIDE)
del NO_ROWS.Rows
DEFLATED = saved(dataset_of(WIDE, syntax=DeflatedExplicitVRLittleEndian))
PNG_16 = png(WIDE)

REFUSED = {
    "nothing": (b"", "empty"),
    "a text": (b"Name: Jane Doe\n", "neither PNG, JPEG nor DICOM"),
    "a text as long as a DICOM head": (b"Jane Doe " * 200, "neither PNG, JPEG nor DICOM"),
    "a picture of another kind": (b"GIF89a" + bytes(50), "neither PNG, JPEG nor DICOM"),
    "a PDF": (b"%PDF-1.7\n" + bytes(500), "neither PNG, JPEG nor DICOM"),
    "a DICOM mark and nothing more": (bytes(128) + b"DICM", "holds no picture"),
    "a DICOM mark and noise": (bytes(128) + b"DICM" + random.Random(1).randbytes(4000), "holds no picture"),
    "a PNG cut short": (PNG_16[: len(PNG_16) - 40], "damaged or cut short"),
    "a JPEG cut short": (jpeg(square())[:-200], "damaged or cut short"),
    "a DICOM cut short": (dicom(WIDE)[:-500], "holds no picture"),
    "a DICOM without pixels": (saved(NO_PIXELS), "holds no picture"),
    "a DICOM without a size": (saved(NO_ROWS), "holds no picture"),
    "a DICOM that claims more than it has": (saved(NOT_ENOUGH), "holds no picture"),
    "a DICOM compressed in a way that is not known": (saved(OTHER_WAY), "compressed in a way that is not known"),
    "a DICOM compressed as a whole": (DEFLATED, "compressed in a way that is not known"),
    "several pictures in one": (dicom(SEVERAL, NumberOfFrames=2), "several pictures"),
    "a DICOM of too many pixels": (dicom(WIDE, Rows=9000, Columns=9000), "60 million pixels"),
    "the largest DICOM there can be": (dicom(WIDE, Rows=65535, Columns=65535), "60 million pixels"),
    "a PNG of too many pixels": (png_that_claims(8000, 8000), "60 million pixels"),
    "a PNG of so many that Pillow warns": (png_that_claims(10_000, 10_000), "60 million pixels"),
    "a PNG of so many that Pillow stops": (png_that_claims(2_000_000_000, 2_000_000_000), "60 million pixels"),
    "a JPEG of too many pixels": (jpeg_that_claims(65_000, 65_000), "60 million pixels"),
    "a text within a PNG that unpacks without end": (png_with_a_text_that_unpacks_to(80_000_000), "damaged"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", list(REFUSED))
def test_what_is_no_film_is_refused_with_what_to_do(case: str) -> None:
    data, reason = REFUSED[case]
    with pytest.raises(UnreadableFilm, match=reason) as told:
        read_film(data)
    assert not any(i in str(told.value) for i in IDENTIFIERS)
    assert told.value.__suppress_context__ or told.value.__context__ is None  # a traceback of it names nothing of the file


def test_a_file_that_is_too_large_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(square())
    monkeypatch.setattr(film_module, "MOST_BYTES", len(data) - 1)
    with pytest.raises(UnreadableFilm, match="larger than"):
        read_film(data)


def test_a_file_that_unpacks_to_far_more_than_was_sent_is_refused_unopened() -> None:
    head = DEFLATED[: DEFLATED.index(b"1.2.840.10008.1.2.1.99") + 22]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = head + b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(50)) + squeeze.flush()
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFilm):
            read_film(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.filterwarnings("ignore")
def test_bytes_changed_at_random_come_to_a_film_or_to_a_refusal() -> None:
    chance = random.Random(7)
    whole = [png(square()), PNG_16, jpeg(square()), dicom(WIDE, PixelSpacing=[0.1, 0.1], WindowCenter=900, WindowWidth=600)]
    outcomes = {"film": 0, "refused": 0}
    for _ in range(600):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.choice([1, 1, 2, 6])):
            data[chance.randrange(min(len(data), 1500))] = chance.randrange(256)
        try:
            assert isinstance(read_film(bytes(data)), Film)
            outcomes["film"] += 1
        except UnreadableFilm:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 50
