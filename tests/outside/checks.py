"""Checks that several parts share."""

import json
import subprocess

import places


class Failure(Exception):
    """Something that should hold does not: the part fails with this message."""


def check(holds, message):
    """Fails with the message unless the condition holds."""
    if not holds:
        raise Failure(message)


def check_pages(file, count):
    """Checks that a file has exactly `count` records, each of a different page."""
    urls = urls_of(file)
    check(
        (len(urls), len(set(urls))) == (count, count),
        f"{file.name}: {len(urls)} records of {len(set(urls))} different pages; expected {count} of each",
    )


def urls_of(file):
    """Returns the URL of each record. The file must end with a whole line."""
    data = file.read_bytes()
    check(data.endswith(b"\n"), f"{file.name}: the last line is cut off")
    try:
        return [json.loads(line)["url"] for line in data.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{file.name}: a line is not a record: {error!r}") from error


def fetch(*arguments):
    """Runs `lycosa fetch`. Returns its exit code, standard output and standard error."""
    command = [places.LYCOSA, "fetch", *map(str, arguments)]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    return run.returncode, run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")


def check_body(expected, *arguments):
    """Checks that `lycosa fetch -f` with these arguments succeeds, and that the body contains this text."""
    code, body, errors = fetch("-f", *arguments)
    check(code == 0, f"fetch {words(arguments)} ended with {code}: {errors}")
    check(expected in body, f"fetch {words(arguments)}: `{expected}` is not in the body: {body[:200]}")


def check_failure(expected, *arguments):
    """Checks that `lycosa fetch -f` with these arguments ends with 1, and that standard error contains this text."""
    code, _, errors = fetch("-f", *arguments)
    check(code == 1, f"fetch {words(arguments)} ended with {code}, expected 1: {errors}")
    check(expected in errors, f"fetch {words(arguments)}: `{expected}` is not in the error: {errors}")


def words(arguments):
    """Returns arguments as they look on a command line."""
    return " ".join(map(str, arguments))
