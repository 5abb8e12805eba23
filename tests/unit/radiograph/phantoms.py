"""Films made for a test: a dark field with one bright square, as DICOM, PNG or JPEG, with a person's name in every place."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

DIGITAL_X_RAY = UID("1.2.840.10008.5.1.4.1.1.1.1")
NAME, NUMBER, BORN, PLACE = "Doe^Jane", "MRN-424242", "19610203", "Hillside Clinic"
IDENTIFIERS = (NAME, "Jane", NUMBER, BORN, PLACE, "1961:02:03")
DARK, BRIGHT = 40, 200


def square(
    height: int = 60, width: int = 40, *, dark: int = DARK, bright: int = BRIGHT, dtype: type = np.uint8
) -> npt.NDArray[Any]:
    """A bright square in the upper left quarter: four rows and four columns from row 8 and column 4 on."""
    pixels = np.full((height, width), dark, dtype)
    pixels[8:12, 4:8] = bright
    return pixels


def seen(png: bytes) -> npt.NDArray[np.uint8]:
    """The grey values of a picture, row by row."""
    return np.asarray(Image.open(io.BytesIO(png)))


def bright_spot(grey: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """First and last row, first and last column of what is brighter than the middle between dark and bright."""
    rows, columns = np.nonzero(grey > (int(grey.min()) + int(grey.max())) / 2)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def dicom(pixels: npt.NDArray[Any], **tags: Any) -> bytes:
    """A digital film of somebody, uncompressed; `tags` set or, with None, take away."""
    out = io.BytesIO()
    dataset_of(pixels, **tags).save_as(out, enforce_file_format=True)
    return out.getvalue()


def dataset_of(pixels: npt.NDArray[Any], *, syntax: UID = ExplicitVRLittleEndian, **tags: Any) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = DIGITAL_X_RAY
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
    data.PatientName, data.PatientID, data.PatientBirthDate, data.InstitutionName = NAME, NUMBER, BORN, PLACE
    data.Rows, data.Columns = pixels.shape[-2:] if pixels.shape[-1] != 3 else pixels.shape[:2]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8 * pixels.itemsize
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(np.issubdtype(pixels.dtype, np.signedinteger))
    data.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(data, name, value)
    return data


def png(pixels: npt.NDArray[Any], *, orientation: int = 1) -> bytes:
    out, text = io.BytesIO(), PngInfo()
    text.add_text("Patient", f"{NAME} {NUMBER} {BORN}")
    text.add_itxt("Site", PLACE, zip=True)
    Image.fromarray(pixels).save(out, "PNG", pnginfo=text, exif=_exif(orientation), dpi=(254, 254))
    return out.getvalue()


def jpeg(pixels: npt.NDArray[Any], *, orientation: int = 1) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, exif=_exif(orientation), comment=f"{NAME} {NUMBER}")
    return out.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x013B], exif[0x0132] = orientation, NAME, PLACE, "1961:02:03 00:00:00"
    return exif


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head speaks of so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(100))) + _chunk(b"IEND", b"")


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A JPEG whose head speaks of so many pixels."""
    made = jpeg(square())
    frame = made.index(b"\xff\xc0")
    return made[: frame + 5] + struct.pack(">HH", height, width) + made[frame + 9 :]


def chunks(data: bytes) -> list[bytes]:
    """The kinds of the parts of a PNG."""
    kinds, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kinds.append(data[at + 4 : at + 8])
        at += 12 + length
    return kinds


def png_with_a_text_that_unpacks_to(n_bytes: int) -> bytes:
    text = b"Comment\0\0" + zlib.compress(bytes(n_bytes), 9)
    made = png(square())
    end_of_head = 8 + 25
    return made[:end_of_head] + _chunk(b"zTXt", text) + made[end_of_head:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
