"""Accounts for servers that require a name and a password."""

import subprocess


def hashed(user, password):
    """Returns a line of a password file, as Apache, nginx and squid read it."""
    command = ["openssl", "passwd", "-apr1", password]
    return f"{user}:{subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}\n"


def auth(file, origin, kind, password):
    """Writes a configuration with the account `wolf` for an origin. Returns the arguments that load it."""
    file.write_text(f'[[auth]]\norigin = "{origin}"\ntype = "{kind}"\nuser = "wolf"\npassword = "{password}"\n')
    return ("-c", file)
