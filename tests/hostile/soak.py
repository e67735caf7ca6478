#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Good and bad load for as long as one likes, with reloads, and what has grown at the end of it.

    PARLEY_BUILD=build tests/hostile/soak.py [--seconds 1800] [--seed N]

Each cycle runs every attack once, or as many as there is time for, always the same in an order of
its own, while two partners are served without a mistake and the directory is reloaded, broken and
rolled back. After a cycle the gateway has to be as it was after the first ones: descriptors and
threads to the last one, what it has allocated within a bound. What is resident goes up and down with
what the C library keeps of what was freed: the least of the last cycles counts. A sanitizer counts
neither: its findings take their place.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from attack import Attacker  # noqa: E402
from every import attacks  # noqa: E402
from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST  # noqa: E402
from lib.preload import sanitizers  # noqa: E402
from lib.waiting import SLOWNESS  # noqa: E402
from lib.wire import TimedOut  # noqa: E402
from scene import Failed, Scene, load  # noqa: E402

CYCLES = 10          # in the time that there is
ATTACK_MIN_S, AROUND_S = 1.0, 0.5  # an attack, and what is done before and after it
WARM = 3             # cycles after which nothing may grow
GROWTH_KIB = 512     # allocated, from the largest of the warm ones
RESIDENT_KIB = 2048  # the same of what is resident
AGE, AGE_S = 70, 0.2  # reloads in the beginning: a worker keeps the images of 64 policies
BROKEN_EVERY, BACK_EVERY = 5, 7
KEPT_RATE = 100
SETTLE_S = 30.0
BROKEN = "return sepp.partner { api = 1, nmae = \"polite\" }\n"
UNLIMITED = {"handshakes_per_minute": 0, "connections": 0}


def held(gateway):
    """(descriptors, threads, KiB allocated, KiB resident) of a gateway."""
    proc = pathlib.Path(f"/proc/{gateway.process.pid}")
    metrics = gateway.metrics()
    memory = [round(metrics[f"parley_memory_{which}bytes"] / 1024) for which in ("allocated_", "")]
    return len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir())), *memory


class Reloads:
    """New versions of a partner's file: most are taken, some are broken, some are taken back."""

    def __init__(self, scene, gateway):
        self.scene, self.gateway = scene, gateway
        self.turn = 0

    def next(self):
        self.turn += 1
        directory = self.scene.directory
        if self.turn % BROKEN_EVERY == 0:
            directory.write("partners/polite.lua", BROKEN)
            self._expect(self.gateway.reload(), 409)
        directory.partner_file("polite", self.scene.polite.plmn,
                               f"-- version {self.turn}\n{TLS_FIRST}", limits=UNLIMITED)
        self._expect(self.gateway.reload(), 200)
        if self.turn % BACK_EVERY == 0:
            self._expect(self.gateway.rollback(), 200)

    @staticmethod
    def _expect(answer, status):
        if answer[0] != status:
            raise Failed(f"a reload or rollback: {answer}")


class Kept(threading.Thread):
    """A partner on connections that stay, for so long."""

    def __init__(self, scene, gateway, seconds):
        super().__init__()
        self.scene, self.gateway, self.seconds = scene, gateway, seconds
        self.failure, self.count = None, round(KEPT_RATE * seconds)
        self.start()

    def run(self):
        try:
            seen = load(self.gateway, "keep", self.scene.kept, self.scene.kept_body, "-n",
                        str(self.count), "--rate", str(KEPT_RATE), "-c", "4", "-m", "4",
                        "--max-errors", str(self.count), limit_s=self.seconds + 60)
            if seen["ok"] != self.count or seen["lost"]:
                raise Failed(f"the kept partner: {seen}")
        except (Failed, subprocess.SubprocessError) as failure:
            self.failure = failure

    def end(self):
        self.join(self.seconds + 90)
        if self.failure or self.is_alive():
            raise Failed(str(self.failure or "the kept partner does not end"))
        return self.count


def cycle(scene, gateway, order, seconds, reloads):
    """Every attack once.  Returns how many requests of the good partners were served."""
    served = 0
    for attack in order:
        with Attacker(attack, scene, gateway, seconds) as attacker:
            kept = Kept(scene, gateway, seconds)
            attacker.begin()
            reloads.next()
            served += scene.watch(gateway, seconds).count
            reloads.next()
            served += kept.end()
            attacker.end()
    gateway.until(gateway.holds_nothing, SETTLE_S)
    return served


def grow_old(scene, gateway, reloads):
    """Until each worker has as many images of policies as it keeps.  Returns what cycle() does."""
    served = 0
    for _ in range(AGE):
        reloads.next()
        served += scene.watch(gateway, AGE_S).count
    return served


def check(gateway, samples):
    """Fails if the gateway holds more after the last cycle than after any of the warm ones."""
    descriptors, threads, allocated, resident = (max(column) for column in zip(*samples[:WARM]))

    def is_as_before():  # it may be asking a name server at this moment
        now = held(gateway)
        return now[0] <= descriptors and now[1] <= threads
    try:
        gateway.until(is_as_before, SETTLE_S)
    except TimedOut:
        raise Failed(f"descriptors and threads: {descriptors}, {threads} became "
                     f"{held(gateway)[:2]}") from None
    if sanitizers():
        return
    if samples[-1][2] > allocated + GROWTH_KIB:
        raise Failed(f"allocated: {allocated} KiB became {samples[-1][2]} KiB")
    least = min(sample[3] for sample in samples[-WARM:])
    if least > resident + RESIDENT_KIB:
        raise Failed(f"resident: {resident} KiB became {least} KiB")


def choose(total_s, dice):
    """The attacks of each cycle, and how long one of them goes on."""
    each = total_s / CYCLES / len(attacks) - AROUND_S
    if each >= ATTACK_MIN_S:
        return attacks, each
    fit = round(total_s / CYCLES / (ATTACK_MIN_S * SLOWNESS + AROUND_S))
    return dice.sample(attacks, max(1, min(fit, len(attacks)))), ATTACK_MIN_S * SLOWNESS


def soak(scene, gateway, total_s, dice):
    begin, samples, served = time.monotonic(), [], 0
    chosen, seconds = choose(total_s, dice)
    reloads = Reloads(scene, gateway)
    if not sanitizers():
        served += grow_old(scene, gateway, reloads)
    # the last cycle begins in time; there is always one to compare with
    while len(samples) <= WARM or time.monotonic() - begin < total_s:
        served += cycle(scene, gateway, dice.sample(chosen, len(chosen)), seconds, reloads)
        samples.append(held(gateway))
        print("after {:.0f} s: {} attacks, {} requests served, {} reloads; {} descriptors, "
              "{} threads, {} KiB allocated, {} KiB resident".format(
                  time.monotonic() - begin, len(samples) * len(chosen), served, reloads.turn,
                  *samples[-1]), flush=True)
    check(gateway, samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="parley-soak-") as folder:
        scene = Scene(folder, workers=2)
        scene.kept, scene.kept_body = scene.add("kept", "310-41", PRINS_FIRST + KEEP)
        gateway = scene.gateway()
        try:
            soak(scene, gateway, options.seconds, random.Random(options.seed))
            gateway.stop()  # fails unless it goes with 0: a sanitizer's finding is another
        except (Failed, AssertionError, RuntimeError) as failure:
            print(f"{gateway.log()[-4000:]}\nFAILED {failure}")
            return 1
    print("nothing has grown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
