"""How each route is asked: which parts are ids, and of what. A route that is not here fails the sweep."""

from __future__ import annotations

from typing import Any

from tests.sweep.asked import PERSON, PLAIN, Recipe, Ref
from tests.sweep.plugin_recipes import PLUGINS

ORDER, CARD, HOUSEHOLD, QUOTE = Ref("order"), Ref("card"), Ref("household"), Ref("quote")
ITEM, STAFF, STORE, NUMBER, CARD_NO = Ref("item"), Ref("staff"), Ref("store"), Ref("member_no"), Ref("card_number")
BATCH, STAFF_ID, APPROVAL, SITTING = Ref("batch"), Ref("staff_id"), Ref("approval"), Ref("sitting")
NOTICE, COURSE, USE, HELD = Ref("notice"), Ref("course"), Ref("course_use"), Ref("held")
FACT, GLASS = Ref("health_fact"), Ref("glass")
TOP_UP, SETTLEMENT, REDEMPTION = Ref("top_up"), Ref("settlement"), Ref("redemption")
BROUGHT = {"person_id": PERSON, "top_up_id": Ref("brought")}
VISIT, PHOTO, PHOTO_CODE = Ref("visit"), Ref("photo"), Ref("photo_code")
PAPER_CODE = Ref("paper_code")
EDIT = {"name": "改名", "version": "1"}
LINES = {"lines": [{"line": 2, "qty": 1}]}

API = {
    "api_meta.whoami": PLAIN,
    "api_members.enrol": Recipe(json={"name": "新人", "contact_of": PERSON}),
    "api_members.find": Recipe(query={"card": CARD_NO}),
    "api_members.read": Recipe({"member_id": PERSON}),
    "api_members.change": Recipe({"member_id": PERSON}, json={"version": 1, "occupation": "改"}),
    "api_members.consent": Recipe({"member_id": PERSON}, json={"purpose": "profiling", "granted": True}),
    "api_ledger.movements": Recipe({"member_id": PERSON}),
    "api_health.read": Recipe({"member_id": PERSON}),
    "api_health.write": Recipe({"member_id": PERSON}, json={"version": 1, "allergies": [{"id": FACT, "why": "扫"}]}),
    "api_households.open_household": Recipe(json={"card_id": CARD}),
    "api_households.seat": Recipe({"household_id": HOUSEHOLD}, json={"member_id": PERSON, "role": "other"}),
    "api_households.act": Recipe({"card_id": CARD}, json={"action": "freeze", "reason": "扫"}),
    "api_segments.preview": Recipe(json={"condition": {"all": [{"fact": "visits", "op": "ge", "value": 1}]}}),
    "api_items.list_items": Recipe(query={"q": ITEM}),
    "api_items.add": Recipe(json={"code": "SWEEP", "name": "扫", "kind": "service", "price_fen": 1}),
    "api_items.read": Recipe({"code": ITEM}),
    "api_items.change": Recipe({"code": ITEM}, json={"price_fen": 100}),
    "api_items.price_table": Recipe({"code": ITEM}),
    "api_items.price_from": Recipe({"code": ITEM}, json={"price_fen": 100, "valid_from": "2099-01-01", "store": STORE}),
    "api_items.stock": Recipe({"code": ITEM}),
    "api_items.set_stock": Recipe({"code": ITEM}, json={STORE: 3}),
    "api_quotes.quote": Recipe(json={"member_id": PERSON, "lines": [{"item": ITEM, "qty": 1, "performer": STAFF}]}),
    "api_orders.sell": Recipe(json={"quote_id": QUOTE, "tenders": [{"kind": "cash", "amount_fen": 1}]}),
    "api_orders.read": Recipe({"order_no": ORDER}),
    "api_orders.pay": Recipe({"order_no": ORDER}, json={"tenders": [{"kind": "cash", "amount_fen": 1}]}),
    "api_orders.preview": Recipe({"order_no": ORDER}, json=LINES),
    "api_orders.refund": Recipe({"order_no": ORDER}, json={**LINES, "reason": "扫"}),
    "api_invoices.act": Recipe({"order_no": ORDER}, json={"action": "request", "title": "扫一扫"}),
    "api_courses.read": Recipe({"course_id": COURSE}),
    "api_courses.use": Recipe({"course_id": COURSE}, json={"for_member_id": PERSON, "performer": STAFF}),
    "api_courses.undo": Recipe({"course_id": COURSE, "use_id": USE}, json={"reason": "扫一扫"}),
    "api_wallet.read": Recipe({"member_id": PERSON}),
    "api_wallet.preview_back": Recipe({"member_id": PERSON, "top_up_id": Ref("brought")}, json={}),
    "api_wallet.give_back": Recipe(
        {"member_id": PERSON, "top_up_id": Ref("brought")}, json={"payout": {"kind": "cash"}, "reason": "扫一扫"}
    ),
    "api_wallet.act": Recipe({"member_id": PERSON}, json={"action": "report_lost", "reason": "扫一扫"}),
    "api_rewards.list_rewards": Recipe(query={"member_id": PERSON}),
    "api_rewards.redeem_reward": Recipe({"member_id": PERSON}, json={"reward": "R-CHECK", "qty": 1}),
    "api_rewards.read": Recipe({"redemption_id": REDEMPTION}),
    "api_rewards.act": Recipe({"redemption_id": REDEMPTION}, json={"action": "cancel", "reason": "扫一扫"}),
    "api_approvals.adjust": Recipe({"member_id": PERSON}, json={"unit": "points", "delta": 5, "reason": "扫一扫"}),
    "api_approvals.read": Recipe({"approval_id": APPROVAL}),
    "api_approvals.decide": Recipe({"approval_id": APPROVAL}, json={"decision": "refuse", "reason": "扫一扫"}),
    "api_staff.prove": Recipe(json={"staff": STAFF, "pin": "000000", "purpose": "refund", "payload_sha256": "0" * 64}),
    "probes.openapi": PLAIN,
    "probes.healthz": PLAIN,
    "probes.readyz": PLAIN,
}

