"""Decisions that the pattern lessons ask for: which wiring for a task, and where does it leak? Every answer comes with a reason."""

from .questions import Question

DECISIONS = [
    Question("08", "A weather station sends a reading every hour, and a text of 3 to 9 words is to sum up the day. Some readings get "
                   "lost, so that a day has 20 to 24 of them. Which wiring do you choose?", {
        "encoder-decoder": "The text has a length of its own, and no word belongs to one reading: read all of them, then write.",
        "many to many, a word for each reading": "That gives 20 to 24 words. And which hour would say which word?",
        "many to one, the text as one of many classes": "Then every possible text must be listed beforehand, and a text that was "
                                                        "never trained on can never be written.",
        "a feedforward network on all 24 readings": "A fixed window can rival a recurrent encoder, but here a lost reading moves "
                                                    "all later ones to the wrong place."}),
    Question("08", "After 50 batches a new decoder has a loss of 0.01 nats per token. Writing by itself, it repeats its first token "
                   "for ever. Where is the leak?", {
        "at step t it reads the token that it must write at step t": "The shift by one step is missing. It has learned to copy "
                                                                     "its input, and alone it copies what it wrote.",
        "it reads the true tokens in training": "That is teacher forcing, which is right as long as the tokens come one step late.",
        "its first state is the encoder's last one": "That is no leak: it is the only way by which it may learn of the input.",
        "test sequences were in the training part": "Then it would write the test sequences too well, not badly."}),
    Question("09", "A machine has logged 200 measurements, and one sentence is to tell how it came to a stop. Which wiring do you "
                   "choose?", {
        "encoder-decoder over the 200 measurements": "How it came to stop is told by their order, and an encoder reads them in order.",
        "one to many, from their mean": "A mean does not know what came first: heating before the noise looks like noise before "
                                        "the heating.",
        "one to many, from the last measurement": "When the machine stands still, the last measurement tells nothing of the way there.",
        "many to many, a word at each measurement": "The sentence has no word for each measurement; it is about all of them."}),
    Question("09", "Someone trains a captioner and reports 0.97 exact captions on test photographs. Each test photograph shows a scene "
                   "that was photographed for the training part too, with the same caption. What does 0.97 not tell?", {
        "whether it can put together a caption that it has never read": "Copying the caption of the most similar training "
                                                                        "photograph may score as much. Hold out captions, not "
                                                                        "only photographs.",
        "whether it writes by itself": "Exact captions are counted when it writes by itself.",
        "whether its words are spelled correctly": "It chooses whole words from a list; it cannot misspell them.",
        "whether its loss is low": "A loss would not tell either: the same captions would be in both parts."}),
    Question("10", "Live subtitles may appear two seconds late and must not change after that. Which wiring do you choose for tagging "
                   "their names?", {
        "one direction, each word tagged two seconds late": "The state has then read two seconds of what follows, all that may be "
                                                            "waited for, and each tag is given once.",
        "both directions over the whole talk": "Its backward half begins at the end of the talk: the first tag comes after that.",
        "both directions, anew after each word, tags shown at once": "Then a tag turns when a later word comes, and it must not change.",
        "one direction, each word tagged at once": "It gives away the two seconds, which would often hold the word that decides."}),
    Question("10", "A language model is to predict the next word. Its author lets word t + 1 be predicted from both halves of a "
                   "bidirectional network at word t, and the loss falls to nearly 0. Where is the leak?", {
        "in the backward half, which has read word t + 1": "It begins at the end, so at word t it has already read the answer. A "
                                                           "network that predicts or writes has one direction.",
        "in the forward half, which has read word t": "Word t is known when word t + 1 is predicted.",
        "in the embedding, which both directions share": "Sharing word vectors hands no word from one place to another.",
        "in the padding, which is easy to predict": "It would lower a loss without a mask, but not on the words themselves."}),
]
