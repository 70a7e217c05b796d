"""Which sequences are kept for the test, without a list of them."""

import zlib


def held_out(content):
    """Whether a sequence, given as bytes, belongs to the test: one in five does, by its checksum and nothing else."""
    return zlib.crc32(content) % 5 == 0