DESK = {
    "desk.till": Recipe(query={"done": Ref("order_id")}),
    "desk.card_payback": PLAIN,
    "desk.card_payback_cards": Recipe({"code": "CARD-FAMILY"}, query={"back": "1"}),
    "desk.find": Recipe(query={"q": CARD_NO}),
    "desk.till_items": Recipe(query={"q": ITEM}),
    "desk.till_member": Recipe(form={"person_id": PERSON}),
    "desk.till_add": Recipe(form={"item": ITEM, "for": PERSON, "performer": STAFF}),
    "desk.till_line": Recipe({"key": "abc"}, form={"qty": "2", "for": PERSON, "performer": STAFF}),
    "desk.till_site": Recipe({"key": "abc"}, form={"site": "36 MO"}),
    "desk.till_points": Recipe(form={"points": "100"}),
    "desk.till_stored": Recipe(form={"use": "1", "value": "1"}),
    "desk.wallet": Recipe({"person_id": PERSON}),
    "desk.value_back": Recipe(BROUGHT),
    "desk.value_back_preview": Recipe(BROUGHT, form={"formula_0": "operator", "payout": "cash"}),
    "desk.value_back_post": Recipe(BROUGHT, form={"formula_0": "operator", "payout": "cash", "reason": "扫一扫"}),
    "desk.wallet_act": Recipe({"person_id": PERSON}, form={"action": "report_lost", "reason": "扫一扫"}),
    "desk.wallet_pin": Recipe({"person_id": PERSON}, form={"pin": "739146", "again": "739146"}),
    "desk.wallet_identity": Recipe({"person_id": PERSON}, form={"identity_kind": "passport", "identity": "E12345678"}),
    "desk.wallet_statement": Recipe({"person_id": PERSON}),
    "desk.wallet_limits": PLAIN,
    "desk.limits_save": Recipe(form={"key": "named_max_fen", "value": "4000"}),
    "desk.settlement": Recipe(query={"month": "2026-11"}),
    "desk.till_ack": Recipe({"finding": "abc"}),
    "desk.till_override": Recipe({"finding": "abc"}, form={"reason": "扫一扫原因", "number": "101", "pin": "000000"}),
    "desk.till_pay": Recipe(form={"kind": "cash", "pay_key": "abc", "shown": "abc"}),
    "desk.till_clear": PLAIN,
    "desk.till_hold": PLAIN,
    "desk.till_resume": Recipe({"held_id": HELD}),
    "desk.till_drop": Recipe({"held_id": HELD}),
    "desk.enrol": PLAIN,
    "desk.enrol_post": Recipe(form={"name": "新人", "contact_of": PERSON, "referrer": NUMBER}),
    "desk.referrals": Recipe({"person_id": PERSON}),
    "desk.referral_code": Recipe({"person_id": PERSON}),
    "desk.referrer_attach": Recipe({"person_id": PERSON}, form={"referrer": NUMBER, "why": "扫一扫"}),
    "desk.members": PLAIN,
    "desk.member_columns": Recipe(form={"column": "phone"}),
    "desk.member": Recipe({"person_id": PERSON}),
    "programme.public": Recipe({"code": "f1"}),
    "programme.open_public": Recipe(form={"on": "1"}),
    "tiers.movement": Recipe({"number": "1"}),
    "replay.page": Recipe(query={"id": "1"}),
    "replay.start": PLAIN,
    "desk.member_right": Recipe({"person_id": PERSON, "code": "priority_delivery"}),
    "desk.member_tab": Recipe({"person_id": PERSON, "key": "timeline"}),
    "desk.member_edit": Recipe({"person_id": PERSON}),
    "desk.member_save": Recipe({"person_id": PERSON}, form=EDIT),
    "desk.member_tags": Recipe({"person_id": PERSON}, form={"tag": "扫"}),
    "desk.member_consents": Recipe({"person_id": PERSON}, form={"purpose": "profiling", "granted": "1"}),
    "desk.consents": Recipe({"person_id": PERSON}),
    "desk.consent": Recipe({"person_id": PERSON, "purpose": "profiling"}),
    "desk.consent_say": Recipe({"person_id": PERSON, "purpose": "profiling"}, form={"granted": "1"}),
    "desk.consent_sheet": Recipe({"person_id": PERSON, "purpose": "photo_record"}),
    "desk.consent_texts": PLAIN,
    "desk.consent_text_publish": Recipe({"purpose": "profiling"}, form={"body": "扫一扫扫一扫扫一扫扫一扫"}),
    "care.visits": Recipe({"person_id": PERSON}),
    "care.visit_new": Recipe({"person_id": PERSON}, form={"kind": "first"}),
    "care.visit": Recipe({"person_id": PERSON, "visit_id": VISIT}),
    "care.visit_edit": Recipe({"person_id": PERSON, "visit_id": VISIT}),
    "care.visit_save": Recipe({"person_id": PERSON, "visit_id": VISIT}, form={"note": "扫", "practitioner": STAFF_ID}),
    "care.visit_amend": Recipe({"person_id": PERSON, "visit_id": VISIT}),
    "care.visit_document": Recipe({"person_id": PERSON, "visit_id": VISIT}, form={"note": "扫"}),
    "care.papers": Recipe({"person_id": PERSON}),
    "care.papers_add": Recipe({"person_id": PERSON}, form={"kind": "care.other", "note": "扫"}),
    "care.paper": Recipe({"code": PAPER_CODE}),
    "care.paper_small": Recipe({"code": PAPER_CODE}),
    "care.paper_remove": Recipe({"code": PAPER_CODE}, form={"reason": "扫一扫"}),
    "care.photos": Recipe({"person_id": PERSON}),
    "care.photo_add": Recipe({"person_id": PERSON}, form={"angle": "front", "phase": "day0", "set_name": "扫"}),
    "care.photo_compare": Recipe({"person_id": PERSON}, query={"a": PHOTO, "b": PHOTO}),
    "care.photo": Recipe({"code": PHOTO_CODE}),
    "care.photo_small": Recipe({"code": PHOTO_CODE}),
    "care.photo_remove": Recipe({"code": PHOTO_CODE}, form={"reason": "扫一扫"}),
    "desk.member_unmask": Recipe({"person_id": PERSON}, form={"reason": "核对身份"}),
    "desk.household": Recipe({"card_id": CARD}),
    "desk.seat_new": Recipe({"card_id": CARD}, form={"person_id": PERSON, "role": "other"}),
    "desk.seat_leave": Recipe({"card_id": CARD, "person_id": PERSON}),
    "desk.orders": PLAIN,
    "desk.order": Recipe({"order_no": ORDER}),
    "desk.invoice_act": Recipe({"order_no": ORDER}, form={"act": "request", "title": "扫一扫"}),
    "desk.receipt": Recipe({"order_no": ORDER}),
    "desk.receipt_done": Recipe({"order_no": ORDER}),
    "desk.refund": Recipe({"order_no": ORDER}),
    "desk.order_pay": Recipe({"order_no": ORDER}, form={"once": "abc", "kind": "cash", "amount": "1"}),
    "desk.refund_preview": Recipe({"order_no": ORDER}, form={"qty_2": "1"}),
    "desk.refund_ask": Recipe({"order_no": ORDER}, form={"qty_2": "1", "reason": "扫一扫", "preview_id": "x"}),
    "desk.till_confirm": Recipe(form={"what": "price", "number": STAFF, "pin": "000000"}),
    "desk.till_price_ask": PLAIN,
    "desk.adjust": Recipe({"person_id": PERSON}),
    "desk.adjust_points": Recipe({"person_id": PERSON}, form={"delta": "7", "reason": "扫一扫"}),
    "desk.adjust_tier": Recipe({"person_id": PERSON}, form={"tier": "none", "until": "2026-12-31", "reason": "扫"}),
    "desk.staff_person": Recipe({"staff_id": STAFF_ID}, form={"member_no": NUMBER}),
    "desk.tenders": Recipe(query={"layer": "store", "store": STORE}),
    "desk.tenders_save": Recipe(form={"layer": "store", "store": STORE, "on_cash": "1"}),
    "desk.rewards": PLAIN,
    "desk.rewards_of": Recipe({"person_id": PERSON}),
    "desk.rewards_take": Recipe({"person_id": PERSON}, form={"reward": "R-CHECK", "qty": "1"}),
    "desk.redemption": Recipe({"redemption_id": REDEMPTION}),
    "desk.redemption_step": Recipe({"redemption_id": REDEMPTION}, form={"act": "fulfil"}),
    "desk.redemption_cancel": Recipe({"redemption_id": REDEMPTION}, form={"reason": "扫一扫"}),
    "desk.lots": Recipe({"person_id": PERSON}),
    "desk.lot_extend": Recipe({"person_id": PERSON, "lot_id": Ref("lot")}, form={"reason": "扫一扫"}),
    "desk.anomalies": PLAIN,
    "desk.anomaly_review": Recipe(form={"key": "refund:1:2026-01-01", "note": "扫一扫"}),
    "desk.burn": Recipe({"person_id": PERSON}),
    "desk.burn_post": Recipe({"person_id": PERSON}, form={"pick": "1:X", "for": PERSON, "performer": STAFF_ID}),
    "desk.course": Recipe({"course_id": COURSE}),
    "desk.course_undo": Recipe({"course_id": COURSE, "use_id": USE}, form={"reason": "扫一扫"}),
    "desk.course_freeze": Recipe({"course_id": COURSE}, form={"reason": "扫一扫"}),
    "desk.course_extend": Recipe({"course_id": COURSE}, form={"days": "3", "reason": "扫一扫"}),
    "desk.course_transfer": Recipe({"course_id": COURSE}, form={"member_no": NUMBER, "reason": "扫一扫"}),
    "desk.refund_post": Recipe({"order_no": ORDER}, form={"qty_2": "1", "reason": "扫", "preview_id": "x"}),
}

