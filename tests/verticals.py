"""A house that runs all four verticals, switched on as the switchboard does it."""

from __future__ import annotations

from typing import Any

from core.console import services
from core.kernel.tenancy import acting
from core.org.models import Franchise

VERTICALS = ("beauty", "dental", "pharmacy", "physio")


def switch(installation: Any, house: Any, key: str, on: bool) -> None:
    """Switch one vertical of a house; the chain allows it."""
    host = installation.runtime.host
    with acting(installation.actor(house)), installation.unit() as session:
        chain = session.get(Franchise, house.franchise_id).chain_id
        if on:
            services.set_allowed(session, host, chain, key, True)
        services.switch(session, host, key, on)


def all_on(installation: Any, house: Any) -> None:
    """Switch all four on."""
    for key in VERTICALS:
        switch(installation, house, key, True)
