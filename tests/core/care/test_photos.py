"""Photos: cleaned, sealed, shown by consent alone, gone when they are gone (S3-34, B43, security C42)."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import select, update

from core import rooms
from core.care import images, photos, visit_duties
from core.care.visit_models import Attachment
from core.kernel import backup, clock, files, keys
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.people import consents
from core.people import services as people
from tests.core.care import picture_kit as kit
from tests.installation import at


@pytest.fixture
def clinic(any_installation):
    with acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def taken(clinic, *purposes, **more):
    """Take a photo of a new member in; return (member, code)."""
    person = clinic.enrol()
    with clinic.unit() as session:
        kit.agree(session, person, "photo_record", *purposes)
        row = kit.photo(session, person, **more)
        return person, session.get(Attachment, row.attachment_id).code


def seen(clinic, code, variant=photos.FULL, mark="刘医生 103 2026-11-22 10:00"):
    with clinic.unit() as session:
        opened = photos.open_file(session, code)
    return photos.shown(opened, variant, mark)


def kept_files(clinic):
    return [path for _name, path in files.Files(clinic.runtime.environment.data_dir).all_paths()]


def test_nothing_of_the_camera_stays_and_the_picture_stands_upright():
    raw = kit.jpeg(640, 480)
    assert kit.PLACE.encode() in raw
    with Image.open(io.BytesIO(raw)) as before:
        assert before.getexif().get_ifd(0x8825)
    clean = images.clean(raw)
    for data in (clean.full, clean.thumb):
        assert not any(
            word in data for word in (kit.PLACE.encode(), b"CANARYPHONE", b"CANARYCOMMENT", b"Exif", b"EXIF")
        )
        with Image.open(io.BytesIO(data)) as picture:
            assert dict(picture.getexif()) == {}
            assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}
    assert (clean.width, clean.height) == (480, 640)  # orientation 6 was applied before it was thrown away
    with Image.open(io.BytesIO(images.clean(kit.jpeg(4000, 100, orientation=None)).full)) as wide:
        assert wide.width == images.FULL


def test_the_mark_is_in_the_bytes_and_says_who_looks():
    kept = images.clean(kit.jpeg(800, 600)).full
    one, other = images.marked(kept, "刘医生 103 2026-11-22 10:00"), images.marked(kept, "王店长 101 2026-11-22 10:00")
    assert len({kept, one, other}) == 3
    with Image.open(io.BytesIO(kept)) as plain, Image.open(io.BytesIO(one)) as marked:
        pairs = zip(plain.convert("L").tobytes(), marked.convert("L").tobytes(), strict=True)
        assert sum(abs(a - b) > 20 for a, b in pairs) > 2000
    assert images.latin("刘超明 103 10:00").replace(" ", "") == "liuchaoming10310:00"


def test_files_lie_sealed_under_keys_of_their_own(clinic):
    _person, code = taken(clinic)
    paths = kept_files(clinic)
    assert sorted(p.suffix for p in paths) == [".full", ".thumb"]
    for path in paths:
        data = path.read_bytes()
        assert data.startswith(files.MAGIC)
        assert not any(word in data for word in (b"WEBP", b"RIFF", b"\xff\xd8\xff"))
        assert oct(path.stat().st_mode)[-3:] == "600"
    with Image.open(io.BytesIO(seen(clinic, code))) as picture:
        assert picture.size == (480, 640)
    with Image.open(io.BytesIO(seen(clinic, code, photos.THUMB))) as small:
        assert max(small.size) == images.THUMB


def test_files_and_keys_do_not_open_in_another_s_place(clinic):
    person, first = taken(clinic)
    with clinic.unit() as session:
        row = kit.photo(session, person, data=kit.jpeg(colour=(10, 200, 30)), phase="m1")
        second = session.get(Attachment, row.attachment_id).code
    store = files.Files(clinic.runtime.environment.data_dir)
    franchise = clinic.dental.franchise_id
    a, b = (store.path(franchise, code, "full") for code in (first, second))
    kept = a.read_bytes()
    a.write_bytes(b.read_bytes())
    with pytest.raises(Refusal) as refused:
        seen(clinic, first)
    assert (refused.value.code, refused.value.status) == ("file_missing", 410)
    for broken in (kept[:-5], kept[:20], kept[:100] + b"\0" + kept[101:]):
        a.write_bytes(broken)
        with pytest.raises(Refusal):
            seen(clinic, first)
    a.write_bytes(kept)
    seen(clinic, first)
    with clinic.unit() as session:
        blobs = dict(session.execute(select(Attachment.code, Attachment.file_key_sealed)).all())
        session.execute(update(Attachment).where(Attachment.code == first).values(file_key_sealed=blobs[second]))
    with pytest.raises(keys.CannotOpen):
        seen(clinic, first)


def test_b43_a_consent_to_keep_is_no_consent_to_teach_or_to_publish(clinic):
    person, code = taken(clinic)
    with clinic.unit() as session:
        assert [len(photos.photos_of(session, person, use)) for use in ("record", "education", "publicity")] == [
            1,
            0,
            0,
        ]
        kit.agree(session, person, "photo_education")
        assert [len(photos.photos_of(session, person, use)) for use in ("record", "education", "publicity")] == [
            1,
            1,
            0,
        ]
        kit.agree(session, person, "photo_record", granted=False)
        assert [len(photos.photos_of(session, person, use)) for use in ("record", "education", "publicity")] == [
            0,
            0,
            0,
        ]
        with pytest.raises(Refusal):
            photos.open_file(session, code)
        copy = visit_duties.copy_of(session, person)
        assert [row[1] for section in copy for row in section.rows] == [
            "1 张",
            "你已撤回照片存档的同意，照片已隐藏，不提供查看。",
        ]
        kit.agree(session, person)
        assert photos.open_file(session, code).code == code


def test_a_material_text_asks_again_and_hides_until_then(any_installation):
    clinic = any_installation
    with acting(clinic.actor(clinic.dental)):
        with at("2026-11-20 10:00"):
            person, code = taken(clinic)
        with at("2026-11-21 10:00"), clinic.unit() as session:
            consents.publish_text(session, "photo_record", "改了几个错别字的照片存档同意书。", material=False)
            assert consents.has(session, person, "photo_record")
            assert not consents.has(session, person, "photo_record", version=2)
            consents.publish_text(session, "photo_record", "照片会交给合作的影像中心保存。", material=True)
        with at("2026-11-22 10:00"), clinic.unit() as session:
            state = consents.states_of(session, people.get(session, person))["photo_record"]
            assert (state.good, state.stale, state.row.text_version, state.text.version) == (False, True, "1", 3)
            assert photos.photos_of(session, person) == []
            kit.agree(session, person)
            assert photos.photos_of(session, person)
            assert consents.has(session, person, "photo_record", version=3)
            assert photos.find(session, code)


def test_a_commit_that_fails_leaves_a_file_that_nobody_opens_and_the_sweep_takes(clinic):
    person = clinic.enrol()
    with pytest.raises(RuntimeError), clinic.unit() as session:
        kit.agree(session, person)
        kit.photo(session, person)
        raise RuntimeError("the power went out")
    assert len(kept_files(clinic)) == 2
    with clinic.unit("read") as session:
        assert session.scalar(select(Attachment)) is None
    _person, code = taken(clinic)
    actor = clinic.actor(clinic.dental)
    assert visit_duties.sweep(clinic.runtime, actor)["done"] == 0  # it may belong to a commit under way
    old = clock.now_ms() / 1000 - 2 * 86_400
    for path in kept_files(clinic):
        os.utime(path, (old, old))
    assert visit_duties.sweep(clinic.runtime, actor) == {"done": 2, "skipped": 0, "failed": 0}
    seen(clinic, code)
    for path in kept_files(clinic):
        path.unlink()
    assert visit_duties.sweep(clinic.runtime, actor)["failed"] == 1


def test_erasing_throws_the_keys_away(clinic):
    person, code = taken(clinic)
    with clinic.unit() as session:
        assert [(str(c.label), c.count) for c in visit_duties.erase(session, person)][0] == ("照片", 1)
        with pytest.raises(Refusal):
            photos.find(session, code)
        assert session.scalar(select(Attachment.file_key_sealed)) is None
    assert visit_duties.sweep(clinic.runtime, clinic.actor(clinic.dental))["done"] == 2
    assert kept_files(clinic) == []


def test_merging_moves_photos_under_the_winner_s_consent(clinic):
    loser, _code = taken(clinic)
    winner = clinic.enrol("另一位")
    with clinic.unit() as session:
        visit_duties.merge(session, winner, loser)
        assert photos.photos_of(session, loser) == []
        assert photos.photos_of(session, winner) == []
        kit.agree(session, winner)
        assert len(photos.photos_of(session, winner)) == 1


def test_a_backup_brings_the_pictures_back(installation, tmp_path):
    clinic = installation
    with acting(clinic.actor(clinic.dental)):
        _person, code = taken(clinic)
        before = seen(clinic, code, mark="X")
    file = tmp_path / "b.hkb"
    backup.backup(clinic.runtime, file, None)
    assert b"WEBP" not in file.read_bytes()
    master = keys.read_master(clinic.runtime.environment.key_file)
    folder = tmp_path / "new"
    env = replace(
        clinic.runtime.environment, data_dir=folder / "var", database_url=f"sqlite:///{folder / 'var' / 'huike.db'}"
    )
    clinic.runtime.db.dispose()
    restored = rooms.start(env)
    backup.restore(restored, file, master)
    restored.load_keys()
    assert [p.suffix for p in sorted(p for _n, p in files.Files(folder / "var").all_paths())] == [".full", ".thumb"]
    with acting(clinic.actor(clinic.dental)):
        with restored.db.unit() as session:
            opened = photos.open_file(session, code)
        assert photos.shown(opened, photos.FULL, "X") == before
    restored.db.dispose()


def test_a_backup_with_a_strange_name_writes_nothing_outside(tmp_path):
    store = files.Files(tmp_path)
    for name in ("../../etc/passwd", "1/aa/../../x", "1/aa/" + "g" * 32 + ".full", "x/aa/" + "a" * 32 + ".full"):
        with pytest.raises(ValueError):
            store.put_back(name, b"x")
    assert json.dumps([str(p) for p in tmp_path.rglob("*")]) == "[]"