ORG = {
    "org.home": PLAIN,
    "org.security": PLAIN,
    "org.still_here": PLAIN,
    "org.preferences": Recipe(form={"theme": "dark"}),
    "org.sign_in": PLAIN,
    "org.sign_in_post": Recipe(form={"login": "nobody", "password": "wrong"}),
    "org.lock": PLAIN,
    "org.lock_post": PLAIN,
    "org.unlock": Recipe(form={"staff": STAFF, "pin": "000000"}),
    "org.sign_out": PLAIN,
    "org.switch_store": Recipe(form={"store": STORE}),
    "org.totp": PLAIN,
    "org.totp_post": Recipe(form={"code": "000000"}),
    "org.totp_enrol": PLAIN,
    "org.totp_enrol_post": Recipe(form={"secret": "JBSWY3DPEHPK3PXP", "code": "000000"}),
    "org.change_password": PLAIN,
    "org.change_password_post": Recipe(form={"old": "wrong", "new": "correct horse battery"}),
    "org.set_pin": Recipe(form={"password": "wrong", "pin": "135790"}),
    "org.my_sessions_end": Recipe(form={"session": SITTING}),
    "org.roles": Recipe(query={"q": "退款", "role": "manager"}),
    "org.roles_preview": Recipe(form={"version": "0", "role": "manager", "g": "manager|orders.sell"}),
    "org.roles_save": Recipe(form={"version": "0", "change": "marketing|people.view|1", "pin": "000000"}),
    "org.role_new": Recipe(form={"name": "扫一扫角色", "like": "front_desk"}),
    "org.role_drop": Recipe({"code": "own_9"}),
    "org.view_as": Recipe(form={"role": "none"}),
    "org.view_as_leave": PLAIN,
    "org.staff_member": Recipe({"staff_id": STAFF_ID}),
    "org.staff_new": PLAIN,
    "org.staff_new_post": Recipe(form={"number": "S-1", "name": "扫", "role": "marketing", "role_store": STORE}),
    "org.staff_edit": Recipe({"staff_id": STAFF_ID}),
    "org.staff_edit_post": Recipe({"staff_id": STAFF_ID}, form={"name": "扫", "version": "0", "store_id": STORE}),
    "org.staff_roles": Recipe({"staff_id": STAFF_ID}),
    "org.staff_roles_post": Recipe({"staff_id": STAFF_ID}, form={"role_0": "marketing", "store_0": STORE}),
    "org.staff_reset": Recipe({"staff_id": Ref("spare_staff")}),
    "org.staff_totp": Recipe({"staff_id": Ref("spare_staff")}),
    "org.staff_active": Recipe({"staff_id": Ref("spare_staff")}, form={"active": "1"}),
    "org.staff_sessions_end": Recipe({"staff_id": Ref("spare_staff")}, form={"session": SITTING}),
    "org.settings": Recipe(query={"layer": "store", "store": STORE}),
    "org.setting_save": Recipe(
        {"key": "orders.refund_proof_above_fen"}, form={"layer": "store", "store": STORE, "value": "200"}
    ),
    "org.approvals": Recipe(query={"tab": "done"}),
    "org.approval": Recipe({"request_id": APPROVAL}),
    "org.approval_approve": Recipe({"request_id": APPROVAL}, form={"pin": "000000"}),
    "org.approval_refuse": Recipe({"request_id": APPROVAL}, form={"answer": "扫一扫"}),
    "org.approval_withdraw": Recipe({"request_id": APPROVAL}),
    "assets.file": Recipe({"name": "nothing.css"}),
    "console.plugins": Recipe(query={"key": "dental"}),
    "console.switch": Recipe({"key": "physio"}, form={"on": "1"}),
    "console.retry": Recipe({"key": "dental"}),
    "console.plugin_settings_page": Recipe({"key": "dental"}),
    "console.plugin_settings_save": Recipe({"key": "dental"}),
    "org.notices": Recipe(query={"before": "5"}),  # a place in one's own list, no reference
    "org.notices_read": PLAIN,
    "org.notice_open": Recipe({"notice_id": NOTICE}),
    "desk.search": Recipe(query={"q": ORDER}),
}

