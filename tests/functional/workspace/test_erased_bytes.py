"""What is erased is overwritten in the file, not only left out of answers."""

from __future__ import annotations

from sqlalchemy import text

from afterdisc.clinic.database import sqlite_path
from afterdisc.clinic.erasure import erase
from functional.workspace.house import House

NAME = "Quillfeather"


def bytes_of(house: House) -> bytes:
    """The database file with everything in it that was written."""
    with house.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    path = sqlite_path(house.database)
    assert path is not None
    return path.read_bytes()


def test_no_byte_of_an_erased_name_is_left_in_the_file(house: House) -> None:
    patient = house.patient(family_name=NAME)
    assert NAME.encode() in bytes_of(house)
    with house.database.writing() as session:
        erase(session, patient, at=house.desk.at(), by=None)
    assert NAME.encode() not in bytes_of(house)
