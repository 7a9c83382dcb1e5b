"""S4-42: a member is told once, five days before, through the outbox; without the medicine's name."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from core.console.cli_serve import known_as
from core.contact.models import MessageTemplate
from core.hooktypes import Event, hook_context
from core.kernel.models import OutboxMessage
from core.kernel.sealed import open_text
from core.people import consents
from core.people.models import Person
from plugins.pharmacy import dispensing, refills
from plugins.pharmacy.models import PharmacyRefill
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.installation import at
from tests.plugins.pharmacy.test_till import code_of


def bought(house, member, code, days=30):
    """Put down that a pack of so many days was bought today."""
    with house.unit() as session:
        session.add(PharmacyRefill(
            person_id=member, item_code=code, last_line_id=1, bought_on=date(2026, 11, 1),
            run_out_on=date(2026, 11, 1) + timedelta(days=days),
        ))  # fmt: skip


def agrees(house, member, granted=True):
    with house.unit() as session:
        consents.record(session, session.get(Person, member), "health", granted=granted)


def template(house, channel="sms"):
    with house.unit() as session:
        session.add(MessageTemplate(code="refill", name="续药", channel=channel, purpose="care",
                                    body="{name}您好，您在{store}买的药快用完了。"))  # fmt: skip


def told(house):
    with house.unit() as session:
        return refills.tell(hook_context(session))


def messages(house):
    with house.unit("read") as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.topic.startswith("message:"))).all()
        return [
            open_text("outbox_message", "payload_sealed", row.id, row.franchise_id, row.payload_sealed) for row in rows
        ]


def states(house):
    with house.unit("read") as session:
        return dict(session.execute(select(PharmacyRefill.person_id, PharmacyRefill.notice)).all())


def test_metformin_of_thirty_days_is_told_of_on_the_26th_once(pharmacy):
    with at("2026-11-01 10:00"):
        agreed, silent = pharmacy.member(), pharmacy.member()
        agrees(pharmacy, agreed)
        for member in (agreed, silent):
            bought(pharmacy, member, "D0130")
        bought(pharmacy, agreed, "D0131")
        template(pharmacy)
    with at("2026-11-25 09:00"):
        assert told(pharmacy) == 0 and states(pharmacy) == {agreed: "", silent: ""}
    with at("2026-11-26 09:00"):
        assert told(pharmacy) == 1
        assert states(pharmacy) == {agreed: "queued", silent: "no_consent"}
        assert told(pharmacy) == 0
        [sent] = messages(pharmacy)
        assert "王芳您好" in sent and "D0130" not in sent and "pharmacy_refill" in sent
        with pharmacy.unit("read") as session:
            assert {one.run_out_on for one in session.scalars(select(PharmacyRefill))} == {date(2026, 12, 1)}


def test_without_a_template_nothing_is_sent_and_the_list_says_so(embedded):
    with at("2026-11-01 10:00"):
        member = embedded.member()
        agrees(embedded, member)
        bought(embedded, member, "D0035")
    with at("2026-11-27 09:00"):
        assert told(embedded) == 0 and states(embedded) == {member: ""}
        desk = Desk(embedded.house, web_of(embedded.house), embedded.house.pharmacy, "front_desk")
        text = plain(desk.get("/p/pharmacy/refills").text)
        assert "对乙酰氨基酚片" in text and "没有代号为“refill”的消息模板" in text
        template(embedded)
        assert told(embedded) == 1
        assert "消息已入队" in plain(desk.get("/p/pharmacy/refills").text)


def test_a_further_purchase_makes_a_new_run_out_to_tell_of(embedded):
    code = code_of(embedded, "对乙酰氨基酚片")
    with at("2026-11-01 10:00"):
        member = embedded.member()
        agrees(embedded, member)
        template(embedded)
        with embedded.unit() as session:
            from core.catalog import services as catalog

            item = catalog.by_code(session, code)
            catalog.change(session, item, {"attributes": {**catalog.attributes_of(item), "pharmacy.days_supply": 2}})
        for wanted in (1, 1):
            done = embedded.sell(member, code)
            with embedded.unit() as session:
                dispensing.heard(session, Event("order.paid", 0, {"order_id": done.order_id}))
            assert told(embedded) == wanted
        assert len(messages(embedded)) == 2


def test_the_contracts_name_finds_the_plugins_job():
    assert known_as("refills", {"pharmacy.refills": None, "outbox": None}) == "pharmacy.refills"
    assert known_as("outbox", {"outbox": None, "x.outbox": None}) == "outbox"
    assert known_as("refills", {"a.refills": None, "b.refills": None}) == "refills"