FRANCHISE, TEMPLATE = Ref("franchise"), Ref("template")
CHAIN = {
    "console.chain_home": PLAIN,
    "console.chain_franchise": Recipe({"franchise_id": FRANCHISE}),
    "console.chain_count": PLAIN,
    "console.chain_new": PLAIN,
    # Nothing typed: founding itself, and what it may not do, is tested in tests/core/console/test_chain.py.
    "console.chain_found": PLAIN,
    "console.chain_plugins": PLAIN,
    # An unknown plugin: a decision of the chain rightly writes a line into the other franchise of the chain.
    "console.chain_allow": Recipe({"key": "nowhere"}, form={"allowed": "1"}),
    "console.chain_templates": PLAIN,
    "console.chain_hand_out": Recipe(form={"name": "扫", "source": "franchise:x"}),
    "console.chain_template_withdraw": Recipe({"template_id": TEMPLATE}),
    "console.audit": Recipe(query={"f.person": PERSON}),
    "console.audit_check": PLAIN,
    "console.audit_entry": Recipe({"entry_id": Ref("audit")}),
    "console.audit_open": Recipe({"entry_id": Ref("audit")}),
}

ENTRY, PREVIEW = Recipe({"entry_id": Ref("entry")}), Ref("preview")
PROGRAMME = {
    "programme.index": PLAIN,
    "programme.open_draft": PLAIN,
    "programme.discard": PLAIN,
    "programme.acknowledge_depth": PLAIN,
    "programme.import_draft": PLAIN,
    "programme.export_version": Recipe({"number": "1"}),
    "programme.export_draft": PLAIN,
    "programme.new_entry": Recipe({"section": "tiers"}),
    "programme.add_entry": Recipe({"section": "tiers"}, form={"code": "x", "name": "扫"}),
    "programme.entry": ENTRY,
    "programme.save_entry": Recipe({"entry_id": Ref("entry")}, form={"code": "x", "name": "扫", "version": "1"}),
    "programme.remove_entry": ENTRY,
    "programme.up": ENTRY,
    "programme.diff": PLAIN,
    "programme.version": Recipe({"number": "1"}),
    "programme.rules": PLAIN,
    "tiers.preview": Recipe(query={"id": PREVIEW}),
    "tiers.make_preview": PLAIN,
    "tiers.preview_csv": Recipe({"preview_id": PREVIEW}),
    "tiers.publish": Recipe(form={"preview": PREVIEW}),
}

