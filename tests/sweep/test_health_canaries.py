"""Health canaries: words planted in every health field of a person show to nobody who may not read them (acceptance 5).

Every route of the application is asked, with GET and then with POST, as roles without the right, in a house that runs
all four verticals; then everything that was written meanwhile is looked through: rows, audit details, stored answers,
files, logs. Controls show that the words are there and that each of these looks finds them.
"""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import select, text

from core import assembly
from core.care import photos
from core.care.document_models import Document
from core.care.visit_models import Attachment
from core.kernel import audit, keys, task_runner
from core.kernel.models import AuditEntry, IdempotencyKey, Task
from core.kernel.sealed import aad
from core.kernel.tenancy import acting
from core.kernel.web.routes import spec_of
from core.lists import export_task
from core.people import consents
from core.people import services as people
from tests import installation as houses
from tests.sweep import health_world
from tests.sweep.health_world import RISKY, SECRET
from tests.sweep.recipes import RECIPES
from tests.sweep.test_sweep import Asker, endpoints
from tests.sweep.world import build, house_tables

WITHOUT = ("front_desk", "manager", "auditor", "marketing", "rule_keeper", "call_agent")
LISTS = ("members", "orders", "items", "staff")


@pytest.fixture(scope="module")
def world(sqlite_template, tmp_path_factory):
    template, made = sqlite_template
    opened = houses.open_copy(template, made, tmp_path_factory.mktemp("health") / "installation")
    built = build(opened)
    health_world.plant(built)
    yield built
    opened.close()


@pytest.fixture(scope="module")
def app(world):
    made = assembly.web_app(world.installation.runtime)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def everything(_endpoint, _method):
    return True


def seen_by(world, app, role, wanted=everything):
    """Return the endpoints whose answer to `role` holds the words."""
    asker, found = Asker(world, app, role), set()
    for method in ("GET", "POST"):
        for endpoint, (_rule, allowed) in sorted(endpoints(app).items()):
            if method in allowed and wanted(endpoint, method):
                own = {ref.kind: world.ids[ref.kind]["own"] for ref in RECIPES[endpoint].refs()}
                if tells(asker.ask(endpoint, method, RECIPES[endpoint].filled(own))):
                    found.add(endpoint)
    return found


def tells(answer) -> bool:
    return SECRET in answer.get_data().decode("utf-8", "replace") + str(answer.headers)


@pytest.mark.parametrize("role", WITHOUT)
def test_no_route_shows_it_to_who_may_not_read(app, world, role, capfd):
    assert seen_by(world, app, role) == set()
    assert SECRET not in "".join(capfd.readouterr())


def test_who_treats_others_does_not_read_this_one(app, world):
    """A clinician of another store, whose role may read health records: every page, and every form of such a page.

    Not the API: its token stands at a store, which treats the member.
    """

    def wanted(endpoint, method):
        if endpoint.startswith("api_"):
            return False
        return method == "GET" or spec_of(app.view_functions[endpoint]).health is True

    assert seen_by(world, app, "stranger", wanted) == set()


def test_the_walk_would_find_it(app, world):
    """The control: a clinician who treats the member sees the words on every kind of page that is for them."""
    found = seen_by(world, app, "clinician")
    assert found >= {
        "care.health", "api_health.read", "care.visit", "care.visit_edit", "care.photos", "care.photo_add", "care.papers",
        "dental.record", "dental.perio_page", "beauty.record", "beauty.care", "physio.record",
    }  # fmt: skip
    assert not {one for one in found if not one.startswith(("care.", "dental.", "beauty.", "physio.", "api_health."))}


CODED = ("癫痫", "起搏器", "瘢痕", "华法林")


def test_the_till_warns_of_what_it_does_not_name(app, world):
    """Everything risky is put before a cashier, on the screen and over the API: alerts, refusals, no diagnosis."""
    asker, person = Asker(world, app, "front_desk"), world.ids["person"]["own"]
    client, said = asker.client, []
    client.post("/till/clear")
    client.post("/till/member", data={"person_id": person})
    for code, _kind, _attributes in RISKY:
        said.append(client.post("/till/lines", data={"q": code, "item": code, "for": person}))
    said += [client.get("/till"), client.post("/till/pay", data={"kind": "cash", "pay_key": "a", "shown": "a"})]
    said += [client.post("/till/hold"), client.get("/till"), client.get(f"/members/{person}")]
    head = asker._headers()
    lines = [{"item": code, "qty": 1} for code, _kind, _attributes in RISKY]
    quote = client.post("/api/v1/quotes", json={"member_id": person, "lines": lines}, headers=head)
    tenders = [{"kind": "cash", "amount_fen": quote.get_json()["total_fen"]}]
    order = {"quote_id": quote.get_json()["quote_id"], "tenders": tenders}
    blocked = client.post("/api/v1/orders", json=order, headers={**head, "Idempotency-Key": "risky"})
    assert {one["code"].split(".")[0] for one in quote.get_json()["findings"]} == {"beauty", "pharmacy", "physio"}
    assert blocked.get_json()["code"] == "blocked"
    for answer in (*said, quote, blocked):
        words = answer.get_data(as_text=True)
        assert not [word for word in (SECRET, *CODED) if word in words], answer.request.path


