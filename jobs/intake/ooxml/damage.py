class Damaged(ValueError):  # noqa: N818 - a word of the glossary of files, told to the user by whoever opened it
    """What is wrong inside a file."""
