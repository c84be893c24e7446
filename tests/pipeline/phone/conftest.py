"""One compiled app for all tests here, taken from the cache unless its inputs have changed."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from bootstrap import layout
from oneseat.pipeline.phone import apk_signing, inputs
from oneseat.pipeline.phone.compiling import UNSIGNED_STAGE, PhoneCompiler
from oneseat.pipeline.phone.facts import PhoneFacts
from oneseat.pipeline.phone.inputs import PhoneInputs
from oneseat.pipeline.phone.signing_key import (
    PhoneIdentity,
    create_development_identity,
    open_identity,
)
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from signing.text import Text

KEPT = 8
"""How many compilations the cache keeps: other checkouts may be using theirs at the same time."""

FACTS = PhoneFacts(
    exam="demo-1",
    app=Text("Zhikaotong", "智考通"),
    title=Text("It's a test", "测试考试"),
    publisher=Text("Test centre", "测试考试中心"),
    room_url="https://room.example",
)


@pytest.fixture(scope="session")
def toolchain() -> PhoneToolchain:
    return PhoneToolchain()


@pytest.fixture(scope="session")
def phone_inputs(toolchain: PhoneToolchain) -> PhoneInputs:
    return inputs.collect(FACTS, toolchain)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> PhoneIdentity:
    path = tmp_path_factory.mktemp("key") / "identity.p12"
    create_development_identity(path, b"of the tests", datetime.now(UTC))
    return open_identity(path, b"of the tests")


@pytest.fixture(scope="session")
def signed(
    compiled: Path,
    identity: PhoneIdentity,
    toolchain: PhoneToolchain,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The app, signed and without a region."""
    path = tmp_path_factory.mktemp("signed") / "signed.apk"
    apk_signing.sign(compiled / UNSIGNED_STAGE, path, identity, toolchain)
    return path


@pytest.fixture(scope="session")
def compiled(phone_inputs: PhoneInputs, toolchain: PhoneToolchain) -> Path:
    """The working folder of a finished compilation: stubs, classes, bytecode, resources, the unsigned APK."""
    folder = layout.cache_root() / "test-phones" / phone_inputs.build_id[:24]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        if not folder.exists():
            draft = folder.with_name(".draft")
            shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
            draft.mkdir()
            PhoneCompiler(FACTS, phone_inputs.build_id, draft, toolchain).compile()
            draft.rename(folder)
        os.utime(folder)
        by_age = sorted(folder.parent.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-KEPT]:
            shutil.rmtree(path)
    return folder
