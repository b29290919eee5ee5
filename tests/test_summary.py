import pytest

from tasb.files import write_json
from tasb.summary import stages, text


@pytest.fixture
def results(tmp_path):
    for name, seconds in (("students/c/x", 60), ("students/c/y", 30), ("tables/c/table4", 6)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_json(tmp_path / f"{name}.made.json", {"seconds": seconds})
    (tmp_path / "students/c/x").mkdir()
    (tmp_path / "students/c/x/model.safetensors").write_bytes(b"x" * 2_000_000)
    (tmp_path / "students/c/x/README.md").touch()
    (tmp_path / "tables/c/table4.html").touch()
    (tmp_path / "tables/c/figure1.svg").touch()
    return tmp_path


def test_a_stage_has_the_minutes_of_its_jobs_and_the_size_of_its_files(results):
    students, tables = stages(results)
    assert (students.name, students.jobs, students.minutes) == ("students", 2, 1.5)
    assert students.megabytes == pytest.approx(2.0, abs=0.01)
    assert (tables.name, tables.jobs, tables.minutes) == ("tables", 1, 0.1)


def test_the_text_says_where_to_look(results):
    lines = text(results).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["stage", "students", "tables"]
    assert f"  {results}/tables/c/table4.html" in lines
    assert f"  {results}/tables/c/figure1.svg" in lines
    assert f"  {results}/students/c/x/" in lines
    assert text(results / "none").splitlines()[1:] == []
