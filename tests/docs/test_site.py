"""The site is built strictly, without network, and every page is in its navigation."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import DOCS, README, ROOT, name, pages, prose

CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]

BASE = urlsplit(CONFIG["site_url"]).path  # of addresses in 404.html, which is shown at any depth


class References(HTMLParser):
    """Collects what a page fetches by itself, and what it links to.

    Attributes:
        fetched: addresses of scripts, styles and pictures.
        linked: addresses of links.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.linked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of one element."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("canonical", "next", "prev"):
            return
        for key in ("src", "href"):
            if address := given.get(key):
                (self.linked if tag == "a" else self.fetched).append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning, such as of a broken link or anchor, fails the build."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    return folder / "site"


def _leaves(entries: object) -> Iterator[str]:
    """The pages of a navigation, in order."""
    if isinstance(entries, str):
        yield entries
    for entry in entries if isinstance(entries, list) else entries.values() if isinstance(entries, dict) else ():
        yield from _leaves(entry)


def test_the_navigation_has_every_page_once() -> None:
    """And no page that isn't there, of which the builder says nothing."""
    assert sorted(_leaves(CONFIG["nav"])) == sorted(str(page.relative_to(DOCS)) for page in pages())


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    """No fonts, scripts, styles or pictures of other hosts, so that it reads without the internet."""
    built = list(site.rglob("*.html"))
    assert len(built) > len(pages())
    for page in built:
        assert [url for url in References(page.read_text("utf-8")).fetched if urlsplit(url).netloc] == []
    for style in site.rglob("*.css"):
        assert not re.search(r"@import|url\(['\"]?https?:", style.read_text("utf-8"))


def test_pictures_and_files_are_there(site: Path) -> None:
    """What a page shows or offers is a file of the site; of these the builder says nothing."""
    for page in site.rglob("*.html"):
        found = References(page.read_text("utf-8"))
        for url in {*found.fetched, *found.linked}:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            path = unquote(parts.path)
            target = site / path.removeprefix(BASE) if path.startswith(BASE) else page.parent / path
            assert target.exists(), f"{page.relative_to(site)}: {url}"


def test_code_is_not_part_of_the_site(site: Path) -> None:
    """The generator and the script for screenshots stay in the repository."""
    assert list(site.rglob("*.py")) == []


URL = re.compile(
    r"https://(?:github\.com/latentlink/latentlink/(?:blob|tree)|raw\.githubusercontent\.com/latentlink/latentlink)/main/"
)


def test_links_of_the_readme_are_absolute() -> None:
    """A package index shows the README where relative links lead nowhere; every short name of a link is defined."""
    text = README.read_text("utf-8")
    defined = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", text, re.MULTILINE))
    assert set(re.findall(r"\]\[([^\]]+)\]", text)) == set(defined)
    targets = [*defined.values(), *re.findall(r"\]\(([^)]+)\)", text)]
    assert [target for target in targets if not target.startswith("https://")] == []


def test_links_into_the_repository_name_files() -> None:
    """An address below the main branch is a file or a folder of the project."""
    address = re.compile(rf"{URL.pattern}([^)\s#\"]*)")
    named = [
        (name(page), target)
        for page in [README, ROOT / "CONTRIBUTING.md", *pages()]
        for target in address.findall(prose(page))
    ]
    assert len(named) > 10
    assert [(page, target) for page, target in named if not (ROOT / target).exists()] == []


def test_the_map_of_the_house_names_what_is_there() -> None:
    """Every path in CONTRIBUTING.md is a file or a folder."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = re.findall(r"(?<![\w/.])(?:app|models|latentlink|docs|tests|benchmarks)/[\w./]*", text)
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path.rstrip(".")).exists()] == []
