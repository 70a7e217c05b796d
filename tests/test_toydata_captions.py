"""The pictures of lesson 09: what is drawn, what is measured, what is said."""

import re

import numpy as np
import pytest

from rnnlib.course.toydata import captions


def test_every_caption_is_of_the_grammar_and_none_is_in_two_parts():
    pattern = re.compile(rf"(an?) (?:({'|'.join(filter(None, captions.SIZES))}) )?({'|'.join(captions.COLOURS)}) "
                         rf"({'|'.join(captions.SHAPES)}) ({'|'.join(captions.PLACES)})")
    parts = [captions.texts(part) for part in captions.PARTS]
    everything = sum(parts, [])
    assert len(everything) == len(set(everything)) == 5 * 3 * 5 * 9
    for text in everything:
        article, size, colour, shape, place = pattern.fullmatch(text).groups()
        assert article == ("an" if not size and colour == "indigo" else "a")
        assert captions.things(text) == {"size": size or "", "colour": colour, "shape": shape, "place": place}
        assert len(text.split()) < captions.MOST
    assert captions.decode(captions.encode(everything)) == everything


def test_a_strange_pair_is_never_trained_and_everything_else_is():
    seen = {(said["colour"], said["shape"]) for said in map(captions.things, captions.texts("train") + captions.texts("test"))}
    strange = {(said["colour"], said["shape"]) for said in map(captions.things, captions.texts("strange"))}
    assert len(seen) == 20 and len(strange) == 5 and not seen & strange
    trained = [captions.things(text) for text in captions.texts("train")]
    assert {(said["colour"], said["shape"]) for said in trained} == seen
    for thing, options in captions.THINGS.items():
        assert {said[thing] for said in trained} == set(options)
    assert 0.15 < len(captions.texts("test")) / 540 < 0.25


def test_shapes_have_their_areas_and_stand_where_they_should():
    radius, centres = 6.5, np.random.default_rng(0).uniform(10, 22, (40, 2))    # where pixels lie under an edge averages out
    share = {"circle": np.pi / 4, "square": 1, "triangle": 0.5, "cross": 0.36 * 2 - 0.36 ** 2, "ring": np.pi / 4 * (1 - 0.32)}
    for shape in captions.SHAPES:
        areas = []
        for x, y in centres:
            picture = captions.picture_of(shape, "black", radius, x, y)
            ink = (picture != captions.PAPER).any(axis=-1)
            rows, columns = np.nonzero(ink)
            assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(x, abs=1.1)
            assert (rows.min() + rows.max() + 1) / 2 == pytest.approx(y, abs=1.1)
            assert set(picture[ink].ravel()) == {0.07}
            areas.append(ink.sum())
        assert np.mean(areas) / (2 * radius) ** 2 == pytest.approx(share[shape], abs=0.02), shape


def test_paints_differ_in_lightness_from_each_other_and_from_the_paper():
    light = sorted(np.array([*captions.PAINTS.values(), [captions.PAPER] * 3]) @ [0.2126, 0.7152, 0.0722])
    assert np.diff(light).min() > 0.08


def test_features_agree_with_counting():
    pictures, _ = captions.draw(40, np.random.default_rng(0), "strange")
    for picture, v in zip(pictures, captions.features(pictures)):
        painted = [(r, c) for r in range(32) for c in range(32) if np.abs(picture[r, c] - captions.PAPER).max() > 0.02]
        top, left = (min(place[axis] for place in painted) for axis in (0, 1))
        bottom, right = (max(place[axis] for place in painted) + 1 for axis in (0, 1))
        expected = [2 * ((left + right) / 32 - 1), 2 * ((top + bottom) / 32 - 1), 2 * ((right - left) / 16 - 0.6),
                    2 * ((bottom - top) / 16 - 0.6), *(2 * np.mean([picture[place] for place in painted], axis=0) - 1)]
        for i in range(4):
            for j in range(4):
                cell = [(r, c) for r in range(top, bottom) for c in range(left, right)
                        if int((r + 0.5 - top) * 4 / (bottom - top)) == i and int((c + 0.5 - left) * 4 / (right - left)) == j]
                expected.append(2 * np.mean([place in painted for place in cell]) - 1)
        np.testing.assert_allclose(v, expected, atol=1e-12)
    with pytest.raises(ValueError, match="something painted"):
        captions.features(np.full((2, 32, 32, 3), captions.PAPER))


def test_what_is_drawn_is_what_is_said():
    rng = np.random.default_rng(3)
    for part in captions.PARTS:
        pictures, said = captions.draw(60, rng, part)
        assert pictures.shape == (60, 32, 32, 3) and pictures.min() >= 0 and pictures.max() <= 1
        assert set(said) <= set(captions.texts(part))
    # by the middles of the intervals, through both ways of drawing
    for size, radius in enumerate((3.2, 4.8, 6.8)):
        for place, (x, y) in enumerate((x, y) for y in (8.0, 16.0, 24.0) for x in (8.0, 16.0, 24.0)):
            assert captions.caption_of("ring", "indigo", radius, x, y) == captions.caption(4, size, 3, place)
    assert captions.caption_of("ring", "indigo", 4.0, 8.0, 8.0) == captions.caption_of("ring", "indigo", 4.8, 12.0, 8.0) == ""


def test_measuring_is_drawing_and_looking():
    v, said = captions.measure(450, np.random.default_rng(4), "test")
    pictures, drawn = captions.draw(450, np.random.default_rng(4), "test")
    assert said == drawn
    np.testing.assert_array_equal(v, captions.features(pictures))


def test_batches_are_of_the_training_part(monkeypatch):
    monkeypatch.setattr(captions, "POOL", 300)
    batches = captions.batches(np.random.default_rng(0), B=50)
    known = set(captions.texts("train"))
    for (v, target), _ in zip(batches, range(5)):
        assert v.shape == (50, captions.V) and target.shape[1] == 50 and np.abs(v).max() < 2
        assert set(captions.decode(target)) <= known


def test_baseline_and_ceiling():
    exact, things = captions.baseline()
    assert exact == 0 and things["colour"] > 0.9 and things["place"] < 0.6
    assert captions.ceiling() == 1
    rng = np.random.default_rng(0)
    rows, to = rng.normal(size=(20, 5)), rng.normal(size=(30, 5))
    np.testing.assert_array_equal(captions._nearest(rows, to), [np.argmin([np.linalg.norm(r - t) for t in to]) for r in rows])
    assert captions.exact(["a b", "c"], ["a b", "d"]) == 0.5
    assert captions.things_right(["a white ring in the middle"], ["a black ring at the top"]) == {
        "size": 1, "colour": 0, "shape": 1, "place": 0}


def test_a_part_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="part must be one of train, test, strange; it was 'dev'"):
        captions.draw(3, np.random.default_rng(0), "dev")
