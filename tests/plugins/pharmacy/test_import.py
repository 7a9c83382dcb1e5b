"""`flask … pharmacy import KIND FILE`: a dry run that tells the difference, and the run that writes."""

from __future__ import annotations

import json

from click.testing import CliRunner
from sqlalchemy import func, select

from plugins.pharmacy import knowledge
from plugins.pharmacy.data_views import import_command
from plugins.pharmacy.models import PharmacyDataset


def run(*words):
    return CliRunner().invoke(import_command, [str(one) for one in words])


def kept(house):
    with house.unit("read") as session:
        return session.scalar(select(func.count(PharmacyDataset.id)))


def test_a_dry_run_tells_and_a_run_writes_once(embedded, tmp_path):
    lines = knowledge.shipped_text(knowledge.INTERACTIONS).splitlines(keepends=True)
    file = tmp_path / "interactions.csv"
    file.write_text("".join(one for one in lines if "paracetamol" not in one) + (
        "paracetamol,N02BE01,对乙酰氨基酚,loratadine,R06AX13,氯雷他定,contraindicated,x,试验条目,本店,high,0,,\n"
    ), "utf-8")  # fmt: skip
    house = str(embedded.house.pharmacy.franchise_id)
    words = ("interactions", file, "--franchise", house, "--version", "2026.12")
    dry = run(*words)
    assert dry.exit_code == 0 and "dry run" in dry.output and "added 1" in dry.output, dry.output
    assert kept(embedded) == 0
    told = json.loads(run(*words, "--write", "--json").output)
    assert (told["from"], told["to"], told["added"], told["written"]) == ("2026.11", "2026.12", 1, True)
    member = embedded.member()
    embedded.takes(member, "loratadine")
    assert ("interaction", "contraindicated", 1) in embedded.findings(member, "D0035")
    assert run(*words, "--write").exit_code == 1 and kept(embedded) == 1, "the same again"
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", "utf-8")
    assert run("interactions", bad, "--franchise", house, "--version", "x").exit_code == 1
    elsewhere = str(embedded.house.dental.franchise_id)
    assert run("interactions", file, "--franchise", elsewhere, "--version", "x").exit_code == 2