ONE_BATCH = Recipe({"batch_id": BATCH})
IMPORTS = {
    "imports.index": PLAIN,
    "imports.new": PLAIN,
    "imports.template": PLAIN,
    "imports.upload": PLAIN,
    "imports.batch": ONE_BATCH,
    "imports.mapping": Recipe({"batch_id": BATCH}, form={"column_0": "name", "column_1": "phone"}),
    "imports.remap": ONE_BATCH,
    "imports.run": ONE_BATCH,
    "imports.pause": ONE_BATCH,
    "imports.resume": ONE_BATCH,
    "imports.progress": ONE_BATCH,
    "imports.errors": Recipe({"batch_id": BATCH, "kind": "csv"}),
    "imports.undo": ONE_BATCH,
    "imports.undo_preview": ONE_BATCH,
    "imports.discard": ONE_BATCH,
    "imports.passwords": ONE_BATCH,
}


ONE_ITEM = Recipe({"item_id": Ref("item_id")})
CATALOG = {
    "catalog.item": ONE_ITEM,
    "catalog.item_new": Recipe(query={"kind": "card"}),
    "catalog.item_add": Recipe(form={"kind": "service", "code": "SWEEP-1", "name": "扫", "price_fen": "1"}),
    "catalog.item_edit": ONE_ITEM,
    "catalog.item_save": Recipe({"item_id": Ref("item_id")}, form={"name": "扫", "version": "1"}),
    "catalog.price_set": Recipe(
        {"item_id": Ref("item_id")}, form={"price": "9", "valid_from": "2099-01-01", "store": STORE}
    ),
    "catalog.price_withdraw": Recipe({"item_id": Ref("item_id"), "price_id": Ref("item_price")}),
    "catalog.stock_set": ONE_ITEM,
}

