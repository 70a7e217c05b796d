"""tools/links.py: one address in pyproject.toml, every link in README.md."""
import links
import pytest

README = f"# Course\n\n{links.START}\nold\n{links.END}\n\nThe rest.\n"


@pytest.fixture
def course(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.rnnlib]\naddress = "https://github.com/Ada/rnn-course"\nref = "v1.0"\n', encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    return tmp_path


def readme(course):
    return (course / "README.md").read_bytes()


def test_links_are_written_between_the_markers(course):
    assert links.main(course) == 0
    text = readme(course).decode()
    assert text.startswith("# Course\n\n") and text.endswith("\n\nThe rest.\n") and "\nold\n" not in text
    assert ("https://mybinder.org/v2/gh/Ada/rnn-course/v1.0?urlpath=lab/tree/notebooks/00_start_here.ipynb") in text
    assert ("git-pull?repo=https%3A%2F%2Fgithub.com%2FAda%2Frnn-course&branch=v1.0"
            "&urlpath=lab%2Ftree%2Frnn-course%2Fnotebooks%2F00_start_here.ipynb") in text
    assert "github.io" not in text and "OWNER" not in text


def test_a_second_run_changes_nothing(course):
    links.main(course)
    once = readme(course)
    assert links.main(course) == 0
    assert readme(course) == once


def test_the_site_is_linked_where_there_is_one(course):
    (course / "site").mkdir()
    links.main(course)
    assert b"https://ada.github.io/rnn-course/" in readme(course)


def test_a_placeholder_says_that_it_is_one():
    assert "wait for" in links.links("https://github.com/OWNER/REPOSITORY", "main", False)


@pytest.mark.parametrize("address", ["", "https://github.com/Ada", "http://example.org/Ada/course", "https://github.com/A/b/"])
def test_an_address_that_cannot_be_linked(course, capsys, address):
    (course / "pyproject.toml").write_text(f'[tool.rnnlib]\naddress = "{address}"\nref = "main"\n')
    assert links.main(course) == 1
    assert "https://github.com/OWNER/REPOSITORY" in capsys.readouterr().err
    assert readme(course) == README.encode()


@pytest.mark.parametrize("text", ["# Course\n", README + links.START, README.replace(links.END, "")])
def test_missing_markers(course, capsys, text):
    (course / "README.md").write_text(text, encoding="utf-8")
    assert links.main(course) == 1
    assert "once each" in capsys.readouterr().err
    assert readme(course) == text.encode()
