"""Parts of speech: tag every word of a made sentence, where many words can be more than one part of speech.

"they fish" and "the fish", "they still water the boat" and "the still water": only the words before say which. The
grammar is a chain of states; each state has one tag, its words with their probabilities, and what may follow (`GRAMMAR`)::

    sentence  ->  pronoun [adverbs] predicate            |  noun phrase  auxiliary [adverb] verb ...
    predicate ->  verb ...                               |  auxiliary [adverb] verb ...
    verb ...  ->  verb  |  verb noun phrase  |  verb preposition noun phrase  |  "can" noun phrase
    noun phrase -> determiner [adjective [adjective]] noun

From 2 to 12 words. Seven nouns are verbs too, four adjectives are adverbs too, "will" is an auxiliary or a noun, "light" a
noun, a verb or an adjective, and "can" an auxiliary, a noun or (to put into cans) a verb. Two of them cannot always be told
from what came before: "they can" may go on as "they can fish" (auxiliary) or "they can the fish" (verb), and "the light" may be
the noun, or an adjective whose noun comes next. So the ceiling for a tagger that answers word by word lies below 1 (`ceiling`).

The split: one sentence in five, by the checksum of its text, is held out for the test; no sentence is in both parts.
"""

import numpy as np

from ... import Embedding, ManyToMany, Readout, mask_of
from .task import CELL_TYPES, Task, held_out, new_cell, padded

TAGS = ("determiner", "pronoun", "adjective", "adverb", "noun", "verb", "auxiliary", "preposition")
SHORT = ("det", "pron", "adj", "adv", "noun", "verb", "aux", "prep")
K = len(TAGS)

_NOUNS = {"fish": .16, "water": .16, "light": .10, "paint": .08, "train": .08, "watch": .06, "cook": .06, "can": .06, "will": .04,
          "dog": .07, "river": .06, "boat": .07}
_VERBS = {"watch": .20, "cook": .14, "paint": .10, "train": .10, "fish": .08, "water": .06, "light": .05, "see": .10, "eat": .10,
          "like": .07}
_ADJECTIVES = {"still": .15, "only": .15, "just": .10, "daily": .10, "light": .06, "old": .20, "red": .12, "small": .12}
_ADVERBS = {"still": .20, "only": .15, "just": .15, "daily": .10, "never": .15, "often": .15, "quietly": .10}
_DETERMINERS = {"the": .5, "my": .2, "our": .15, "this": .15}
_AUXILIARIES = {"can": .5, "will": .3, "must": .2}

# state: (its tag, its words, the states that may follow); "end" closes the sentence
GRAMMAR = {
    "pronoun": ("pronoun", {"they": .4, "we": .35, "you": .25}, {"adverb": .4, "auxiliary": .27, "verb": .27, "to can": .06}),
    "adverb": ("adverb", _ADVERBS, {"adverb 2": .25, "auxiliary": .2, "verb": .49, "to can": .06}),
    "adverb 2": ("adverb", _ADVERBS, {"auxiliary": .2, "verb": .74, "to can": .06}),
    "subject determiner": ("determiner", _DETERMINERS, {"subject adjective": .55, "subject": .45}),
    "subject adjective": ("adjective", _ADJECTIVES, {"subject adjective 2": .3, "subject": .7}),
    "subject adjective 2": ("adjective", _ADJECTIVES, {"subject": 1.}),
    "subject": ("noun", _NOUNS, {"auxiliary": 1.}),
    "auxiliary": ("auxiliary", _AUXILIARIES, {"inner adverb": .35, "verb": .6, "to can": .05}),
    "inner adverb": ("adverb", _ADVERBS, {"verb": .95, "to can": .05}),
    "verb": ("verb", _VERBS, {"end": .3, "determiner": .45, "preposition": .25}),
    "to can": ("verb", {"can": 1.}, {"determiner": 1.}),
    "preposition": ("preposition", {"near": .4, "by": .3, "with": .3}, {"determiner": 1.}),
    "determiner": ("determiner", _DETERMINERS, {"adjective": .55, "noun": .45}),
    "adjective": ("adjective", _ADJECTIVES, {"adjective 2": .3, "noun": .7}),
    "adjective 2": ("adjective", _ADJECTIVES, {"noun": 1.}),
    "noun": ("noun", _NOUNS, {"end": 1.}),
}
FIRST = {"pronoun": .55, "subject determiner": .45}

