"""What learners type or choose: its words, a sentence where a network cannot read them, and a slider that ends with them."""

from ..live import nearest


def words_of(text):
    """The words of a text in small letters, without the marks around them."""
    return [word for word in (word.strip(".,;:!?\"'()") for word in text.lower().split()) if word]


def readable(words, known, most, example):
    """The words as they are, where a network can read them; ValueError with a sentence for whoever typed them where not.

    known : the words the network knows; most : how many it reads; example : a text that it can read
    """
    if not words:
        raise ValueError(f"There is no word in it: type some of the words it knows, such as “{example}”.")
    strangers = list(dict.fromkeys(word for word in words if word not in known))
    if strangers:
        also = ", ".join(cut(word, 20) for word in strangers[2:5]) + (f" and {len(strangers) - 5} more" * (len(strangers) > 5))
        raise ValueError(" ".join(nearest(word, known) for word in strangers[:2]) + (f" Nor are: {also}." if also else ""))
    if len(words) > most:
        raise ValueError(f"That is {len(words)} words; at most {most} are read here. Leave some out.")
    return words


def cut(word, most):
    """The word, shortened to `most` letters with an ellipsis where it is longer."""
    return word if len(word) <= most else word[:most - 1] + "…"


def ends_with(control, other, most):
    """Let a slider end at most(value of another control): beyond it nothing would change.

    `control.longest` is where it ends at the most, for pages whose sliders cannot change: they hold all values.
    """
    values = other.options if hasattr(other, "options") else range(other.min, other.max + 1)
    control.longest = max(most(value) for value in values)

    def follow(_=None):
        control.max = max(most(other.value), control.min + 1)

    other.observe(follow, "value")
    follow()
