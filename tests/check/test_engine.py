"""The judgement: which rules run, what is told of what they say, and in which order."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pmgit import rules
from pmgit.check.config_lookup import read as configuration
from pmgit.check.engine import PRECEDENCE, judge, selected
from pmgit.core.config import Config, parse
from pmgit.core.errors import UsageError
from pmgit.formats.judge import judge as judge_content
from pmgit.snapshots import staged
from tests.bounds import FOR_EVER
from tests.kit import pointer, random_bytes

if TYPE_CHECKING:
    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader
    from tests.kit import Repo

MODEL = "pretrained_model/bert"
FILE = f"{MODEL}/model.safetensors"
ALL = list(rules.RULES)


# --- select and ignore


def of(*families: str) -> list[str]:
    return [name for name, entry in rules.RULES.items() if entry.family in families]


@pytest.mark.parametrize(
    ("select", "ignore", "names"),
    [
        ([], [], ALL),
        (["size"], [], of("size")),
        (["size", "info"], [], of("size", "info")),
        (["missing-info"], [], ["missing-info"]),
        (["missing-info", "info"], [], of("info")),
        ([], ["size"], [name for name in ALL if name not in of("size")]),
        ([], ["missing-info"], [name for name in ALL if name != "missing-info"]),
        (["info"], ["missing-info"], [name for name in of("info") if name != "missing-info"]),
        (["missing-info"], ["info"], []),
        (["missing-info"], ["missing-info"], []),
    ],
)
def test_ignore_wins(select: list[str], ignore: list[str], names: list[str]) -> None:
    assert selected(Config(), select, ignore) == names
    text = f"select = {select}\nignore = {ignore}\n".encode()
    assert selected(parse(text, ".pmgit.toml")) == names


def test_what_is_given_counts_instead_of_the_configuration() -> None:
    config = parse(b"select = ['size']\nignore = ['tracked-weights']\n", ".pmgit.toml")
    assert selected(config, ["lfs"]) == of("lfs")
    assert selected(config, [], ["oversized-blob"]) == [
        "host-limit", "oversized-model", "tracked-weights",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["siez", "Missing-Info", "missing_info", "all", "", "*"])
def test_an_unknown_name(name: str) -> None:
    with pytest.raises(UsageError, match="unknown rule or family"):
        selected(Config(), [name])
    with pytest.raises(UsageError, match="unknown rule or family"):
        selected(Config(), [], [name])


def test_rules_are_in_a_fixed_order() -> None:
    assert selected(Config(), list(reversed(ALL))) == ALL


# --- precedence


@pytest.fixture
def three(repo: Repo) -> Repo:
    """A blob that three rules speak about: a raw, large file of weights on an lfs path."""
    repo.add_info(MODEL)
    repo.stage_all(
        {".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n", FILE: 1_500_000}
    )
    return repo


def test_the_rule_with_the_right_fix_speaks(three: Repo) -> None:
    assert three.rules() == ["missing-pointer"]
    three.git("rm", "-q", "--cached", ".gitattributes")
    assert three.rules() == ["tracked-weights"]


def test_each_of_them_stops_the_blob_alone(three: Repo) -> None:
    """Decided after select and ignore: a hook with one rule or family still stops it."""
    for name in ("missing-pointer", "tracked-weights", "oversized-blob"):
        assert three.rules("--select", name) == [name]
    assert three.rules("--select", "size") == ["tracked-weights"]
    assert three.rules("--select", "lfs") == ["missing-pointer"]
    assert three.rules("--ignore", "missing-pointer") == ["tracked-weights"]
    assert three.rules("--ignore", "missing-pointer,tracked-weights") == ["oversized-blob"]
    assert three.rules("--ignore", "size,lfs") == []


def test_other_rules_speak_beside_them(three: Repo) -> None:
    three.git("mv", "-k", MODEL, "pretrained_model/Bert Base")
    assert three.rules() == ["bad-model-name", "missing-pointer"]


def test_precedence_is_decided_for_each_path(three: Repo) -> None:
    three.stage("best.pt", 1_500_000)
    found = {(finding["path"], finding["rule"]) for finding in three.check()}
    assert found == {("best.pt", "oversized-blob"), (FILE, "missing-pointer")}


def test_precedence_is_decided_for_each_commit(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    base = repo.commit()
    repo.add_info(MODEL)
    repo.stage(FILE, 1_500_000)
    first = repo.commit("One version")
    repo.stage(FILE, 2_000)
    second = repo.commit("Another")
    found = [(f["commit"], f["rule"]) for f in repo.check("--range", f"{base}..")]
    assert sorted(found) == sorted([(first, "tracked-weights"), (second, "tracked-weights")])


def test_text_in_lfs_comes_before_the_missing_pointer(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage(".gitattributes", "/pretrained_model/** filter=lfs diff=lfs merge=lfs -text\n")
    assert repo.rules() == ["text-in-lfs"]
    assert repo.rules("--ignore", "text-in-lfs") == ["missing-pointer"]


def test_precedence_names_rules_that_exist() -> None:
    assert set(PRECEDENCE) <= set(rules.RULES)


# --- what is told


def test_exclude_takes_findings_away_and_not_weights(repo: Repo) -> None:
    repo.stage_all(
        {"a/best.pt": 1_500_000, "b/best.pt": 1_500_000, ".pmgit.toml": 'exclude = ["/a/"]\n'}
    )
    assert [finding["path"] for finding in repo.check()] == ["b/best.pt"]
    assert "in 3 files" in repo.pmgit("check").out


def test_an_excluded_finding_hides_no_other(three: Repo) -> None:
    three.stage(".pmgit.toml", 'exclude = ["*.safetensors", "!model.safetensors"]\n')
    assert three.rules() == ["missing-pointer"]


def test_findings_are_sorted_by_path(repo: Repo) -> None:
    repo.stage_all(dict.fromkeys(("b.pt", "a.pt", "c/a.pt", "B.pt", "é.pt"), 1_500_000))
    paths = [finding["path"] for finding in repo.check()]
    assert paths == sorted(paths)
    assert len(paths) == 5


def test_every_finding_has_the_name_of_its_rule(
    three: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(three.path)
    for name, value in three.env.items():
        monkeypatch.setenv(name, value)
    snapshot = staged.take()
    report = judge(snapshot, configuration(snapshot), ALL)
    assert [finding.rule for finding in report.findings] == ["missing-pointer"]
    assert (report.checked, report.not_judged) == (3, 0)
    assert report.errors == report.findings


def test_an_option_of_a_rule_that_does_not_run_is_checked_too(repo: Repo) -> None:
    """A mistake is a mistake on every commit, not only when the rule has something to say."""
    repo.stage_all(
        {
            "a.txt": "a\n",
            ".pmgit.toml": "ignore = ['info']\n[rules.missing-info]\nlocal = 'maybe'\n",
        }
    )
    failed = repo.hook("pre-commit")
    assert failed.code == 2, failed


def test_a_range_judges_what_it_takes_away_again(repo: Repo) -> None:
    """Below every limit of size, and no longer there at the tip."""
    repo.stage("a.txt", "a\n")
    base = repo.commit()
    repo.stage(FILE, 2_000)
    repo.commit("Sin")
    repo.git("rm", "-q", FILE)
    repo.commit("Repent")
    assert repo.rules("--range", f"{base}..") == ["tracked-weights"]
    assert repo.rules("--range", f"{base}..", "--select", "naming,info,lfs") == []


@pytest.mark.parametrize("name", ["a" * 50_000 + "!", "1." * 20_000, "-" * 100_000])
def test_a_long_name_takes_no_long_time(name: str) -> None:
    from time import process_time

    from pmgit.model import naming

    start = process_time()
    naming.is_plain(name)
    naming.in_hub_alphabet(name)
    naming.plain_form(name)
    assert process_time() - start < FOR_EVER


# --- sizes from the index


@pytest.fixture
def many(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Where the test stands, one staged file is already many, and lines end as on Windows."""
    monkeypatch.setattr(staged, "MANY", 1)
    monkeypatch.chdir(repo.path)
    repo.git("config", "core.autocrlf", "true")
    return repo


