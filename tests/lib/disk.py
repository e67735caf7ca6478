# SPDX-License-Identifier: MIT
"""A small disk for a state directory, that can be full, read-only, or break.

    with Disk() as disk:
        gateway = Gateway(directory, "--state", disk.state, within=disk.within)
        disk.fill()

It is mounted in a mount namespace of its own, in which the daemon is started too, so that nothing
is left behind; with a user namespace around it that takes no rights.  `outside` is the state
directory as this process sees it.  Breakable() is for root alone.
"""

import errno
import os
import pathlib
import subprocess
import tempfile

CHUNK = 1024
MOUNT_TMPFS = 'mount -t tmpfs -o "size=$1k" none "$2"'
# what fails on it makes it read-only, as the disks of servers are usually mounted
MOUNT_EXT4 = """truncate -s "$1k" "$2.image" &&
mkfs.ext4 -q -E root_owner="$(id -u):$(id -g)" "$2.image" &&
mount -o loop,errors=remount-ro "$2.image" "$2" """


class Disk:
    """One disk; `works` is false where nobody may mount one."""

    def __init__(self, kib=1024, mount=MOUNT_TMPFS):
        # a name that has to be quoted in a URI
        self.folder = tempfile.TemporaryDirectory(prefix="parley-100%41?#-")
        self.mount = pathlib.Path(self.folder.name) / "disk"
        self.mount.mkdir()
        self.state = self.mount / "state"
        make, entering = ["unshare", "--mount"], []
        if os.geteuid() != 0:
            make = ["unshare", "--user", "--map-root-user", "--mount"]
            entering = ["--user", "--preserve-credentials"]
        # it ends with its input
        self.keeper = subprocess.Popen(
            [*make, "sh", "-c", f"{mount} && echo && exec cat", "sh", str(kib), str(self.mount)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.works = self.keeper.stdout.readline() == b"\n"
        self.within = ("nsenter", "--target", str(self.keeper.pid), *entering, "--mount", "--")
        self.outside = pathlib.Path(f"/proc/{self.keeper.pid}/root{self.state}")

    def run(self, *command):
        subprocess.run([*self.within, *command], check=True)

    def fill(self):
        """Takes all that is left of it."""
        with open(self.outside.parent / "ballast", "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(CHUNK))
            except OSError as error:
                assert error.errno == errno.ENOSPC, error

    def clear(self):
        (self.outside.parent / "ballast").unlink()

    def protect(self):
        """Makes it read-only; nobody may have a file open that he writes to."""
        self.run("mount", "-o", "remount,bind,ro", self.mount)

    def unprotect(self):
        self.run("mount", "-o", "remount,bind,rw", self.mount)

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Breakable(Disk):
    """A disk that the kernel finds damaged while it is in use."""

    def __init__(self, kib=8192):
        super().__init__(kib, MOUNT_EXT4)

    def damage(self):
        """From now on it is read-only for whoever has a file open, too."""
        device = os.stat(self.outside.parent).st_dev
        name = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
        trigger = pathlib.Path("/sys/fs/ext4", name, "trigger_fs_error")
        trigger.write_text("damaged", encoding="ascii")

    def repair(self):
        """Mounts it anew after a check; nobody may use it."""
        self.run("sh", "-c", """umount "$1" && cd "${1%/*}" && { e2fsck -fp disk.image || true; } &&
            mount -o loop,errors=remount-ro "$1.image" "$1" """, "sh", self.mount)