WORDS = tuple(sorted({word for _, words, _ in GRAMMAR.values() for word in words}))
V = len(WORDS)
LONGEST = 12
TOKEN = {word: token for token, word in enumerate(WORDS)}

D, H = 8, 24
STEPS, LEARNING_RATE, BATCH = 300, 0.01, 32
SEEDS = (0, 1, 2)
TARGET = 0.96       # at least 0.95 of the ceiling, half of the gap to it, and more than the word before can tell


def _arrays():
    """The grammar's S states as arrays: first (S,), after (S, S) without the share of "end", says (S, V), has (S, K)."""
    states = list(GRAMMAR)
    after, says, has = (np.zeros((len(states), n)) for n in (len(states), V, K))
    for s, (tag, words, following) in enumerate(GRAMMAR.values()):
        has[s, TAGS.index(tag)] = 1
        says[s, [TOKEN[word] for word in words]] = list(words.values())
        for name, p in following.items():
            if name != "end":
                after[s, states.index(name)] = p
    return np.array([FIRST.get(state, 0.) for state in states]), after, says, has


FIRST_STATE, AFTER, SAYS, HAS = _arrays()
_VISITS = np.linalg.solve(np.eye(len(GRAMMAR)) - AFTER.T, FIRST_STATE)      # how often a sentence is in each state, on average
# words with more than one tag
AMBIGUOUS = {word: tuple(TAGS[k] for k in np.flatnonzero(SAYS[:, token] @ HAS))
             for word, token in TOKEN.items() if np.count_nonzero(SAYS[:, token] @ HAS) > 1}
_IS_AMBIGUOUS = np.array([word in AMBIGUOUS for word in WORDS])


def draw(n, rng, test=False):
    """n sentences of the training part (or of the test part): a list of (words, tags), tuples of str and of int."""
    sentences = []
    while len(sentences) < n:
        sentences += [sentence for sentence in _walk(2 * n if not test else 6 * n, rng)
                      if held_out(" ".join(sentence[0]).encode()) == test]
    return sentences[:n]


def _walk(n, rng):
    """n sentences of the grammar, of either part; all of them grow by a word at a time."""
    ends = len(GRAMMAR)
    words, tags, state = [], [], _pick(np.tile(FIRST_STATE, (n, 1)), rng)
    while (state < ends).any():
        inside = np.minimum(state, ends - 1)        # a sentence that has ended stays where it is, unseen
        words.append(np.where(state < ends, _pick(SAYS[inside], rng), -1))
        tags.append(HAS[inside].argmax(axis=1))
        state = np.where(state < ends, _pick(AFTER[inside], rng), ends)
    lengths = (np.array(words) >= 0).sum(axis=0)
    return [(tuple(WORDS[token] for token in sentence[:length]), tuple(map(int, tag[:length])))
            for sentence, tag, length in zip(np.transpose(words), np.transpose(tags), lengths)]


def _pick(shares, rng):
    """One draw from each row of shares (n, m): the index, or m where the draw falls beyond a row's sum."""
    return (rng.random((len(shares), 1)) >= np.cumsum(shares, axis=1) - 1e-12).sum(axis=1)


def encode(sentences):
    """Arrays of a list of (words, tags): tokens (T, B), target (T, B), lengths (B,), all of int; 0 after the end."""
    tokens = padded([[TOKEN[word] for word in words] for words, _ in sentences])
    return tokens, padded([tags for _, tags in sentences]), np.array([len(words) for words, _ in sentences])


def batches(rng, B=BATCH):
    """Fresh batches (tokens, target, lengths) of the training part without end."""
    while True:
        yield encode(draw(B, rng))