def told(rule: str, *settings: str) -> list[str]:
    """What a rule says of what is staged here, without what it advises."""
    config = Config()
    for setting in settings:
        config.override(f"{rule}.{setting}")
    return [f.message.split(";")[0] for f in judge(staged.take(), config, [rule]).findings]


def test_what_is_added_up_are_the_sizes_of_blobs(many: Repo) -> None:
    """On disk it is a third more: each line has one byte more."""
    many.stage(f"{MODEL}/config.json", "{}\n")
    many.stage_all(
        {f"{MODEL}/{number}.txt": b"%d\r\n" % number + b"a\r\n" * 6000 for number in range(10)}
    )
    assert told("oversized-model", "max-model-size=120023") == []
    assert told("oversized-model", "max-model-size=120022") == [
        "120,023 bytes of raw files in the model's folder, the limit is 120,022 bytes"
    ]


def test_what_is_shown_are_the_sizes_of_blobs(many: Repo) -> None:
    many.stage_all(
        {".gitattributes": "*.bin text\n", f"{MODEL}/model.bin": b"\0" + b"a\r\n" * 6000}
    )
    [message] = told("tracked-weights")
    assert message.startswith("12.0 kB of weights raw in Git")


def test_a_size_is_exact_once_it_is_measured(many: Repo) -> None:
    many.stage_all({f"{number}.txt": b"%d\r\n" % number + b"a\r\n" * 6000 for number in range(3)})
    snapshot = staged.take()
    snapshot.survey(bool, 400_000, ask_filters=False)
    assert [blob.size for blob in snapshot.files] == [18_003] * 3
    snapshot.contents.measure(snapshot.files[:1])
    assert [blob.size for blob in snapshot.files] == [12_002, 18_003, 18_003]
    assert snapshot.contents.make_exact()
    assert [blob.size for blob in snapshot.files] == [12_002] * 3
    assert not snapshot.contents.make_exact()


def test_content_is_judged_once_though_it_is_looked_at_twice(
    many: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header of a large file, or a pickle, takes longer than all else; sizes do not change it."""
    judged: list[str] = []

    def counted(reader: Reader, name: str) -> Opinion:
        judged.append(name)
        return judge_content(reader, name)

    monkeypatch.setattr("pmgit.formats.judge.judge", counted)
    evil = b"cos\nsystem\n."
    many.stage_all(
        {"notes.txt": random_bytes(9_000).hex(), f"{MODEL}/a.pkl": evil, f"{MODEL}/b.pkl": evil}
    )
    oid = hashlib.sha256(evil).hexdigest()
    there = many.path / ".git/lfs/objects" / oid[:2] / oid[2:4]
    there.mkdir(parents=True)
    (there / oid).write_bytes(evil)
    many.stage(f"{MODEL}/c.pkl", pointer(evil))
    found = judge(staged.take(), Config(), ["unsafe-weights", "broken-weights"]).findings
    assert sorted(judged) == [one.path for one in found] == [f"{MODEL}/{x}.pkl" for x in "abc"]
