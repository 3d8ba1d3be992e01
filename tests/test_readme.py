"""The README's transcript is real: its commands are run, and print what it says."""

from __future__ import annotations

from pathlib import Path

from tests.hub_server import HubServer
from tests.kit import Repo
from tests.weights import Weights

TOP = Path(__file__).resolve().parent.parent


def transcript(name: str = "transcript", file: str = "README.md") -> list[tuple[str, str]]:
    """The commands of a block of a page with what they print."""
    text = (TOP / file).read_text("utf-8")
    block = text.split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0]
    body = block.strip().removeprefix("```console\n").removesuffix("```")
    steps = []
    for part in body.split("$ ")[1:]:
        command, _, printed = part.partition("\n")
        steps.append((command, printed))
    return steps


def test_the_transcript_is_what_happens(repo: Repo, weights: Weights) -> None:
    hooks = repo.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "pre-merge-commit"):
        (hooks / name).write_bytes((TOP / "hooks" / name).read_bytes())
        (hooks / name).chmod(0o755)
    model = "pretrained_model/silero-vad"
    repo.write(f"{model}/config.json", '{"model_type": "silero-vad"}\n')
    repo.write(f"{model}/silero_vad_16k.safetensors", weights.safetensors)
    steps = transcript()
    assert len(steps) == 7
    for command, printed in steps:
        result = repo.sh(f"{command} 2>&1")
        assert result.out == printed, command
        assert result.code == (1 if "2 errors" in printed else 0), command


def test_the_onboarding_is_what_happens(repo: Repo, weights: Weights) -> None:
    repo.write("pretrained_model/silero-vad/silero_vad_16k.safetensors", weights.safetensors)
    repo.stage(".gitignore", "__pycache__/\n")
    repo.commit("What was here")
    steps = transcript("onboarding")
    assert len(steps) == 6
    for command, printed in steps:
        result = repo.sh(f"{command} 2>&1")
        assert (result.out, result.code) == (printed, 0), command
    assert repo.git("status", "--short") == ""


def test_bringing_a_model_in_and_back_is_what_happens(repo: Repo, weights: Weights) -> None:
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        card = {"license": "mit"}
        files = {
            "README.md": b"---\nlicense: mit\n---\n# Silero VAD\n",
            "config.json": b'{"model_type": "silero-vad"}\n',
            "model.safetensors": weights.safetensors,
        }
        hub.add("onnx-community/silero-vad", files, card=card)
        assert repo.pmgit("gitignore").code == 0
        steps = transcript("models")
        assert len(steps) == 6
        for command, printed in steps:
            result = repo.sh(f"{command} 2>&1")
            assert (result.out, result.code) == (printed, 0), command