def test_set(n=1000, rng=None):
    """(tokens, target, lengths) of n sentences of the test part, the same ones every time unless an rng is given."""
    return encode(draw(n, np.random.default_rng(7) if rng is None else rng, test=True))


def baseline(previous=0, ambiguous=False):
    """The accuracy of the rule that gives each word its most frequent tag, computed from the grammar.

    With previous=1 the rule sees the word before as well. The sum runs over how often a sentence is in each state
    (and in each pair of states), on average. ambiguous=True counts the words of AMBIGUOUS alone.
    """
    if previous not in (0, 1):
        raise ValueError(f"previous must be 0 or 1; it was {previous!r}")
    seen = (_VISITS[:, None] * SAYS)[:, :, None] * HAS[:, None, :]                         # (S, V, K)
    if previous:
        passed = np.einsum("sv,sr->vr", _VISITS[:, None] * SAYS, AFTER)                     # word before, state
        seen = np.concatenate([FIRST_STATE[None], passed])[:, :, None, None] * (SAYS[:, :, None] * HAS[:, None])
        seen = seen.sum(axis=1)                                                             # (1 + V, V, K)
    else:
        seen = seen.sum(axis=0)[None]
    counted = _IS_AMBIGUOUS if ambiguous else slice(None)
    return float(seen.max(axis=-1)[:, counted].sum() / seen[:, counted].sum())


def ceiling(ambiguous=False):
    """The accuracy of the best possible rule that has read up to the word it tags, computed from the grammar.

    What some words tell about the next one is a probability for each state. Beginnings that lead to the same probabilities
    are followed together, so that the sum over all sentences is short. ambiguous=True counts the words of AMBIGUOUS alone.
    """
    right = total = 0.0
    beliefs = {tuple(FIRST_STATE): 1.0}         # probabilities of the next word's state -> share of the sentences
    while beliefs:
        following = {}
        for belief, share in beliefs.items():
            joint = np.array(belief)[:, None] * SAYS                                        # (S, V)
            best = (joint.T @ HAS).max(axis=1)                                              # (V,)
            counted = _IS_AMBIGUOUS if ambiguous else slice(None)
            right += share * best[counted].sum()
            total += share * joint[:, counted].sum()
            for word in np.flatnonzero(joint.any(axis=0)):
                p = joint[:, word].sum()
                key = tuple(np.round(joint[:, word] / p @ AFTER, 12))
                if any(key):
                    following[key] = following.get(key, 0.0) + share * p
        beliefs = following
    return float(right / total)


def odds(words):
    """The probabilities of the tags of each word given the words up to it: a sequence of str -> (T, K).

    Raises ValueError where the grammar cannot say these words in this order.
    """
    belief, p = FIRST_STATE, []
    for word in words:
        belief = belief * SAYS[:, TOKEN[word]]
        if not belief.any():
            raise ValueError(f"the grammar cannot say {' '.join(words[:len(p) + 1])!r}")
        belief = belief / belief.sum()
        p.append(belief @ HAS)
        belief = belief @ AFTER
    return np.array(p)


def model(cell_name, rng):
    """The default model: an embedding of D = 8 numbers per word, one cell of H = 24, a readout of K = 8 scores."""
    return ManyToMany(new_cell(cell_name, D, H, rng), Readout(H, K, rng), Embedding(V, D, rng))


def score(model, batch=None, ambiguous=False):
    """The share of words tagged right, of a batch (tokens, target, lengths), by default the test set."""
    tokens, target, lengths = test_set() if batch is None else batch
    counted = mask_of(lengths, len(tokens))
    if ambiguous:
        counted &= _IS_AMBIGUOUS[tokens]
    return float((model.predict(tokens, lengths).argmax(axis=-1) == target)[counted].mean())


TASK = Task(name=__name__, title="parts of speech", lesson=7, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=4,
            shipped=[(cell_name, seed) for cell_name in CELL_TYPES for seed in SEEDS])
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
