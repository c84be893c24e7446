"""What the shell calls is there on Android 8.0: a missing method would end it on a candidate's phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import layout
from oneseat.pipeline.phone.compiling import DEX_STAGE
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from signing.text import Text
from tests.pipeline.phone.dex import Dex, Member
from tests.pipeline.phone.typings import Typings

pytestmark = pytest.mark.service

_PLATFORM = ("android.", "org.json.")


@pytest.fixture(scope="module")
def typings() -> Typings:
    return Typings(layout.phone_tools() / "android-platform-26.d.ts")


@pytest.fixture(scope="module")
def stubs(compiled: Path, toolchain: PhoneToolchain, tmp_path_factory: pytest.TempPathFactory) -> Dex:
    """The stubs that the shell was compiled against, as bytecode."""
    folder = tmp_path_factory.mktemp("stubs")
    target = folder / DEX_STAGE
    command = toolchain.dx.command("--dex", f"--output={target}", compiled / "stubs")
    toolchain.run(toolchain.dx, Text("translating the stubs", "转换"), command, folder)
    return Dex(target.read_bytes())


def _missing(dex: Dex, typings: Typings) -> list[str]:
    members = [*dex.methods(), *dex.fields()]
    return [str(each) for each in members if each.owner.startswith(_PLATFORM) and not typings.has(each)]


def test_every_call_of_the_app_exists_on_android_8(compiled: Path, typings: Typings) -> None:
    app = Dex((compiled / DEX_STAGE).read_bytes())
    assert sum(method.owner.startswith(_PLATFORM) for method in app.methods()) > 60
    assert _missing(app, typings) == []


def test_every_stub_is_as_android_8_has_it(stubs: Dex, typings: Typings) -> None:
    """What the shell overrides is found by its stubs alone. javac adds constructors and initialisers."""
    added = (".<init>()", ".<clinit>()")
    missing = [member for member in _missing(stubs, typings) if not any(name in member for name in added)]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [("destroy", ("number",), "void"), ("demolish", (), "void"), ("destroy", (), "number")],
    ids=["parameters", "name", "type"],
)
def test_what_android_does_not_have_is_noticed(
    typings: Typings, name: str, parameters: tuple[str, ...], kind: str
) -> None:
    assert typings.has(Member("android.webkit.WebView", "destroy", "void", ()))
    assert not typings.has(Member("android.webkit.WebView", name, kind, parameters))