ONE_SEGMENT, ONE_TAG = Recipe({"code": Ref("segment")}), Recipe({"tag_id": Ref("tag_definition")})
LEAF = {"c.0.kind": "all", "c.0.0.fact": "age", "c.0.0.was": "age", "c.0.0.op": "ge", "c.0.0.v": "60"}
SEGMENTS = {
    "segments.index": PLAIN,
    "segments.new": PLAIN,
    "segments.create": Recipe(form={**LEAF, "name": "扫", "purpose": "marketing"}),
    "segments.segment": ONE_SEGMENT,
    "segments.edit": ONE_SEGMENT,
    "segments.save": Recipe({"code": Ref("segment")}, form={**LEAF, "name": "扫", "purpose": "care", "version": "1"}),
    "segments.count": ONE_SEGMENT,
    "segments.archive": Recipe({"code": Ref("segment")}, form={"active": ""}),
    "segments.tags": PLAIN,
    "segments.tag_new": PLAIN,
    "segments.tag_create": Recipe(form={**LEAF, "tag": "扫一扫", "mode": "auto"}),
    "segments.tag_edit": ONE_TAG,
    "segments.tag_save": Recipe({"tag_id": Ref("tag_definition")}, form={**LEAF, "mode": "auto", "version": "1"}),
    "segments.gradings": PLAIN,
    "segments.gradings_save": Recipe(form={"do": "preview"}),
}


