"""The command of the long suites.

./dev soak model [STEPS] [postgresql]
                              steps against the model (default 50,000 a run; sums over runs)
./dev soak races [ROUNDS]     each race on both databases, with locks-off controls (default 1,000)
./dev soak kills [KILLS]      SIGKILLs on both databases, with two controls (default 200)
./dev soak loops [LOOPS]      the search for a profitable loop: pure rules (default 100,000), a fiftieth through services
./dev soak baskets            10,000 random baskets of each property, and the mutants of value against the model
./dev soak                    all of them
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import time

from tests.model.loop_driver import LoopDriver
from tests.model.value_driver import ValueDriver
from tests.soak import figures, kills, loops, races
from tests.soak.places import DIALECTS, place

STRETCH, LOOP_STRETCH = 1_250, 100


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def soak_model(steps: int, dialect: str) -> bool:
    """Walk `steps` steps in stretches of one seed each; every stretch is recorded when it is done."""
    done = 0
    while done < steps:
        seed, stretch = secrets.randbelow(10**9), min(STRETCH, steps - done)
        with place(dialect) as (house, _url):
            driver = ValueDriver(house, seed)
            driver.run(stretch, verify_every=500)
            driver.finish()
        done += stretch
        name = "model" if dialect == "sqlite" else f"model {dialect}"
        record = figures.add(name, steps=stretch, violations=0, seeds=[seed])
        say(f"{name}: {record['steps']} steps in all, 0 violations")
    return True


def soak_races(rounds: int) -> bool:
    """Run every race on both databases; the control must show violations."""
    fine = True
    for dialect in DIALECTS:
        for kind in races.KINDS:
            violations, examples = races.race(kind, rounds, dialect, say=say)
            seen, _examples = races.race(kind, min(rounds, 50), dialect, control=True)
            figures.add(f"race {kind} {dialect}", rounds=rounds, violations=violations, control_violations=seen)
            say(f"{kind} on {dialect}: {rounds} rounds, {violations} violations, control {seen} of 50 {examples}")
            fine = fine and violations == 0 and seen > 0
    return fine


def soak_kills(n: int) -> bool:
    """Kill on both databases, then with each fault built in."""
    fine = True
    for dialect in DIALECTS:
        found = kills.kill_loop(n, dialect, seed=secrets.randbelow(10**6), say=say)
        figures.add(f"kills {dialect}", **{k: v for k, v in found.items() if isinstance(v, int)})
        say(f"{dialect}: {found}")
        fine = fine and not (found["lost"] or found["duplicated"] or found["unbalanced"] or found["strange"])
        for control in kills.CONTROLS:
            found = kills.kill_loop(min(n, 60), dialect, seed=7, control=control)
            noticed = bool(found["duplicated"] or found["unbalanced"] or found["lost"])
            figures.add(f"control {control} {dialect}", noticed=noticed)
            say(f"control {control} on {dialect}: {'noticed' if noticed else 'NOT NOTICED'} {found}")
            fine = fine and noticed
    return fine


def soak_loops(n: int) -> bool:
    """Search for a loop that pays: over the pure rules, then through the services of both databases."""
    seed = secrets.randbelow(10**9)
    done = loops.search(n, seed)
    record = figures.add("loops, pure", loops=done, profitable=0, seeds=[seed])
    say(f"pure loops: {record['loops']} in all, none profitable")
    for dialect in DIALECTS:
        left = max(n // 100, 1)
        while left:
            seed, stretch = secrets.randbelow(10**9), min(LOOP_STRETCH, left)
            with place(dialect) as (house, _url):
                LoopDriver(house, seed).walk(stretch)
            left -= stretch
            record = figures.add(f"loops, services {dialect}", loops=stretch, profitable=0, seeds=[seed])
            say(f"loops through the services of {dialect}: {record['loops']} in all, none profitable")
    return True


def soak_baskets() -> bool:
    """Run the soak-marked property tests."""
    return subprocess.call([sys.executable, "-m", "pytest", "-q", "-m", "soak", "tests/core", "tests/model"]) == 0


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 when every suite held."""
    name = arguments[0] if arguments else "all"
    n = int(arguments[1]) if len(arguments) > 1 else 0
    suites = {
        "baskets": soak_baskets,
        "races": lambda: soak_races(n or 1000),
        "kills": lambda: soak_kills(n or 200),
        "loops": lambda: soak_loops(n or 100_000),
        "model": lambda: soak_model(n or 50_000, arguments[2] if len(arguments) > 2 else DIALECTS[0]),
    }
    if name != "all" and name not in suites:
        print(__doc__)
        return 2
    wanted = list(suites) if name == "all" else [name]
    outcomes = [suites[key]() for key in wanted]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
