"""The words in which the object speaks to those who hold it: none that judge, alarm or promise.

What clients read: README, their page, and everything the host tool says aloud. Their page says
"object", never "device" or "toy".
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "host_tools" / "kitbag_tools"
SPEAKING = ("nights.py", "words.py", "reports.py", "plans.py", "cli.py", "errors.py", "visits.py",
            "doctor/watch.py", "doctor/judge.py", "doctor/words.py", "doctor/dump/words.py",
            "doctor/dump/source.py", "doctor/dump/tables.py")  # fmt: skip

# A stem stands for all that begins with it
JUDGES = ("complian", "adheren", "failure", "streak", "non-user", "score", "abnormal")
ALARMS = ("panic", "sos", "emergency", "first aid", "first-aid", "alarm", "danger", "crisis")
CLAIMS = ("patient", "symptom", "treat", "therapeutic", "cure", "heals", "clinically proven",
          "reduces anxiety", "improves sleep", "medical device", "diagnos")  # fmt: skip
NOT_TO_CLIENTS = ("device", "toy", "trauma", "disorder", "user")

# Whole sentences in which such a word is right: they deny, or forbid
ALLOWED = (
    "is no medical device",
    "nothing here keeps score",
    "it never scores",
    "do not score",
)


def forbidden(text: str, stems: tuple[str, ...]) -> list[str]:
    """The words of `text` that begin with one of `stems`."""
    plain = " ".join(text.lower().split())
    for sentence in ALLOWED:
        plain = plain.replace(sentence, "")
    return [stem for stem in stems if re.search(rf"\b{re.escape(stem)}", plain)]


def said(path: Path) -> list[str]:
    """Texts in a module that a person may see: sentences, not keys or names. A docstring is one
    where click shows it as a command's help.
    """
    tree = ast.parse(path.read_bytes())
    hidden = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and not (isinstance(node, ast.FunctionDef) and node.decorator_list)
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in hidden
        and " " in node.value
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/for-clients.md"])
def test_what_clients_read(page: str) -> None:
    assert forbidden((ROOT / page).read_text(), JUDGES + ALARMS + CLAIMS) == []


def test_their_own_page_says_object() -> None:
    assert forbidden((ROOT / "docs" / "for-clients.md").read_text(), NOT_TO_CLIENTS) == []


@pytest.mark.parametrize("page", sorted(p.name for p in (ROOT / "docs").glob("for-*.md")))
def test_no_page_judges_or_claims(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    assert (
        forbidden(text, ("complian", "adheren", "streak", "panic", "sos", "symptom", "patient"))
        == []
    )


@pytest.mark.parametrize("name", SPEAKING)
def test_what_the_tool_says(name: str) -> None:
    texts = said(TOOL / name)
    assert texts
    found = {text: bad for text in texts if (bad := forbidden(text, JUDGES + ALARMS + CLAIMS))}
    assert found == {}


def test_the_object_itself_prints_nothing_that_startles() -> None:
    text = (ROOT / "firmware" / "main.py").read_text()
    printed = re.findall(r'print\("(.*?)"\)', text)
    assert printed
    assert forbidden(" ".join(printed), JUDGES + ALARMS + CLAIMS) == []


def test_the_check_can_find_something() -> None:
    assert forbidden("A patient who fails a streak", JUDGES + CLAIMS) == ["streak", "patient"]
    assert forbidden("It is no medical device.", CLAIMS) == []
    assert forbidden("A medical device.", CLAIMS) == ["medical device"]