ONE_TASK, STATE = Recipe({"task_id": Ref("task")}), "f.gender=female&c=name"
LISTS = {
    "lists.columns": Recipe({"key": "members"}, form={"column": "phone", "back": "/members"}),
    "lists.view_save": Recipe({"key": "members"}, form={"name": "扫一扫", "s": STATE, "back": "/members"}),
    "lists.view_change": Recipe({"key": "members", "view_id": Ref("view")}, form={"name": "扫", "back": "/members"}),
    "lists.bulk": Recipe(
        {"key": "members"}, form={"act": "members.tag_add", "id": PERSON, "s": "", "back": "/members"}
    ),
    "lists.bulk_run": Recipe({"key": "members"}, form={"act": "members.tag_add", "id": PERSON, "f.tag": "扫"}),
    "lists.export": Recipe({"key": "members"}, query={"s": STATE}),
    "lists.export_post": Recipe({"key": "members"}, form={"s": STATE, "format": "csv"}),
    "lists.history": Recipe({"kind": "person", "object_id": PERSON}),
    "lists.task_list": PLAIN,
    "lists.task_progress": PLAIN,
    "lists.task_cancel": ONE_TASK,
    "lists.task_retry": ONE_TASK,
    "lists.task_undo": ONE_TASK,
    "lists.task_file": ONE_TASK,
}


