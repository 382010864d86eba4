//! `.netrc` files: logins for hosts, as used by ftp and curl.

use std::mem::take;

use url::Url;

use crate::urls::glob::host::canonical_name;

/// Maximum number of machines. Further ones are ignored.
const MAX_MACHINES: usize = 10_000;

/// Credentials for a host, for every scheme and port.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    name: String,
    pub(crate) login: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Machine").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parses the machines of a file.
///
/// `default` is ignored: a crawler would send it to every host. Macros are ignored too.
pub(crate) fn machines(text: &str) -> Vec<Machine> {
    let mut reader = Reader::default();
    for line in text.lines() {
        let mut rest = line.trim();
        if reader.next == Word::Macro {
            // An empty line ends a macro.
            reader.next = if rest.is_empty() { Word::Key } else { Word::Macro };
        } else if !rest.starts_with('#') {
            while let Some((word, after)) = first_word(rest) {
                reader.take(word);
                rest = if reader.next == Word::Macro { "" } else { after };
            }
        }
    }
    reader.machines
}

/// Returns the credentials for a URL.
pub(crate) fn find<'a>(machines: &'a [Machine], url: &Url) -> Option<&'a Machine> {
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    machines.iter().find(|machine| machine.name == host && !(machine.login.is_empty() && machine.password.is_empty()))
}

/// Kind of the next word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Word {
    #[default]
    Key,
    Name,
    Login,
    Password,
    /// An account, which is ignored.
    Account,
    /// The name of a macro, or one of its commands.
    Macro,
}

/// Parser of a file, word by word.
#[derive(Default)]
struct Reader {
    /// At most [`MAX_MACHINES`].
    machines: Vec<Machine>,
    next: Word,
    /// True if the next words belong to the last machine.
    is_open: bool,
}

impl Reader {
    fn take(&mut self, word: String) {
        match take(&mut self.next) {
            Word::Key => self.key(&word.to_ascii_lowercase()),
            Word::Name => {
                self.is_open = self.machines.len() < MAX_MACHINES;
                if self.is_open {
                    // A name that is not valid matches no host.
                    let name = canonical_name(&word).unwrap_or(word);
                    self.machines.push(Machine { name, ..Machine::default() });
                }
            }
            Word::Login => self.set(|machine| machine.login = word),
            Word::Password => self.set(|machine| machine.password = word),
            Word::Account | Word::Macro => {}
        }
    }

    fn key(&mut self, word: &str) {
        match word {
            "machine" => self.next = Word::Name,
            "login" => self.next = Word::Login,
            "password" => self.next = Word::Password,
            "account" => self.next = Word::Account,
            "macdef" => self.next = Word::Macro,
            "default" => self.is_open = false,
            _ => {}
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut Machine)) {
        if let Some(machine) = self.machines.last_mut().filter(|_| self.is_open) {
            change(machine);
        }
    }
}

/// Splits off the first word of a line. A word in quotes may contain escapes and spaces.
fn first_word(line: &str) -> Option<(String, &str)> {
    let line = line.trim_start();
    let Some(quoted) = line.strip_prefix('"') else {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        return line
            .split_at_checked(end)
            .filter(|(word, _)| !word.is_empty())
            .map(|(word, rest)| (word.to_owned(), rest));
    };
    let mut word = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => word.extend(characters.next().map(unescaped)),
            character => word.push(character),
        }
    }
    Some((word, characters.as_str()))
}

/// Returns the character of an escape, as curl does.
fn unescaped(character: char) -> char {
    match character {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        character => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> Option<(String, String)> {
        let machines = machines(text);
        find(&machines, &"http://a.example:8080/x".parse().unwrap()).map(|it| (it.login.clone(), it.password.clone()))
    }

    /// The results are those of curl 8, except for `default`.
    #[test]
    fn files_are_parsed() {
        for (text, expected) in [
            ("machine a.example login a password b", Some(("a", "b"))),
            ("# mine\r\nmachine A.example\r\n  login a\r\n  password b#c\r\n", Some(("a", "b#c"))),
            ("machine a.example login \"a b\" password \"c\\\"d\\\\e\\tf\"", Some(("a b", "c\"d\\e\tf"))),
            ("# machine a.example login x password y\nmachine a.example login a password b", Some(("a", "b"))),
            (
                "macdef init\nmachine a.example login x password y\n\nmachine a.example login a password b",
                Some(("a", "b")),
            ),
            ("macdef init\ncd /\n \t\nmachine a.example login a password b", Some(("a", "b"))),
            ("machine a.example password b account login login a", Some(("a", "b"))),
            ("machine b.example login x password y machine a.example login a password b", Some(("a", "b"))),
            ("machine a.example login a password b\nmachine a.example login c password d", Some(("a", "b"))),
            ("machine a.example login machine password macdef", Some(("machine", "macdef"))),
            ("MACHINE a.example LOGIN a PASSWORD b", Some(("a", "b"))),
            ("machine a.example password b", Some(("", "b"))),
            ("machine a.example", None),
            ("machine a.example login \"a", Some(("a", ""))),
            ("machine b.example default login x password y", None),
            ("default login x password y", None),
        ] {
            let expected = expected.map(|(login, password)| (login.to_owned(), password.to_owned()));
            assert_eq!(login(text), expected, "{text}");
        }
    }
}
