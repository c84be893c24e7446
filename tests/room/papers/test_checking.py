"""`paper check`: all faults at once, each with its file and what to do; shared questions; the times."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from oneseat.commands.main import main_group
from oneseat.commands.paper import sessions_of
from oneseat.files import paper_names
from oneseat.files.paper_names import PaperName
from oneseat.pipeline.exam.model import load
from oneseat.room.papers import reading
from oneseat.room.papers.checking import CheckedPapers, check_folder, time_faults
from oneseat.room.papers.reading import Paper
from signing.errors import OneSeatError
from tests.room.papers.writing import LENGTH_S, SESSIONS, choice, paper, spoken, typed, write_good

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_good(tmp_path / "papers")


def check(folder: Path) -> CheckedPapers:
    return check_folder(folder, SESSIONS)


def lines(checked: CheckedPapers) -> str:
    return "\n".join(fault.as_text().en for fault in checked.faults)


def png(size: tuple[int, int] = (40, 30)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(target, "PNG")
    return target.getvalue()


def test_papers_without_faults_have_neither_faults_nor_remarks(folder: Path) -> None:
    checked = check(folder)
    assert (checked.faults, checked.remarks) == ([], [])
    assert [str(each.name) for each in checked.papers] == [
        "formal-0.spare",
        "formal-0.a",
        "formal-1.spare",
        "formal-1.a",
        "mock-0.a",
    ]


def test_all_faults_are_found_at_once_with_file_and_line(folder: Path) -> None:
    (folder / "mock-0.toml").write_text(paper(spoken("mock")), "utf-8")
    broken = paper(spoken("x", more="seconds = 3\nanswer_z = 1"), choice("y", name="Q 2"))
    (folder / "formal-0.toml").write_text(broken, "utf-8")
    (folder / "formal-1.toml").write_text("title =", "utf-8")
    (folder / "formal-7.toml").write_text(paper(spoken("z")), "utf-8")
    (folder / "paper.toml").write_text("", "utf-8")
    found = lines(check(folder))
    for part in (
        "mock-0.toml: a mock needs a spoken and a choice question",
        "formal-0.toml, line 10, questions[0].seconds: is not a known key",
        "formal-0.toml, line 11, questions[0].answer_z: is not a known key; did you mean 'answer_s'",
        "formal-0.toml, line 14, questions[1].id: does not have the right form: it must be 1 to 32",
        "formal-1.toml: not TOML: no value",
        "formal-7.toml: the exam file has no such session",
        "paper.toml: is no paper's name",
    ):
        assert part in found, found


@pytest.mark.parametrize(
    ("question", "where"),
    [
        (
            spoken("x").replace('kind = "spoken"', 'kind = "sung"'),
            "kind: must be one of spoken, choice, text",
        ),
        (spoken("x", answer_s=0), "answer_s: must be at least 1"),
        (choice("x", more="most = 3"), "least must be at most `most`"),
        (choice("x").replace('id = "b"', 'id = "a"'), "two options have one id"),
        (typed("x", more="longest = 5000"), "longest: must be at most 4000"),
        (spoken("x") + spoken("y"), "question 1 has this id too"),
        (spoken("x\\u202e"), "has a control or direction character"),
        (spoken("x", more='materials = [{ kind = "picture", file = "../x", alt = 1 }]'), "materials[0].file"),
    ],
    ids=["kind", "seconds", "most", "options", "longest", "ids", "hidden", "path"],
)
def test_a_question_that_cannot_be_used_is_named(folder: Path, question: str, where: str) -> None:
    (folder / "formal-0.toml").write_text(paper(question), "utf-8")
    assert where in lines(check(folder))


def test_materials_are_read_from_the_files_beside(folder: Path) -> None:
    (folder / "map.png").write_bytes(png())
    (folder / "talk.ogg").write_bytes(b"OggS" + bytes(100))
    materials = """materials = [
    { kind = "text", text = { zh = "材料\\n二", en = "material" } },
    { kind = "picture", file = "map.png", alt = { zh = "地图", en = "a map" } },
    { kind = "sound", file = "talk.ogg", transcript = { zh = "词", en = "words" } },
]"""
    (folder / "formal-0.toml").write_text(paper(spoken("x", more=materials), choice("y")), "utf-8")
    checked = check(folder)
    assert (checked.faults, checked.remarks) == ([], [])
    (read,) = (each for each in checked.papers if each.name == PaperName("formal", 0))
    text, picture, sound = read.wire["questions"][0]["materials"]
    assert text == {"kind": "text", "text": {"zh": "材料\n二", "en": "material"}}
    assert (picture["mime"], sound["mime"]) == ("image/jpeg", "audio/ogg")
    assert "file" not in picture and picture["alt"]["zh"] == "地图"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("map.png", None, "cannot be read"),
        ("map.png", b"GIF89a", "is no JPEG, PNG or WebP"),
        ("talk.mp3", b"RIFF" + bytes(30), "is no MP3"),
        ("talk.mp3", b"ID3" + bytes(1 << 20), "larger than 1 MiB"),
    ],
    ids=["absent", "gif", "riff", "large"],
)
def test_a_material_that_cannot_be_used_is_named(
    folder: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    kind, words = ("picture", "alt") if name == "map.png" else ("sound", "transcript")
    material = f'materials = [{{ kind = "{kind}", file = "{name}", {words} = {{ zh = "图", en = "x" }} }}]'
    (folder / "formal-0.toml").write_text(paper(spoken("x", more=material)), "utf-8")
    found = lines(check(folder))
    assert "formal-0.toml, line 10, questions[0].materials[0].file" in found and problem in found


def test_each_session_needs_a_paper_and_a_name_is_used_once(folder: Path) -> None:
    (folder / "formal-1.toml").unlink()
    (folder / "formal-0.a.toml").write_text(paper(spoken("once more")), "utf-8")
    (folder / "mock-0.spare.toml").write_text(paper(spoken("spare")), "utf-8")
    found = lines(check(folder))
    assert "formal-1.toml: the session has no paper" in found
    assert "formal-0.a.toml: another file is the same paper" in found
    assert "mock-0.spare.toml: a mock needs no spare" in found


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        ("mock-0", "formal-0", True),
        ("formal-0", "formal-1", True),
        ("formal-0", "formal-0.spare", True),
        ("formal-0", "formal-0.b", False),
    ],
    ids=["mock", "later", "spare", "variant"],
)
def test_a_question_that_may_be_known_is_refused(
    folder: Path, one: str, other: str, is_refused: bool
) -> None:
    same = "请谈谈ＡＩ与生活。"
    for name, words in ((one, same), (other, " 请谈谈 ai，与生活")):
        question = spoken(name).replace(f"请谈谈{name}。", words)
        (folder / f"{name}.toml").write_text(paper(question, choice(name)), "utf-8")
    assert ("asks the same (question q1)" in lines(check(folder))) is is_refused


def test_times_that_do_not_add_up_are_named(folder: Path) -> None:
    (folder / "formal-0.toml").write_text(paper(spoken("x", answer_s=540), choice("y")), "utf-8")
    (folder / "formal-1.toml").write_text(paper(spoken("z")), "utf-8")
    checked = check(folder)
    assert "the answer time is 600 s, but its spoken questions take 600 s, 1 more" in lines(checked)
    (remark,) = checked.remarks
    assert "its questions take 240 s of 600 s" in remark.as_text().en


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        ([(0, 300), (300, 600)], ""),
        ([(0, 300), (310, 600)], "from_s is 310"),
        ([(0, 200), (200, 600)], "has 200 s and needs 240 s"),
        ([(0, 300), (300, 590)], "to_s is 590"),
        ([(0, 300), None], "needs from_s and to_s"),
    ],
    ids=["right", "gap", "short", "end", "none"],
)
def test_the_clocks_pace_has_no_gaps(folder: Path, spans: list[tuple[int, int] | None], problem: str) -> None:
    times = [f"from_s = {span[0]}\nto_s = {span[1]}" if span else "" for span in spans]
    text = paper(spoken("x", more=times[0]), choice("y", more=times[1]), head='pace = "clock"')
    (folder / "formal-0.toml").write_text(text, "utf-8")
    found = lines(check(folder))
    assert problem in found and bool(found) is bool(problem)


@given(
    spoken_s=st.lists(st.integers(1, 200), min_size=1, max_size=5),
    clicks=st.integers(0, 3),
    length_s=st.integers(1, 900),
)
def test_a_paper_is_refused_just_where_its_times_do_not_fit(
    spoken_s: list[int], clicks: int, length_s: int
) -> None:
    questions = [spoken("x", f"s{n}", 0, seconds) for n, seconds in enumerate(spoken_s)]
    questions += [choice("y", f"c{n}") for n in range(clicks)]
    faults, remarks = time_faults(_read(paper(*questions)), length_s)
    needed = sum(spoken_s) + 5 * clicks
    assert bool(faults) == (needed > length_s)
    assert bool(remarks) == (not clicks and needed < length_s)


def _read(text: str) -> Paper:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "formal-0.toml"
        path.write_text(text, "utf-8")
        read, faults = reading.read_paper(path, PaperName("formal", 0))
    assert read is not None, faults
    return read


@given(st.text(max_size=40))
def test_a_name_that_is_read_is_written_again(text: str) -> None:
    name = paper_names.parse(text)
    assert name is None or paper_names.parse(str(name)) == name


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*command: str) -> tuple[int, str]:
        options = ["--exam", str(ROOT / "exams" / "demo.toml"), "--workspace", str(tmp_path / "work")]
        result = CliRunner().invoke(main_group, ["paper", *command, *options])
        if isinstance(result.exception, OneSeatError):
            return int(result.exception.exit_status), str(result.exception)
        return result.exit_code, result.output

    return invoke


def test_commands_check_and_show(folder: Path, run: Run) -> None:
    for name in ("formal-1.toml", "formal-1.spare.toml", "formal-0.spare.toml"):
        (folder / name).unlink()
    (folder / "mock-0.toml").write_text(paper(spoken("短", "q1", 1, 2), choice("短")), "utf-8")
    (folder / "mock-1.toml").write_text(paper(spoken("短", "q1", 1, 2), choice("短")), "utf-8")
    status, output = run("check", str(folder))
    assert (status, "3 papers, no faults, 1 remarks." in output) == (0, True), output
    status, output = run("check", str(folder), "--strict")
    assert (status, "has no spare paper" in output) == (3, True), output
    status, output = run("show", str(folder), "formal-0")
    assert status == 0 and "THE QUESTIONS FOLLOW" in output and "请谈谈formal-0 甲。" in output, output
    assert "请谈谈短。" not in output
    assert run("show", str(folder), "formal-5")[0] == 3
    (folder / "formal-0.toml").write_text("", "utf-8")
    status, output = run("check", str(folder))
    assert (status, "formal-0.toml, title: is missing" in output) == (3, True), output


@pytest.mark.parametrize("exam", ["demo", "interview-2023-01", "interview-2023-09"])
def test_the_papers_of_the_repository_have_neither_faults_nor_remarks(exam: str) -> None:
    sessions = sessions_of(load(ROOT / "exams" / f"{exam}.toml"))
    checked = check_folder(ROOT / "exams" / "papers" / exam, sessions)
    assert ([*checked.faults], [*checked.remarks]) == ([], [])
    assert {paper.name.variant for paper in checked.papers} == {"a", "spare"}


def test_a_length_of_the_tests_is_that_of_their_sessions() -> None:
    assert {session.answer_s for session in SESSIONS} == {LENGTH_S}
