"""Broken, hostile and huge files: one clear problem with its line, no crash, no hang, the other files still read."""

from __future__ import annotations

import os
import time

import pytest

from demarc.register import load, tree
from demarc.register.folder import MAX_BYTES
from tests.register.reading import DUTIES, PARTS, read, told, written


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("people:\n- id: alice\n  name: [\n", 4, "not YAML: "),
        ("people:\n- id: a: b\n", 2, "not YAML: mapping values are not allowed"),
        ("people:\n- id: @alice\n", 2, "not YAML: found character that cannot start any token"),
        ("people:\n\t- id: alice\n", 2, "a tab in the indentation"),
        ("people:\n- id: alice\n\t name: x\n", 3, "a tab in the indentation"),
        ("people: {id: 'alice\n", 2, "not YAML: "),
        (b"people:\n- id: \xff\xfe\n", 2, "not UTF-8: byte 0xff"),
        ("people: []".encode("utf-16"), None, "the file is UTF-16, not UTF-8"),
        ("people:\n- id: a\x00b\n", 2, "a control character (U+0000)"),
        (
            "people:\n- !!python/object:os.system {id: x}\n",
            2,
            "the YAML tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("people:\n- !secret x\n", 2, "the YAML tag '!secret'"),
        ("people:\n- id: *alice\n", 2, "*alice points to nothing before it"),
        ("assignments:\n- duty: *\n  owner: x\n", 2, "not YAML: a bare * begins an alias"),
        ("assignments:\n- duty: [*]\n", 2, "not YAML: a bare * begins an alias"),
        ("people: &a\n- *a\n", 2, "*a points to nothing before it"),
        ("people:\n- ? [a]\n  : b\n", 2, "a list or mapping as a key"),
        ("people:\n- <<: alice\n", 2, "'<<' that is not a mapping"),
        ("a: b\n: c: d", 2, "not YAML: "),
        ("- id: alice\n", 1, "a list where a register is wanted"),
        ("alice\n", 1, "'alice' where a register is wanted"),
        ("people:\n- id: a\n  id: b\n", 3, "the key 'id' is there twice: first at line 2"),
        ("people: []\npeople: []\n", 2, "the key 'people' is there twice: first at line 1"),
        ('people:\n- id: "a\\e[31mb"\n', 2, "id: it holds the character U+001B"),
        ('people:\n- id: a\n  name: "x\\u202ey"\n', 3, "name: it holds the character U+202E"),
        ("people:\n- id: " + "a" * 300 + "\n", 2, "id: longer than 253 characters"),
        ("people:\n- id: a b\n", 2, "id: 'a b' cannot be an id"),
        ("people:\n- id: team:a\n", 2, "id: 'team:a' cannot be an id"),
    ],
)
def test_a_broken_file_gives_one_problem_with_its_line(tmp_path, content, line, what):
    loaded = read(tmp_path, content, other__yaml="people: [{id: bob}]\n")
    assert len(loaded.errors) == 1, told(loaded)
    error = loaded.errors[0]
    assert error.what.startswith(what)
    assert error.todo
    assert error.where
    assert error.where.line == line
    assert [person.id for person in loaded.register.people if person.id == "bob"] == ["bob"]


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing yet\n", "---\n...\n", "people:\nteams:\n", "{}", "\ufeff"])
def test_an_empty_file_is_fine(tmp_path, content):
    assert read(tmp_path, content).problems == ()


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    loaded = read(tmp_path, b"\xef\xbb\xbfpeople:\r\n- id: alice\r\n- id: 1\r\n")
    assert told(loaded) == ["3: id: YAML reads '1' as a number"]


def test_several_documents_in_one_file_are_read(tmp_path):
    loaded = read(tmp_path, "people: [{id: alice}]\n---\n---\npeople: [{id: bob}]\n")
    assert [person.id for person in loaded.register.people] == ["alice", "bob"]


def test_documents_before_a_syntax_error_are_read(tmp_path):
    loaded = read(tmp_path, "people: [{id: alice}]\n---\npeople: [\n")
    assert [person.id for person in loaded.register.people] == ["alice"]
    assert len(loaded.errors) == 1


def test_an_alias_bomb_is_refused_before_it_unfolds(tmp_path):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.process_time()
    loaded = read(tmp_path, "\n".join(levels))
    assert time.process_time() - started < 2
    assert told(loaded) == ["6: more than 500,000 values, aliases unfolded"]


@pytest.mark.parametrize("content", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000, "people: " + "[" * 60 + "]" * 60])
def test_deep_nesting_is_refused(tmp_path, content):
    started = time.process_time()
    loaded = read(tmp_path, content)
    assert time.process_time() - started < 5
    assert len(loaded.errors) == 1


def test_a_huge_file_is_refused_and_the_rest_read(tmp_path):
    loaded = read(tmp_path, "people: [{id: alice}]\n", big__yaml=b"#" * (MAX_BYTES + 1))
    assert told(loaded) == ["None: larger than 4 MiB: not read"]
    assert len(loaded.register.people) == 1


def test_too_many_values_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MAX_NODES", 100)
    assert told(read(tmp_path, "people:\n" + "- {id: a}\n" * 100)) == ["35: more than 100 values, aliases unfolded"]


def test_thousands_of_faults_are_counted_not_listed(tmp_path):
    started = time.process_time()
    loaded = read(tmp_path, "assignments:\n" + "- {duty: identity.rbax, owner: nobody}\n" * 5_000)
    assert time.process_time() - started < 10
    assert len(loaded.errors) == 1_001
    assert loaded.errors[-1].what == "9000 more problems of these sorts"


