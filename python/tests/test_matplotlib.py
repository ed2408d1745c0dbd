"""The writer as matplotlib uses it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from conftest import names, probe
from matplotlib.animation import FuncAnimation, writers
from matplotlib.figure import Figure

from kinetograph import MatplotlibWriter


def moving_line(frames: int = 10, **arguments: Any) -> Any:
    figure, axes = plt.subplots(figsize=(3, 2))
    (curve,) = axes.plot([0, 1], [0, 1])

    def update(frame: int) -> list[Any]:
        curve.set_ydata([frame / frames, 1])
        return [curve]

    return FuncAnimation(figure, update, frames, **arguments)


@pytest.fixture(autouse=True)
def _no_figure_stays_open() -> Any:
    yield
    plt.close("all")


@pytest.mark.parametrize(
    "imports", ["import kinetograph, matplotlib.animation", "import matplotlib.animation, kinetograph"]
)
def test_the_writer_is_registered_in_any_order_of_imports(imports: str) -> None:
    program = f"""{imports}
from matplotlib.animation import writers, FuncAnimation
assert "kinetograph" in writers.list(), writers.list()
assert matplotlib.animation.__spec__.loader.__class__.__name__ == "SourceFileLoader"
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_the_package_does_not_import_matplotlib_or_numpy() -> None:
    program = "import kinetograph, sys; assert not {'matplotlib', 'numpy', 'IPython', 'tqdm'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_animation_is_saved_by_the_name_of_the_writer(tmp_path: Path) -> None:
    movie = tmp_path / "movie.mp4"
    moving_line(interval=1000 / 30).save(movie, writer="kinetograph", metadata={"title": "Line", "genre": "Plot"})
    shown = probe(movie)
    assert (shown["nb_read_frames"], shown["r_frame_rate"], shown["width"], shown["height"]) == ("10", "30/1", 300, 200)
    assert (shown["metadata"]["title"], shown["metadata"]["genre"]) == ("Line", "Plot")
    assert writers.is_available("kinetograph")


def test_options_of_ffmpeg_become_settings(tmp_path: Path) -> None:
    options = ["-crf", "18", "-preset", "slow", "-tune", "animation", "-pix_fmt", "yuv444p10le", "-g", "4"]
    options += [
        "-x264-params",
        "bframes=0:ref=2",
        "-metadata",
        "title=A",
        "-metadata",
        "artist=B",
        "-an",
        "-c:v",
        "h264",
    ]
    moving_line().save(tmp_path / "movie.mp4", writer="kinetograph", fps=cast(int, 12.5), extra_args=options)
    shown = probe(tmp_path / "movie.mp4")
    assert (shown["pix_fmt"], shown["r_frame_rate"], shown["has_b_frames"]) == ("yuv444p10le", "25/2", 0)
    assert (shown["metadata"]["title"], shown["metadata"]["artist"]) == ("A", "B")
    writer = MatplotlibWriter(fps=30, extra_args=["-b:v", "2M", "-maxrate", "3000k", "-bufsize", "4000000"])
    assert (writer.settings["bitrate"], writer.settings["vbv"]) == (2000, (3000, 4000))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["-vf", "scale=2:2"], "'-vf', which has no counterpart"),
        (["-crf"], "ends with '-crf'"),
        (["-crf", "low"], "'-crf' with the value 'low'"),
        (["-pix_fmt", "rgb24"], "'-pix_fmt' with the value 'rgb24'"),
        (["-c:v", "libvpx"], "'-c:v' with the value 'libvpx'"),
        (["-maxrate", "3M"], "they belong together"),
        (["-crf", "99"], "crf must be 0 to 51"),
    ],
)
def test_options_without_a_counterpart_are_refused_by_name(options: list[str], text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=text):
        moving_line().save(tmp_path / "movie.mp4", writer="kinetograph", extra_args=options)
    assert names(tmp_path) == []


def test_other_codecs_and_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="codec is 'mpeg4'; kinetograph encodes h264"):
        moving_line().save(tmp_path / "movie.mp4", writer="kinetograph", codec="mpeg4")
    with pytest.raises(ValueError, match="another format"):
        moving_line().save(tmp_path / "movie.gif", writer="kinetograph")
    with pytest.raises(FileNotFoundError):
        moving_line().save(tmp_path / "missing" / "movie.mp4", writer="kinetograph")


def test_bit_rates_are_average_rates_unless_the_call_has_a_quality() -> None:
    assert MatplotlibWriter(bitrate=500).settings["bitrate"] == 500
    assert "bitrate" not in MatplotlibWriter(bitrate=-1).settings
    with mpl.rc_context({"animation.bitrate": 700}):
        assert MatplotlibWriter().settings["bitrate"] == 700
        assert "bitrate" not in MatplotlibWriter(crf=20).settings
    with pytest.raises(ValueError, match="exclude each other"):
        MatplotlibWriter(bitrate=500, crf=20)