# -- what was written ------------------------------------------------------------------------------


def rows_with(world, needle):
    """Return the tables in which a value holds a text as it is."""
    found, wanted = set(), needle.encode()
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        for table in house_tables():
            for row in session.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608 (names of our own tables)
                for value in row:
                    kept = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
                    if wanted in kept:
                        found.add(table.name)
    return found


def audited_with(world, needle):
    """Return the actions whose detail, opened, holds a text."""
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        entries = session.scalars(select(AuditEntry))
        return {one.action for one in entries if needle in json.dumps(audit.detail_of(one), ensure_ascii=False)}


def answers_with(world, needle):
    """Return the scopes of stored answers of once-only calls that, opened, hold a text."""
    found = set()
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        for row in session.scalars(select(IdempotencyKey).where(IdempotencyKey.answer_sealed.is_not(None))):
            place = aad("idempotency_key", "answer_sealed", row.id)
            if needle in keys.ring().open(row.answer_sealed, place, row.franchise_id).decode():
                found.add(row.scope)
    return found


def files_with(world, needle):
    """Return the files of the installation that hold a text as it is: database, pictures, what jobs left."""
    paths = (path for path in world.installation.folder.rglob("*") if path.is_file())
    return {path.suffix for path in paths if needle.encode() in path.read_bytes()}


def test_nothing_that_was_written_holds_it_open(app, world):
    """Rows, audit details, stored answers and files; a PUT with a key leaves no copy either."""
    person = world.ids["person"]["own"]
    client = app.test_client()
    head = {"Authorization": f"Bearer {world.token}", "Idempotency-Key": "health-1"}
    version = client.get(f"/api/v1/members/{person}/health", headers=head).get_json()["version"]
    body = {"version": version, "conditions": [{"text": f"{SECRET}接口"}]}
    answer = client.put(f"/api/v1/members/{person}/health", headers=head, json=body)
    assert answer.status_code == 200, answer.text
    looks = (rows_with, audited_with, answers_with, files_with)
    assert [look(world, SECRET) for look in looks] == [set()] * 4
    # The control: each of these looks finds what is known to be there.
    enrolled = client.post(
        "/api/v1/members", headers={**head, "Idempotency-Key": "health-2"}, json={"name": "金丝雀人"}
    )
    assert enrolled.status_code == 201
    assert all(
        look(world, word) for look, word in zip(looks, ("金丝雀人", "平常", "金丝雀人", "金丝雀人"), strict=True)
    )


def test_an_auditor_reads_the_trail_without_it(app, world):
    """Every entry about the member, opened one by one; the entries are there, and say what was done."""
    asker = Asker(world, app, "auditor")
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        wanted = AuditEntry.person_id == int(world.ids["person"]["own"])
        entries = session.execute(select(AuditEntry.id, AuditEntry.action).where(wanted)).all()
    assert {"care.condition.noted", "care.visit.signed", "care.read", "beauty.treatment.made"} <= {
        e[1] for e in entries
    }
    newest = {action: entry_id for entry_id, action in entries}
    for action, entry_id in newest.items():
        answer = asker.client.get(f"/console/audit/{entry_id}")
        assert answer.status_code == 200, action
        assert not tells(answer), action


