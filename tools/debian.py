"""Debian packages fetched and unpacked into the cache, without root and without installing them.

The mirror comes from the machine's own apt configuration. A private sources list and private
package lists leave the machine's own as they are.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.console import SetupError, run, step
from tools.paths import cache_dir

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

Sources = Sequence[tuple[str, str]]  # (mirror, suite) of each


def index_targets() -> Sources:
    """Return (mirror, suite) of each Debian source that the machine is configured for.

    :raises SetupError: when there is no apt here, or no source with Debian's ``main``
    """
    template = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", template, "Created-By: Packages"]
    try:
        lines = subprocess.check_output(command, text=True).splitlines()
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            "Packages come through Debian's apt-get; without it, set ODOO_PATH to an Odoo 19."
        ) from error
    sources = [(parts[0], parts[1]) for parts in map(str.split, lines) if parts[2:] == ["main"]]
    if not any(is_debian(mirror) for mirror, _ in sources):
        raise SetupError("The machine's apt knows no Debian mirror; set ODOO_PATH to an Odoo 19.")
    return sources


def is_debian(mirror: str) -> bool:
    """Tell a mirror of Debian's main archive from one of its security archive or of others."""
    return mirror.rstrip("/").endswith("/debian")


class Apt:
    """apt-get with a sources list and package lists of its own."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        """Prepare it in a folder for these (mirror, suite); fetches nothing yet."""
        signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        lines = [f"deb {signed_by}{mirror} {suite} main\n" for mirror, suite in sources]
        (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (folder / name).mkdir(parents=True)
        self._folder = folder
        self._options = [
            "-o", f"Dir::Etc::sourcelist={folder / 'sources.list'}",
            "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", f"Dir::State::Lists={folder / 'lists'}",
            "-o", f"Dir::Cache={folder / 'cache'}",
            "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Languages=none",
        ]

    def update(self) -> None:
        """Fetch the package lists."""
        failure = "Debian's package lists could not be fetched; is there a network?"
        self._run("update", failure=failure)

    def version(self, package: str) -> str:
        """Return the version of a package that would be fetched.

        :raises SetupError: when the mirror does not have it
        """
        command = ["apt-cache", *self._options, "show", "--no-all-versions", package]
        output = subprocess.run(command, capture_output=True, text=True).stdout
        for line in output.splitlines():
            if line.startswith("Version: "):
                return line.removeprefix("Version: ")
        raise SetupError(f"Debian's mirror does not carry the package {package}.")

    def missing_closure(self, packages: Sequence[str]) -> list[str]:
        """Return these packages and all they depend on, less what is installed on this machine."""
        command = ["apt-get", *self._options, "--simulate", "--no-install-recommends", "install"]
        result = subprocess.run([*command, *packages], capture_output=True, text=True)
        if result.returncode != 0:
            raise SetupError(f"apt-get finds no way to {' and '.join(packages)}: {result.stderr}")
        return [line.split()[1] for line in result.stdout.splitlines() if line.startswith("Inst ")]

    def unpack(self, packages: Sequence[str], target: Path) -> None:
        """Download the packages (``name`` or ``name/suite``) and unpack them into a folder."""
        failure = f"Debian's {packages[0]} could not be downloaded; is there a network?"
        self._run("download", *packages, failure=failure)
        for deb in sorted((self._folder / "debs").glob("*.deb")):
            run(["dpkg-deb", "-x", deb, target], "apt", f"{deb.name} could not be unpacked.")
            deb.unlink()

    def _run(self, *arguments: str, failure: str) -> None:
        command = ["apt-get", *self._options, *arguments]
        run(command, "apt", failure, cwd=self._folder / "debs")


def unpacked(
    package: str, size: str, sources: Callable[[], Sources], wanted: Callable[[Apt], Sequence[str]]
) -> Path:
    """Return the cache folder with a package unpacked; fetch it when no version of it is there.

    The folder appears whole or not at all: it is filled under another name, then renamed.

    :param size: of the download, to say before it starts
    :param sources: returns where to look; asked only when something is to be fetched
    :param wanted: returns all packages to unpack, asked once the package lists are there
    """
    cached = sorted(cache_dir().glob(f"{package}_*"))
    if cached:
        return cached[-1]
    progress = step(f"fetching {package} from Debian ({size})")
    with progress, tempfile.TemporaryDirectory(dir=cache_dir()) as folder:
        new, scratch = Path(folder, "new"), Path(folder, "scratch")
        new.mkdir()
        scratch.mkdir()
        apt = Apt(scratch, sources())
        apt.update()
        target = cache_dir() / f"{package}_{apt.version(package)}"
        apt.unpack(wanted(apt), new)
        return new.rename(target)