def records(key: str, ref: Ref, **form: Any) -> dict[str, Recipe]:
    """Return the recipes of a record view."""
    name = f"record_{key}"
    one = {"id": ref}
    return {
        f"{name}.index_view": PLAIN,
        f"{name}.columns_view": Recipe(form={"column": "name"}),
        f"{name}.create_view": Recipe(form=form),
        f"{name}.edit_view": Recipe(query=one, form=form),
        f"{name}.details_view": Recipe(query=one),
        f"{name}.delete_view": Recipe(form=one),
        f"{name}.action_view": Recipe(form={"action": "delete", "rowid": ref}),
        f"{name}.ajax_lookup": Recipe(query={"name": "store", "query": "店"}),
        f"{name}.ajax_update": Recipe(form={"list_form_pk": ref, "name": "改"}),
        f"{name}.export": Recipe({"export_type": "csv"}),
    }


SHIFT = Ref("shift")
ONE_SHIFT, ONE_DAY = Recipe({"shift_id": SHIFT}), Recipe({"on": "2026-01-05"}, query={"store": STORE})
CASH = {
    "api_shifts.open_shift": Recipe(json={"float_fen": 0}),
    "api_shifts.close_shift": Recipe({"shift_id": SHIFT}, json={"counted_fen": 1, "reason": "扫一扫"}),
    "cash.mine": PLAIN,
    "cash.open_shift": Recipe(form={"float": "0"}),
    "cash.move": Recipe(form={"code": "change", "amount": "1"}),
    "cash.shifts": Recipe(query={"f.store": STORE}),
    "cash.shift": ONE_SHIFT,
    "cash.close": Recipe({"shift_id": SHIFT}, form={"counted": "1", "reason": "扫一扫"}),
    "cash.ask": Recipe({"shift_id": SHIFT}, form={"counted": "1", "reason": "扫一扫"}),
    "cash.days": Recipe(query={"f.store": STORE}),
    "cash.day": ONE_DAY,
    "cash.day_close": Recipe({"on": "2026-01-05"}, form={"store": STORE, "seen": "x"}),
    "cash.sheet": ONE_DAY,
}

CARE = {
    "care.health": Recipe({"person_id": PERSON}),
    "care.asked": Recipe({"person_id": PERSON}, form={"status": "none_known"}),
    "care.allergy": Recipe({"person_id": PERSON}, form={"substance": "class:latex"}),
    "care.fact": Recipe({"person_id": PERSON}, form={"kind": "condition", "code": "asthma"}),
    "care.change": Recipe({"person_id": PERSON, "fact_id": FACT}, form={"status": "inactive"}),
    "care.substances": Recipe(query={"q": "青霉素"}),
    "care.glass": Recipe({"person_id": PERSON}),
    "care.glass_post": Recipe(
        {"person_id": PERSON}, form={"reason_code": "other", "reason": "扫一扫每一条路由都要挡住", "pin": "000000"}
    ),
    "care.reviews": Recipe(query={"before": GLASS}),
    "care.review": Recipe({"glass_id": GLASS}, form={"ruling": "justified"}),
    "care.overrides": Recipe(query={"month": "2026-11"}),
}

RECIPES: dict[str, Recipe] = {
    **API, **CARE, **DESK, **ORG, **PLUGINS, **CHAIN, **IMPORTS, **PROGRAMME, **SEGMENTS, **CATALOG, **LISTS, **CASH,
    **records("staff", STAFF, name="改名", number="950"),
    **records("items", Ref("item_id"), name="改名"),
    **records("person_fields", Ref("person_field"), label="改名", kind="text"),
    **records("message_templates", Ref("message_template"), name="改名", code="swept", body="扫"),
    **records("orders", Ref("order_id")),
    **records("order_lines", Ref("order_line")),
    **records("till_entries", Ref("till_entry")),
    **records("transfers", Ref("transfer")),
    **records("lots", Ref("lot")),
    **records("cards", CARD),
    **records("coupons", Ref("coupon")),
    **records("courses", COURSE),
    **records("course_uses", USE),
    **records("top_ups", TOP_UP),
    **records("settlements", SETTLEMENT),
    **records("redemptions", REDEMPTION),
    **records("expiry_notices", Ref("expiry_notice")),
    **records("referrals", Ref("referral")),
    **records("stores", STORE, name="改名", code="95"),
}  # fmt: skip