def test_a_writer_takes_every_setting(tmp_path: Path) -> None:
    writer = MatplotlibWriter(fps=30, crf=18, preset="slow", tags={"artist": "Ada"}, metadata={"title": "Line"})
    moving_line().save(tmp_path / "movie.mp4", writer=writer)
    assert writer.report is not None
    assert writer.report.frames == 10
    assert probe(tmp_path / "movie.mp4")["metadata"]["artist"] == "Ada"


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    animation = moving_line()
    animation._fig.set_size_inches(5, 3.33)
    animation.save(tmp_path / "movie.mp4", writer="kinetograph", dpi=61, extra_args=["-pix_fmt", "yuv444p"])
    shown = probe(tmp_path / "movie.mp4")
    assert (shown["width"], shown["height"]) == (305, 203)
    assert tuple(animation._fig.get_size_inches()) == (5, 3.33)


def test_the_element_for_notebooks_uses_the_writer(tmp_path: Path) -> None:
    with mpl.rc_context({"animation.writer": "kinetograph"}):
        element = moving_line().to_html5_video()
    assert element.startswith('<video width="300" height="200"')


def test_frames_are_grabbed_by_hand(tmp_path: Path) -> None:
    figure = plt.figure(figsize=(2, 2))
    writer = MatplotlibWriter(fps=10)
    with writer.saving(figure, tmp_path / "movie.mp4", dpi=50):
        for _ in range(3):
            writer.grab_frame(facecolor="red")
        for name in ("dpi", "bbox_inches", "format"):
            with pytest.raises(TypeError, match=name):
                writer.grab_frame(**{name: 1})
        with mpl.rc_context({"savefig.bbox": "tight"}), pytest.raises(ValueError, match="tight"):
            writer.grab_frame()
    assert writer.report is not None
    assert writer.report.frames == 3
    second = MatplotlibWriter(fps=10)
    for call in (second.grab_frame, second.finish):
        with pytest.raises(RuntimeError, match="needs a movie"):
            call()
    second.setup(figure, tmp_path / "second.mp4")
    second.grab_frame()
    second.finish()
    assert probe(tmp_path / "second.mp4")["nb_read_frames"] == "1"


def test_an_exception_while_drawing_leaves_no_movie_but_the_frames_so_far(tmp_path: Path) -> None:
    figure = plt.figure(figsize=(2, 2))

    def update(frame: int) -> list[Any]:
        if frame == 7:
            raise ZeroDivisionError("at frame 7")
        return []

    canvas = figure.canvas
    with pytest.raises(ZeroDivisionError, match="at frame 7") as caught:
        FuncAnimation(figure, update, 10).save(tmp_path / "movie.mp4", writer="kinetograph")
    unfinished = Path(caught.value.unfinished)  # type: ignore[attr-defined]
    assert names(tmp_path) == [unfinished.name]
    assert str(unfinished) in "".join(caught.value.__notes__)
    assert probe(unfinished)["nb_read_frames"] == "7"
    assert "draw_idle" not in vars(canvas)


@pytest.mark.parametrize(("layout", "draws"), [(None, 1), ("once", 1), ("constrained", 3)])
def test_figures_without_a_layout_engine_are_drawn_once_a_frame(
    layout: Any, draws: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = plt.figure(figsize=(2, 2), layout=layout if draws > 1 else None)
    if layout == "once":
        figure.add_subplot()
        figure.tight_layout()
    counts = []
    original = Figure.draw

    def draw(self: Figure, renderer: Any) -> None:
        counts.append(time.monotonic())
        original(self, renderer)

    animation = FuncAnimation(figure, lambda _: [], 20)
    monkeypatch.setattr(Figure, "draw", draw)
    animation.save(tmp_path / "movie.mp4", writer="kinetograph")
    # With an engine, savefig itself goes through the figure twice.
    assert len(counts) in range(20 * draws, 20 * draws + 4)


def test_the_demo_of_the_original_question_is_saved_by_the_name_alone(tmp_path: Path) -> None:
    program = f"""
import numpy as np
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import matplotlib.animation as animation
import kinetograph

def ani_frame():
    fig = plt.figure()
    ax = fig.add_subplot(111)
    ax.set_aspect("equal")
    ax.get_xaxis().set_visible(False)
    ax.get_yaxis().set_visible(False)
    im = ax.imshow(np.random.rand(300, 300), cmap="gray", interpolation="nearest")
    im.set_clim([0, 1])
    fig.set_size_inches([5, 5])
    plt.tight_layout()

    def update_img(n):
        im.set_data(np.random.rand(300, 300))
        return im

    ani = animation.FuncAnimation(fig, update_img, 30, interval=30)
    writer = animation.writers["kinetograph"](fps=30)
    ani.save({str(tmp_path / "demo.mp4")!r}, writer=writer, dpi=100)
    return ani

ani_frame()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    shown = probe(tmp_path / "demo.mp4")
    assert (shown["nb_read_frames"], shown["width"], shown["r_frame_rate"]) == ("30", 500, "30/1")
