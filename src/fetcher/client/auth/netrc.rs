//! `.netrc`: machines with logins, as ftp, curl and others keep them.

use std::mem::take;

use url::Url;

/// Machines, at most: what is behind them is passed over.
const MAX_MACHINES: usize = 10_000;

/// Credentials for a host, whatever scheme and port.
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

/// The machines of a file. `default` is passed over: a crawler would tell it to every host it meets; so are macros.
pub(crate) fn machines(text: &str) -> Vec<Machine> {
    let mut reader = Reader::default();
    for line in text.lines() {
        let mut rest = line.trim();
        if reader.wanted == Word::Macro {
            // An empty line ends it.
            reader.wanted = if rest.is_empty() { Word::Key } else { Word::Macro };
        } else if !rest.starts_with('#') {
            while let Some((word, behind)) = first_word(rest) {
                reader.take(word);
                rest = if reader.wanted == Word::Macro { "" } else { behind };
            }
        }
    }
    reader.machines
}

/// The credentials for a URL.
pub(crate) fn find<'a>(machines: &'a [Machine], url: &Url) -> Option<&'a Machine> {
    let host = url.host_str()?;
    machines.iter().find(|machine| machine.name == host && !(machine.login.is_empty() && machine.password.is_empty()))
}

/// What the next word is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Word {
    #[default]
    Key,
    Name,
    Login,
    Password,
    /// Something that nobody needs.
    Account,
    /// The name of a macro, or any of its commands.
    Macro,
}

#[derive(Default)]
struct Reader {
    /// At most [`MAX_MACHINES`].
    machines: Vec<Machine>,
    wanted: Word,
    /// Whether what follows belongs to the last machine.
    is_open: bool,
}

impl Reader {
    fn take(&mut self, word: String) {
        match take(&mut self.wanted) {
            Word::Key => self.key(&word.to_ascii_lowercase()),
            Word::Name => {
                self.is_open = self.machines.len() < MAX_MACHINES;
                if self.is_open {
                    self.machines.push(Machine { name: word.to_ascii_lowercase(), ..Machine::default() });
                }
            }
            Word::Login => self.set(|machine| machine.login = word),
            Word::Password => self.set(|machine| machine.password = word),
            Word::Account | Word::Macro => {}
        }
    }

    fn key(&mut self, word: &str) {
        match word {
            "machine" => self.wanted = Word::Name,
            "login" => self.wanted = Word::Login,
            "password" => self.wanted = Word::Password,
            "account" => self.wanted = Word::Account,
            "macdef" => self.wanted = Word::Macro,
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

/// The first word of a line and what is behind it. One in quotes has escapes, and may have blanks.
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
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => break,
            '\\' => word.extend(signs.next().map(unescaped)),
            sign => word.push(sign),
        }
    }
    Some((word, signs.as_str()))
}

/// What stands behind a backslash, as curl takes it.
fn unescaped(sign: char) -> char {
    match sign {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<(String, String)> {
        let machines = machines(text);
        find(&machines, &"http://a.example:8080/x".parse().unwrap()).map(|it| (it.login.clone(), it.password.clone()))
    }

    /// What curl 8 makes of each, but for `default`.
    #[test]
    fn a_file_is_read() {
        for (text, told_of) in [
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
            let told_of = told_of.map(|(login, password)| (login.to_owned(), password.to_owned()));
            assert_eq!(told(text), told_of, "{text}");
        }
    }
}
