"""Toy data of the lessons, a module a task: made by code from a seeded generator, with an honest baseline for each."""
