"""Decisions that the pattern lessons ask for: which wiring for a task, and where does it leak? Every answer comes with a reason."""

from .questions import Question

DECISIONS = [
    Question("06", "A bank writes down every payment of a customer. After each month it wants one number: how likely is the customer to "
                   "fall behind with a loan? Months have 5 to 300 payments. Which wiring do you choose?", {
        "many to one, from each month's own last payment": "One answer about all that was read, whatever the length: lengths tell where "
                                                           "each month ends.",
        "many to one, from the last row of the padded batch": "For a month of 5 payments that row has read 295 steps of padding. Read "
                                                              "each month where it ends.",
        "many to many, a number for each payment": "Only the number after the last payment was asked for, and there is no truth for "
                                                   "the others to learn from.",
        "a bag: the sum of all payments": "Worth trying first, as a baseline. But the order is lost, and a refund before a purchase "
                                          "is not one after it."}),
    Question("06", "Someone cuts 30-step pieces out of ten long recordings, a new piece beginning at every step, shuffles the pieces, and "
                   "takes every fifth for the test. The error on the test is far below that on a new recording. Where is the leak?", {
        "test pieces share most of their steps with training pieces": "The piece that begins one step earlier was trained on, target "
                                                                      "and all. Hold out whole recordings.",
        "the test set is too small": "A small test set makes an error uncertain in either direction; it does not make it small.",
        "the network reads the steps in order": "It must, and it does so on the new recording as well.",
        "the loss touches only the last state": "That is the wiring. It lets nothing of the test into the training."}),
    Question("07", "A hearing aid must decide every millisecond whether what it hears is speech, and say so at once. Which wiring do you "
                   "choose?", {
        "many to many in one direction, one step per sample": "Each answer comes from the state after its own sample, and the state is "
                                                              "all that has to be kept.",
        "many to one over the last second, anew for each sample": "It would do, but it reads a thousand samples for each answer where "
                                                                  "one step is enough.",
        "many to many, read from both ends": "The reading from the other end begins when the sound is over: no answer before that.",
        "an encoder and a decoder": "The decoder starts when all has been read; a hearing aid never comes to an end."}),
    Question("07", "A tagger reads padded sentences. Its author reports 0.99 of all places right; on the words alone "
                   "it is 0.93. Where is the leak?", {
        "the padding is counted as words": "Half of a padded batch may be padding, which is easy to tag. Mask it, in the loss and in the "
                                           "score.",
        "the tagger has seen the next word": "It reads in one direction, with padding or without.",
        "the learning rate was too high": "Then both numbers would suffer; it cannot make one of them better than it is.",
        "the same weights serve every step": "That is what makes it recurrent, and it is the same in both numbers."}),
    Question("08", "A weather station sends a reading every hour, and a text of 3 to 9 words is to sum up the day. Some readings get "
                   "lost, so that a day has 20 to 24 of them. Which wiring do you choose?", {
        "encoder-decoder": "The text has a length of its own, and no word belongs to one reading: read all of them, then write.",
        "many to many, a word for each reading": "That gives 20 to 24 words. And which hour would say which word?",
        "many to one, the text as one of many classes": "Then every possible text must be listed beforehand, and a text that was "
                                                        "never trained on can never be written.",
        "a feedforward network on all 24 readings": "A fixed window can rival a recurrent encoder, but here a lost reading moves "
                                                    "all later ones to the wrong place."}),
    Question("08", "After 50 batches a new decoder has a loss of 0.01 nats per token. When it writes by itself, it repeats its "
                   "first token for ever. Where is the leak?", {
        "at step t it reads the token that it must write at step t": "The shift by one step is missing. It has learned to copy "
                                                                     "its input, and alone it copies what it wrote.",
        "it reads the true tokens in training": "That is teacher forcing, which is right as long as the tokens come one step late.",
        "its first state is the encoder's last one": "That is no leak: it is the only way by which it may learn of the input.",
        "test sequences were in the training part": "Then it would write the test sequences too well, not badly."}),
    Question("09", "A machine has logged 200 measurements, and one sentence is to tell how it came to a stop. Which wiring do you "
                   "take?", {
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
    Question("10", "A language model is to predict the next word. Its author predicts word t + 1 from both halves of a bidirectional "
                   "network at word t, and the loss falls to nearly 0. Where is the leak?", {
        "in the backward half, which has read word t + 1": "It begins at the end, so at word t it has already read the answer. A "
                                                           "network that predicts or writes has one direction.",
        "in the forward half, which has read word t": "Word t is known when word t + 1 is predicted.",
        "in the embedding, which both directions share": "Sharing word vectors hands no word from one place to another.",
        "in the padding, which is easy to predict": "It would lower a loss without a mask, but not on the words themselves."}),
]
