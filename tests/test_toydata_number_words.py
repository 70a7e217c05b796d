"""Number words and digit strings: the grammar, the split, baseline and ceiling by an independent count."""

import numpy as np
import pytest

from rnnlib.course.toydata import digit_strings
from rnnlib.course.toydata import number_words as numbers

SAID = {0: "zero", 7: "seven", 10: "ten", 19: "nineteen", 20: "twenty", 47: "forty seven", 100: "one hundred",
        101: "one hundred and one", 307: "three hundred and seven", 999: "nine hundred and ninety nine", 1000: "one thousand",
        1001: "one thousand and one", 1100: "one thousand one hundred", 9412: "nine thousand four hundred and twelve",
        10000: "ten thousand", 123456: "one hundred and twenty three thousand four hundred and fifty six"}


@pytest.mark.parametrize("n", SAID)
def test_numbers_are_said_as_people_say_them(n):
    assert numbers.say(n) == SAID[n]


def by_parts(sentence):
    """The value of a sentence by adding up, an independent reader."""
    small = {word: i for i, word in enumerate(("zero", *numbers.UNITS))}
    small |= {word: 10 * i for i, word in enumerate(numbers.TENS, 2)}
    total = part = 0
    for word in sentence.split():
        if word == "thousand":
            total, part = 1000 * part, 0
        elif word == "hundred":
            part *= 100
        else:
            part += small.get(word, 0)
    return total + part


def test_every_number_has_its_own_words_and_they_add_up_to_it():
    said = [numbers.say(n) for n in range(10000)]
    assert len(set(said)) == 10000
    assert all(by_parts(sentence) == n for n, sentence in enumerate(said))
    assert {word for sentence in said for word in sentence.split()} == set(numbers.WORDS)
    assert max(len(numbers.say(n).split()) for n in (777777, 999999)) == 11


def test_value_of_reads_numbers_and_refuses_everything_else():
    rng = np.random.default_rng(0)
    for n in [0, 1, 999, 1000, 1001, 9999, 10000, 999999, *rng.integers(1_000_000, size=100)]:
        assert numbers.value_of(numbers.say(int(n)).split()) == n
    for words in ("", "and", "seven seven", "hundred", "three and seven hundred", "thousand", "thousand thousand",
                  "zero thousand", "one thousand zero", "five hundred seven", "one thousand and"):
        assert numbers.value_of(words.split()) is None, words


def test_encode_and_decode():
    words, digits, lengths = numbers.encode([307, 9000, 5])
    assert lengths.tolist() == [4, 2, 1] and words.shape == (4, 3) and digits.shape == (5, 3)
    assert [[numbers.WORDS[t] for t in words[:n, b]] for b, n in enumerate(lengths)] == [
        ["three", "hundred", "and", "seven"], ["nine", "thousand"], ["five"]]
    assert numbers.decode(digits) == ["307", "9000", "5"] and digits[3:, 0].tolist() == [0, 0]
    assert numbers.decode(np.array([5, 2, 0])) == ["30"] and numbers.decode(np.array([], dtype=int)) == [""]
    assert numbers.tokens_of(["three", "zero"]).tolist() == [[3], [0]]


def test_training_and_test_share_no_number():
    assert not set(numbers.TRAIN) & set(numbers.TEST)
    assert set(numbers.TRAIN) | set(numbers.TEST) == set(range(10000))
    assert set(range(100)) <= set(numbers.TRAIN) and len(numbers.TEST) == 2475
    rng, seen = np.random.default_rng(0), set()
    for (_, digits, lengths), _ in zip(numbers.batches(rng), range(40)):
        seen |= set(map(int, numbers.decode(digits)))
        assert (numbers.encode([int(n) for n in numbers.decode(digits)])[2] == lengths).all()
    assert len(seen) > 1000 and not seen & set(numbers.TEST)


def test_baseline_is_the_share_of_numbers_without_an_unsaid_zero():
    """Counted from the digits: a zero is said in "zero", in "ten" and behind a ten; everywhere else it is not."""
    fits = 0
    for n in numbers.TEST:
        digits = str(n)
        unsaid = sum(digit == "0" for digit in digits) - (digits[-1] == "0" and digits[-2] != "0")
        fits += unsaid == 0
        assert (numbers.word_by_word(int(n)) == digits) == (unsaid == 0)
    assert numbers.baseline() == fits / len(numbers.TEST) and round(numbers.baseline(), 2) == 0.83
    assert numbers.ceiling() == 1


def test_the_vanilla_cell_reaches_the_target_on_average_and_the_early_run_does_not():
    reached = [numbers.score(numbers.load_model("RNN", seed)) for seed in range(3)]
    assert np.mean(reached) >= numbers.TARGET and min(reached) >= 0.94
    early = numbers.load_early()
    flags = numbers.exact(early, numbers.TEST[::12])
    words, _, lengths = numbers.encode(numbers.TEST[::12])
    written = numbers.decode(early.predict(words, lengths, max_length=9))
    assert flags.tolist() == [text == str(n) for text, n in zip(written, numbers.TEST[::12])] and 0.2 < flags.mean() < 0.5


@pytest.mark.parametrize("call", [lambda: digit_strings.load_model(7), lambda: digit_strings.test_set(2)])
def test_bad_arguments_are_explained(call):
    with pytest.raises(ValueError, match="must be"):
        call()


# --- digit strings ---------------------------------------------------------------------------------------------------

def test_digit_strings_are_copied_and_the_parts_are_disjoint():
    words, digits, lengths = digit_strings.encode([np.array([3, 0, 7]), np.array([5])])
    assert words.tolist() == [[3, 5], [0, 0], [7, 0]] and lengths.tolist() == [3, 1]
    assert digits.tolist() == [[5, 7], [2, 0], [9, 0], [0, 0]]
    rng = np.random.default_rng(0)
    trained = {tuple(string) for string in digit_strings.draw([3] * 4000, rng)}
    tested = {tuple(string) for string in digit_strings.draw([3] * 2000, rng, test=True)}
    assert not trained & tested and len(trained) + len(tested) > 950
    assert {tuple(string) for string in digit_strings.draw([1] * 200, rng)} == {(digit,) for digit in range(10)}


def test_larger_contexts_carry_longer_strings():
    exact = {H: [digit_strings.right(digit_strings.load_model(H), n).all(axis=0).mean() for n in (3, 5, 8)]
             for H in digit_strings.SIZES}
    for smaller, larger in zip(digit_strings.SIZES, digit_strings.SIZES[1:]):
        assert (np.array(exact[smaller]) <= np.array(exact[larger]) + 0.01).all()
    assert exact[64][2] > 0.7 and exact[8][0] < 0.5


def test_a_string_that_ends_too_early_has_no_right_digit_behind_its_end():
    class Short:
        def predict(self, words, lengths, max_length):
            return np.concatenate([words[:1] + 2, np.zeros((1, words.shape[1]), dtype=int)])

    flags = digit_strings.right(Short(), 4)
    assert flags[0].all() and not flags[1:].any()