def exported(world, app, name, kind):
    """Return what a file of a list says, asked for by the owner: a sheet's parts are unpacked."""
    asker = Asker(world, app, "owner")
    answer = asker.client.post(f"/lists/{name}/export", data={"s": "", "format": kind, "back": "/"})
    task_runner.settle()
    if answer.status_code != 303:
        return ""
    owner = world.installation.actor(world.home)
    with acting(owner), world.installation.unit("read") as session:
        task = session.scalar(select(Task).order_by(Task.id.desc()).limit(1))
        session.expunge_all()
    with acting(owner):
        data = b"".join(export_task.content(world.installation.runtime.db, task))
    if kind == "csv":
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return "".join(packed.read(part).decode() for part in packed.namelist())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_file_of_a_list_or_an_import_holds_it(app, world, kind):
    said = {name: exported(world, app, name, kind) for name in LISTS}
    assert "平常人" in said["members"]
    assert all(said.values())
    assert not [name for name, words in said.items() if SECRET in words]


# -- papers ------------------------------------------------------------------------------------------


PAPER_DOORS = {"care.paper", "care.paper_small"}


def test_papers_are_seen_by_need_and_kind_alone(app, world):
    """Who treats the member sees reports, the pharmacist prescriptions too; nobody else is told that one is there."""
    person = int(world.ids["person"]["own"])
    health_world.keep_paper(world, person)
    codes = health_world.paper_codes(world, person)
    assert len(codes) >= 4
    doors = {"care.papers", *PAPER_DOORS}
    for role in ("clinician", "pharmacist"):
        assert shown_by(world, app, role, codes) >= doors, role
        assert not {one for one in shown_by(world, app, role, codes) - doors if not one.startswith("care.photo")}, role
    for role in (*WITHOUT, "stranger"):
        assert shown_by(world, app, role, codes) == set(), role
    prescription = next(code for code in codes if kind_of(world, code) == "pharmacy.prescription")
    for role, status in (("pharmacist", 200), ("clinician", 404), ("front_desk", 403)):
        client = Asker(world, app, role).client
        assert client.get(f"/documents/{prescription}").status_code == status, role
        assert client.head(f"/documents/{prescription}").status_code == status, role
        assert client.get(f"/documents/{prescription}", headers={"Range": "bytes=0-9"}).status_code == status, role


def kind_of(world, code):
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        query = select(Document.kind).join(Attachment, Attachment.id == Document.attachment_id)
        return session.scalar(query.where(Attachment.code == code))


# -- photos (acceptance 4); the last tests of the file: they take a consent back -----------------------


def shown_by(world, app, role, needles):
    """Return the endpoints whose answer to a GET as `role` names a picture by its code, or is one."""
    asker, found = Asker(world, app, role), set()
    for endpoint, (_rule, allowed) in sorted(endpoints(app).items()):
        if "GET" not in allowed:
            continue
        own = {ref.kind: world.ids[ref.kind]["own"] for ref in RECIPES[endpoint].refs()}
        asked = RECIPES[endpoint].filled(own)
        answer = asker.ask(endpoint, "GET", asked)
        words = answer.get_data().decode("utf-8", "replace")
        # A page may say which address was asked for.
        told = any(one in words for one in needles if one not in asked.path.values())
        if answer.content_type == "image/webp" or told:
            found.add(endpoint)
            assert answer.headers["Cache-Control"] == "no-store", endpoint
    return found


def test_a_withdrawal_hides_photos_at_every_door_at_once(app, world):
    """Owner and clinician may see photos: pages, pictures, small ones, the pair, the verticals; then nobody, anywhere."""
    person = int(world.ids["person"]["own"])
    health_world.take_photo(world, person)
    codes = health_world.photo_codes(world, person)
    small = f"/photos/{world.ids['photo_code']['own']}/small"
    doors = {"care.photos", "care.photo", "care.photo_small", "care.photo_compare"}
    for role in ("owner", "clinician"):
        assert shown_by(world, app, role, codes) - PAPER_DOORS == doors, role
    client = Asker(world, app, "clinician").client
    kept = client.get(small)
    assert "ETag" not in kept.headers
    assert "Last-Modified" not in kept.headers
    with acting(world.installation.actor(world.home)), world.installation.unit() as session:
        consents.record(session, people.get(session, person), "photo_record", granted=False)
    for role in ("owner", "clinician"):
        assert shown_by(world, app, role, codes) <= PAPER_DOORS, role  # papers need no consent to photos
    for head in (
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"Range": "bytes=0-9"},
    ):
        assert client.get(small, headers=head).status_code == 404
    assert client.head(small).status_code == 404
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        for use in ("record", "education", "publicity"):
            assert photos.photos_of(session, person, use) == []
    answer = client.get(f"/members/{person}/photos").get_data(as_text=True)
    assert "没有“照片存档”的同意" in answer
    assert SECRET not in answer  # the name of a set says where it was taken