@pytest.mark.parametrize(
    "line", ["- {{duty: identity.rb{n}, owner: per{n}}}", "- {{key{n}: x}}", "- {{owner: x, duty: 'a{n}*'}}"]
)
def test_thousands_of_different_faults_take_no_longer_than_reading(tmp_path, line):
    people = "".join(f"- {{id: person-{n}, contact: p{n}@example.com}}\n" for n in range(3_000))
    faults = "".join(line.format(n=n) + "\n" for n in range(10_000))
    started = time.process_time()
    loaded = read(tmp_path, f"people:\n{people}assignments:\n{faults}")
    assert time.process_time() - started < 10
    assert len(loaded.errors) == 1_001


def test_ten_thousand_people_are_read_in_seconds(tmp_path):
    people = "".join(f"- {{id: p{n}, name: 'Person {n}', contact: p{n}@example.com}}\n" for n in range(10_000))
    entries = "".join(f"- {{duty: identity.*, scope: {{namespace: n{n}}}, owner: p{n}}}\n" for n in range(10_000))
    started = time.process_time()
    loaded = read(tmp_path, f"people:\n{people}assignments:\n{entries}")
    assert loaded.problems == ()
    assert len(loaded.register.assignments) == 10_000
    assert time.process_time() - started < 15


def test_a_message_never_carries_what_acts_on_a_terminal(tmp_path):
    loaded = read(tmp_path, 'people:\n- "\\e]0;owned\\a": x\n  "\\u202egnp": y\n')
    said = "".join(map(str, loaded.errors))
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "\u202e" not in said


def test_a_folder_without_a_register_is_an_error(tmp_path):
    loaded = load(tmp_path, duties=DUTIES, parts=PARTS)
    assert told(loaded) == ["None: no file of a register in this folder"]
    loaded = load(tmp_path / "absent", duties=DUTIES, parts=PARTS)
    assert told(loaded) == ["None: there is no such file or folder"]


def test_links_and_devices_are_not_followed(tmp_path):
    outside = written(tmp_path / "outside", secret__yaml="people: [{id: mallory}]\n")
    folder = written(tmp_path / "register", a__yaml="people: [{id: alice}]\n", real_in_b__yaml="people: [{id: bob}]\n")
    (folder / "evil.yaml").symlink_to(outside / "secret.yaml")
    (folder / "linked").symlink_to(outside)
    (folder / "z.yaml").symlink_to(folder / "nowhere.yaml")
    os.mkfifo(folder / "pipe.yaml")
    loaded = load(folder, duties=DUTIES, parts=PARTS)
    assert [person.id for person in loaded.register.people] == ["alice", "bob"]
    assert sorted(error.what for error in loaded.errors) == [
        "a link that leads out of the register",
        "not a regular file",
        "not a regular file",
    ]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    loaded = read(
        tmp_path,
        "people: [{id: alice}]",
        **{
            ".git_in_config.yaml": "x: y",
            ".pre-commit__yaml": "repos: []",
            ".github_in_workflows_in_ci__yaml": "on: push",
        },
    )
    assert loaded.problems == ()


def test_objects_of_other_tools_are_named_not_misread(tmp_path):
    loaded = read(tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    assert loaded.errors == ()
    assert [warning.what for warning in loaded.warnings] == ["an object of kind 'ConfigMap', not a register"]


def test_one_file_can_be_given_instead_of_a_folder(tmp_path):
    folder = written(tmp_path, a__yaml="people: [{id: alice}]\n", b__yaml="people: [{id: bob}]\n")
    loaded = load(folder / "a.yaml", duties=DUTIES, parts=PARTS)
    assert [person.id for person in loaded.register.people] == ["alice"]
    assert loaded.files == (str(folder / "a.yaml"),)


def test_the_digest_names_content_and_paths_and_nothing_else(tmp_path):
    one = read(tmp_path / "one", a__yaml="people: []\n", b__csv="")
    same = read(tmp_path / "two", b__csv="", a__yaml="people: []\n", **{"note.txt": "not read"})
    other = read(tmp_path / "three", a__yaml="people: []\n ", b__csv="")
    moved = read(tmp_path / "four", a__yaml="people: []\n", c__csv="")
    assert one.register.sha256 == same.register.sha256
    assert len({one.register.sha256, other.register.sha256, moved.register.sha256}) == 3


def test_names_of_files_are_as_hostile_as_their_content(tmp_path):
    folder = written(tmp_path, a__yaml="people: [{id: alice}]\n")
    (folder / "\x1b[31m.yaml").write_text("people: [{}]\n")
    with open(os.fsencode(folder) + b"/\xff.yaml", "wb") as stream:  # noqa: PTH123 - a name that is not UTF-8
        stream.write(b"people: [{}]\n")
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    loaded = load(folder, duties=DUTIES, parts=PARTS)
    assert len(loaded.errors) == 3
    assert "\x1b" not in "".join(map(str, loaded.errors))
    assert "".join(map(str, loaded.errors)).encode()


def test_an_alias_of_an_id_that_is_both_leads_to_the_right_one(tmp_path):
    content = "people: [{id: sam}, {id: bob}]\nteams: [{id: sam, aliases: ['@acme/sam'], members: [bob]}]\n"
    loaded = read(tmp_path, content, shop_in_CODEOWNERS="* @acme/sam\n")
    assert [claim.owner for claim in loaded.register.claims] == ["team:sam"]
